"""What a child is told about wished pictures, and when."""

import socket
from collections.abc import Callable, Iterator

import pytest

from doorstep.core.media import Codec, Packet, VideoFormat
from doorstep.ports import KEY_FRAME, Wish
from doorstep.sources.child_wire import ChildWire, WantedPictures
from doorstep.sources.records import Kind, RecordBuffer
from fakes.clock import FakeClock
from fakes.taps import ListTap

FORMAT = VideoFormat(Codec.H264, 640, 480, 1000, b"\x01")


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, childs = socket.socketpair()
    with ours, childs:
        yield ours, childs


def told(
    ends: tuple[socket.socket, socket.socket], rule: Callable[[float], Wish], pts: list[int]
) -> list[tuple[int, Kind]]:
    """With which packet the child learns what."""
    ours, childs = ends
    childs.setblocking(False)
    pictures, heard, words = WantedPictures(ListTap(rule), ChildWire(ours), FakeClock()), RecordBuffer(), []
    pictures.begin(FORMAT)
    for at in pts:
        pictures.ask(Packet(b"picture", at, at, 100, key=False, arrived=0.0))
        try:
            heard.filled(childs.recv_into(heard.room()))
        except BlockingIOError:
            continue
        words += [(at, kind) for kind, _ in heard.records()]
    return words


def test_a_wish_is_told_with_the_packet_before_the_picture(ends: tuple[socket.socket, socket.socket]) -> None:
    words = told(ends, lambda at: at >= 0.5, [0, 100, 200, 300, 400, 500])
    assert words == [(400, Kind.WANTED)]


def test_a_wish_for_a_key_frame_may_grow_and_be_withdrawn(ends: tuple[socket.socket, socket.socket]) -> None:
    wishes: dict[float, Wish] = {0.2: KEY_FRAME, 0.3: KEY_FRAME, 0.4: True, 0.5: False}
    words = told(ends, lambda at: wishes.get(at, False), [0, 100, 200, 300, 400])
    assert words == [(100, Kind.KEY_FRAME_WANTED), (300, Kind.WANTED), (400, Kind.UNWANTED)]


def test_the_tap_is_asked_in_rising_order_however_the_pictures_come(ends: tuple[socket.socket, socket.socket]) -> None:
    asked: list[float] = []

    def never(at: float) -> Wish:
        asked.append(at)
        return False

    told(ends, never, [0, 300, 100, 200, 330, 340, 700])
    assert asked == sorted(asked)
    assert len(asked) == 5
