"""What a player is told of the ways to watch a camera."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from doorstep.core.access import Scope
from doorstep.core.camera import StreamKind
from doorstep.core.ice_server import IceServer
from doorstep.mp4.codec_string import mime_type
from fakes.footage import FORMAT
from fakes.house import FRONT, GARDEN, House

PATH = f"/api/v1/cameras/{FRONT}/live"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def test_the_ways_come_in_the_order_in_which_they_are_to_be_tried_with_the_time(house: House) -> None:
    house.packets.put(FRONT, FORMAT)
    assert house.get(PATH, house.token(Scope.LIVE_READ)).json() == {
        "ways": [
            {"way": "mse", "possible": True, "reason": "", "mime": mime_type(FORMAT)},
            {"way": "webrtc", "possible": True, "reason": "", "mime": None},
            {"way": "hls", "possible": True, "reason": "", "mime": None},
            {"way": "mjpeg", "possible": True, "reason": "", "mime": None},
        ],
        "streams": ["main"],
        "ice_servers": [],
        "now": round(house.clock.now().timestamp() * 1000),
    }


def test_a_sub_stream_is_told_while_there_is_one(house: House) -> None:
    house.packets.put(FRONT, FORMAT)
    house.packets.put(FRONT, replace(FORMAT, width=320, height=180), StreamKind.SUB)
    assert house.get(PATH).json()["streams"] == ["main", "sub"]
    assert house.get(f"/api/v1/cameras/{GARDEN}/live").json()["streams"] == ["main"]


def test_why_there_is_no_webrtc_is_told(house: House) -> None:
    house.webrtc.reason = "This camera sends B-frames."
    by_way = {way["way"]: way for way in house.get(PATH).json()["ways"]}
    assert by_way["webrtc"] == {
        "way": "webrtc",
        "possible": False,
        "reason": "This camera sends B-frames.",
        "mime": None,
    }
    assert by_way["mse"]["possible"]


def test_of_a_camera_that_is_away_nobody_knows_what_it_sends(house: House) -> None:
    house.packets.put(FRONT, FORMAT)
    house.packets.disconnected(FRONT)
    assert [way["mime"] for way in house.get(PATH).json()["ways"]] == [None] * 4


def test_a_description_that_cannot_be_read_is_no_mime(house: House) -> None:
    house.packets.put(FRONT, replace(FORMAT, decoder_config=b"\x01"))
    assert house.get(PATH).json()["ways"][0]["mime"] is None


def test_servers_that_help_to_find_each_other_are_told_as_a_browser_takes_them(house: House) -> None:
    house.webrtc.servers = [IceServer(("stun:192.0.2.1",)), IceServer(("turn:192.0.2.2",), "ada", "secret")]
    assert house.get(PATH).json()["ice_servers"] == [
        {"urls": ["stun:192.0.2.1"], "username": None, "credential": None},
        {"urls": ["turn:192.0.2.2"], "username": "ada", "credential": "secret"},
    ]


def test_what_is_told_counts_nobody_as_a_viewer(house: House) -> None:
    house.get(PATH)
    assert list(house.live_sessions.sessions()) == []
    assert house.packets.viewers(FRONT) == 0
