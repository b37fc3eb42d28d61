"""Known addresses of cameras: complete, usable, and safe with whatever a password holds."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera_patterns import (
    MAKERS,
    PATTERNS,
    candidates,
    with_credentials,
    with_host,
    without_credentials,
)
from doorstep.core.public_address import may_be_a_camera
from doorstep.sources.address import parse_source


@pytest.mark.parametrize("host", ["192.168.1.20", "fd00::20", "camera.local"])
@pytest.mark.parametrize("maker", ["", *MAKERS])
def test_every_pattern_is_an_address_of_the_host(host: str, maker: str) -> None:
    found = candidates(host, maker)
    assert found
    for one in found:
        for address in filter(None, (one.main, one.sub)):
            parse_source(address)
            assert urlsplit(address).hostname == host


def test_an_address_is_tried_once_though_makers_share_it() -> None:
    everything = [one.main for one in candidates("192.168.1.20")]
    assert len(everything) == len(set(everything)) < len(PATTERNS)


def test_a_maker_that_nobody_knows_is_every_maker() -> None:
    assert candidates("192.168.1.20", "acme") == candidates("192.168.1.20")


def test_a_port_that_somebody_named_is_that_of_rtsp() -> None:
    assert {one.main for one in candidates("192.168.1.20", "tapo", 8554)} == {"rtsp://192.168.1.20:8554/stream1"}
    assert candidates("192.168.1.20", "esp32", 8554)[0].main == "http://192.168.1.20:81/stream"


SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(SECRETS, st.one_of(st.just(""), SECRETS))
def test_a_user_and_a_password_come_back_as_they_were(user: str, password: str) -> None:
    address = with_credentials("rtsp://old:secret@192.168.1.20:554/a?b=c", user, password)
    parts = urlsplit(address)
    assert (parts.hostname, parts.port, parts.path, parts.query) == ("192.168.1.20", 554, "/a", "b=c")
    assert unquote(parts.username or "") == user
    assert unquote(parts.password or "") == password
    assert without_credentials(address) == "rtsp://192.168.1.20:554/a?b=c"


@pytest.mark.parametrize("password", ["@", ":", "/", "#", "%", "p@ss:w/rd#%41?", "päss wörd 🚪"])
def test_signs_of_a_password_are_written_as_an_address_needs_them(password: str) -> None:
    address = with_credentials("rtsp://192.168.1.20/stream1", "me", password)
    assert urlsplit(address).hostname == "192.168.1.20"
    assert unquote(urlsplit(address).password or "") == password


def test_without_a_user_an_address_stays_as_it_is() -> None:
    assert with_credentials("rtsp://a:b@192.168.1.20/x", "", "") == "rtsp://a:b@192.168.1.20/x"
    assert without_credentials("picamera://") == "picamera://"


def test_the_host_is_exchanged_and_nothing_else() -> None:
    assert with_host("rtsp://me:p%40@camera.local:8554/x?y", "fd00::1") == "rtsp://me:p%40@[fd00::1]:8554/x?y"


@pytest.mark.parametrize(
    ("address", "may"),
    [
        *((one, True) for one in ("192.168.1.20", "10.0.0.1", "172.16.0.9", "fd00::20", "198.51.100.7", "2001:db8::1")),
        *((one, False) for one in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1")),
        *((one, False) for one in ("0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "ff02::1", "255.255.255.255")),  # noqa: S104
        *((one, False) for one in ("169.254.3.4", "fe80::1", "camera.local", "")),
        *((one, False) for one in ("169.254.169.254", "100.100.100.200", "fd00:ec2::254")),
    ],
)
def test_a_page_reaches_the_network_at_home_and_not_this_machine(address: str, may: bool) -> None:
    assert may_be_a_camera(address) is may
