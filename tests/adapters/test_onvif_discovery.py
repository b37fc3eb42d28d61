"""Cameras of the network by WS-Discovery, over a real cable: honest ones are found, hostile ones are not."""

import asyncio
from collections.abc import Iterator

import pytest

from doorstep.onvif.discovery import answered, is_door_of
from fakes.far_network import needs_far_network
from fakes.lan_cameras import Lan, lan

HOSTILE = ("metadata", "other-host", "wrong-id", "giant", "bomb", "thousand")


@pytest.fixture
def network() -> Iterator[Lan]:
    needs_far_network()
    with lan() as made:
        yield made


def test_a_camera_is_found_with_its_name_and_its_door(network: Lan) -> None:
    camera = network.onvif()
    [found] = [one for one in asyncio.run(answered(1.5)) if one.host == camera.address]
    assert found.name == "Front Camera DS-2CD"
    assert found.door == camera.door


def test_hostile_answers_show_nothing_and_hide_no_honest_camera(network: Lan) -> None:
    hostile = {network.onvif("--discovery", trouble).address for trouble in HOSTILE}
    honest = network.onvif("--name", "%3Cimg%20src%3Dx%3E%0A%F0%9F%9A%AA" + "x" * 300)
    found = {one.host: one for one in asyncio.run(answered(2.0))}
    assert honest.address in found
    assert not hostile & set(found)
    assert len(found[honest.address].name) <= 100
    assert found[honest.address].name.startswith("<img src=x> 🚪")


@pytest.mark.parametrize(
    ("address", "is_its"),
    [
        ("http://192.168.1.20/onvif/device_service", True),
        ("https://192.168.1.20:8443/onvif", True),
        ("http://192.168.1.21/onvif", False),
        ("http://169.254.169.254/latest", False),
        ("http://camera.local/onvif", False),
        ("http://192.168.1.20@169.254.169.254/", False),
        ("http://me@192.168.1.20/", False),
        ("file:///etc/passwd", False),
        ("rtsp://192.168.1.20/", False),
        ("http://192.168.1.20:99999/", False),
        ("http://[::ffff:192.168.1.20]/", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_a_door_is_http_at_the_host_that_answered(address: str, is_its: bool) -> None:
    assert is_door_of("192.168.1.20", address) is is_its
