"""Video that is pushed to us is decoded in a child: pictures come, a crash is told, nobody is held up."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from doorstep.app.camera_child import READERS
from doorstep.clock import SystemClock
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.media.demux import read_file
from doorstep.ports import KEY_FRAME
from doorstep.sources.confined_eye import ConfinedEye
from doorstep.sources.nursery import Nursery
from fakes.taps import ListTap
from media.make_clips import Recipe, make_video, number_in

CLOCK = SystemClock()


def always(_at: float) -> bool:
    return True


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery(CLOCK, readers=READERS)
    yield nursery
    nursery.close()


@pytest.fixture
def items(tmp_path: Path) -> list[StreamItem]:
    return list(read_file(make_video(tmp_path / "a.mp4", Recipe(frames=60, gop=5)), CLOCK))


def eventually(condition: Callable[[], bool], seconds: float = 120.0) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        threading.Event().wait(0.02)
    return condition()


def offer_until(eye: ConfinedEye, items: list[StreamItem], condition: Callable[[], bool]) -> bool:
    """The stream over and over, as a camera goes on."""
    fmt, *packets = items
    assert isinstance(fmt, VideoFormat)
    eye.offer(fmt)
    whole = sum(packet.duration for packet in packets if isinstance(packet, Packet))
    for lap in range(60):
        for packet in packets:
            assert isinstance(packet, Packet)
            shift = lap * whole
            eye.offer(replace(packet, pts=packet.pts + shift, dts=packet.dts + shift, arrived=CLOCK.monotonic()))
        if eventually(condition, 0.2):
            return True
    return condition()


def test_pictures_that_are_wanted_are_shown(nursery: Nursery, items: list[StreamItem]) -> None:
    tap = ListTap(rule=always)
    eye = ConfinedEye(nursery, tap, name="pushed", clock=CLOCK, crashed=lambda _: None)
    try:
        assert offer_until(eye, items, lambda: len(tap.frames) >= 3)
    finally:
        eye.close()
    plane = tap.frames[0].luma()
    rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, -1)
    assert number_in(rows[:, : plane.width]) == round(tap.frames[0].at * 10) % 60 % 12


def test_who_has_time_is_shown_key_frames_alone(nursery: Nursery, items: list[StreamItem]) -> None:
    tap = ListTap(rule=lambda at: KEY_FRAME if at > 1.0 else False)  # twice a second they come, as is known by then
    eye = ConfinedEye(nursery, tap, name="patient", clock=CLOCK, crashed=lambda _: None)
    try:
        assert offer_until(eye, items, lambda: len(tap.frames) >= 3)
    finally:
        eye.close()
    assert {round(frame.at * 10) % 5 for frame in tap.frames} == {0}


def test_closing_ends_thread_and_child(nursery: Nursery, items: list[StreamItem]) -> None:
    eye = ConfinedEye(nursery, ListTap(), name="closes", clock=CLOCK, crashed=lambda _: None)
    eye.offer(items[0])
    assert eventually(lambda: len(nursery.pids) >= 2)
    eye.close()
    eye.close()
    assert eventually(lambda: not [thread for thread in threading.enumerate() if thread.name == "eye closes"])
    assert eventually(lambda: len(nursery.pids) == 1)


def test_a_crash_is_told_and_the_next_child_goes_on(nursery: Nursery, items: list[StreamItem]) -> None:
    reasons: list[str] = []
    tap = ListTap(rule=always)
    eye = ConfinedEye(nursery, tap, name="crashes", clock=CLOCK, crashed=reasons.append)
    try:
        assert offer_until(eye, items, lambda: bool(tap.frames))
        assert nursery._run is not None
        for child in list(nursery._run._children.values()):
            child.kill()
        assert eventually(lambda: bool(reasons))
        assert "signal 9" in reasons[0]
        tap.frames.clear()
        assert offer_until(eye, items, lambda: bool(tap.frames))
    finally:
        eye.close()
    assert len(reasons) == 1


def test_offering_never_waits_and_what_waits_is_bounded(nursery: Nursery, items: list[StreamItem]) -> None:
    eye = ConfinedEye(nursery, ListTap(), name="flooded", clock=CLOCK, crashed=lambda _: None)
    fmt = items[0]
    eye.close()
    assert eventually(lambda: not [thread for thread in threading.enumerate() if thread.name == "eye flooded"])
    eye.offer(fmt)
    for number in range(300):
        eye.offer(Packet(bytes(2**20), number, number, 1, number % 10 == 0, 0.0))
    assert eye._queue._bytes < 20 * 2**20
