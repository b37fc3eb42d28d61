"""A video file as a camera: pace, end, and the seam of a loop."""

import asyncio
import threading
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.clock import SystemClock
from doorstep.core.errors import SourceEnded, SourceRefused
from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat
from doorstep.ports import Clock
from doorstep.sources.file import FileSource
from doorstep.sources.pacing import Pacer
from fakes.beeps import Film, make_film
from fakes.clock import FakeClock
from fakes.taps import HurriedClock, ListTap
from fakes.tries import soon_enough
from media.make_clips import Recipe, make_video


async def taken(source: FileSource, count: int, tap: ListTap | None = None) -> list[StreamItem]:
    items: list[StreamItem] = []
    async with aclosing(source.stream(tap or ListTap())) as stream:
        async for item in stream:
            items.append(item)
            if len(items) == count:
                break
    return items


def take(
    path: Path, count: int, *, loop: bool, clock: Clock | None = None, tap: ListTap | None = None
) -> list[StreamItem]:
    source = FileSource(path, loop=loop, clock=clock or HurriedClock())
    return asyncio.run(asyncio.wait_for(taken(source, count, tap), 120))


def packets_in(items: list[StreamItem]) -> list[Packet]:
    return [item for item in items if isinstance(item, Packet)]


def test_a_file_that_is_not_looped_ends(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4")
    with pytest.raises(SourceEnded, match="end of file"):
        take(path, 1000, loop=False)
    assert len(take(path, 31, loop=False)) == 31


@pytest.mark.parametrize("b_frames", [0, 2])
def test_times_go_on_over_the_seam_within_one_connection(tmp_path: Path, b_frames: int) -> None:
    path = make_video(tmp_path / "clip.mp4", Recipe(b_frames=b_frames))
    items = take(path, 1 + 75, loop=True)
    packets = packets_in(items)
    assert isinstance(items[0], VideoFormat)
    assert len(packets) == 75
    for one, two in pairwise(packets):
        assert two.dts == one.dts + one.duration
    assert packets[60].pts - packets[30].pts == packets[30].pts - packets[0].pts
    assert packets[30].data == packets[0].data
    assert packets[30].key


def test_sound_goes_on_over_the_seam_in_step_with_the_picture(tmp_path: Path) -> None:
    path = make_film(tmp_path, Film(seconds=2.0, moments=(0.6, 1.48)))
    source = FileSource(path, loop=True, clock=HurriedClock(), audio=True)
    items = asyncio.run(asyncio.wait_for(taken(source, 500), 120))
    fmt = items[0]
    assert isinstance(fmt, VideoFormat)
    assert fmt.audio is not None
    assert fmt.audio.sample_rate == 48_000
    sound = [item for item in items if isinstance(item, AudioPacket)]
    assert all(two.pts > one.pts for one, two in pairwise(sound))
    first, second = (
        {packet.data: packet.pts / 48_000 for packet in sound if begin <= packet.pts / 48_000 < begin + 1.9}
        for begin in (0.05, 2.05)
    )
    beeps = [data for data in first if len(data) > 100 and data in second]
    assert len(beeps) >= 4
    assert [second[data] - first[data] for data in beeps] == pytest.approx([2.0] * len(beeps), abs=0.001)


def test_a_file_without_the_wish_for_sound_yields_none(tmp_path: Path) -> None:
    items = take(make_film(tmp_path, Film(seconds=1.0, moments=())), 26, loop=True)
    assert len(packets_in(items)) == 25


def test_pictures_go_on_over_the_seam(tmp_path: Path) -> None:
    tap = ListTap(rule=lambda _at: True)
    take(make_video(tmp_path / "clip.mp4"), 1 + 65, loop=True, tap=tap)
    times = [frame.at for frame in tap.frames]
    assert len(times) >= 60
    assert all(b - a == pytest.approx(0.1) for a, b in pairwise(times))


def test_a_file_that_was_replaced_begins_a_new_connection(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4")
    other = make_video(tmp_path / "other.mp4", Recipe(width=320, height=240))

    async def swap() -> list[StreamItem]:
        items: list[StreamItem] = []
        async with aclosing(FileSource(path, loop=True, clock=HurriedClock()).stream(ListTap())) as stream:
            async for item in stream:
                if not items:
                    other.replace(path)
                items.append(item)
                if len([each for each in items if isinstance(each, VideoFormat)]) == 2:
                    return items
        raise AssertionError

    items = asyncio.run(asyncio.wait_for(swap(), 120))
    last = items[-1]
    assert isinstance(last, VideoFormat)
    assert last.width == 320


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="There is no file"):
        take(tmp_path / "absent.mp4", 1, loop=True)


def test_packets_come_in_real_time(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", Recipe(frames=8, rate=20))

    def elapsed() -> float:
        packets = packets_in(take(path, 9, loop=False, clock=SystemClock()))
        passed = packets[-1].arrived - packets[0].arrived
        assert passed >= 0.345
        return passed

    assert soon_enough(elapsed, 0.6)


def test_closing_while_it_waits_for_the_next_picture_takes_no_time(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", Recipe(frames=3, rate=1))

    async def close() -> float:
        loop = asyncio.get_running_loop()
        async with aclosing(FileSource(path, loop=True, clock=SystemClock()).stream(ListTap())) as stream:
            await anext(stream)
            await anext(stream)
            before = loop.time()
        return loop.time() - before

    assert soon_enough(lambda: asyncio.run(close()), 0.5)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("file ")]


# --------------------------------------------------------------------------------------------------------- pacing


def test_the_first_picture_is_due_at_once_wherever_times_begin() -> None:
    assert Pacer(FakeClock()).delay(5000.0) == 0.0


@given(st.lists(st.floats(0.0, 0.05), min_size=1, max_size=200))
def test_late_wakings_never_add_up_to_a_drift(late: list[float]) -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    began = clock.monotonic()
    for number, too_late in enumerate(late):
        clock.advance(pacer.delay(number * 0.04) + too_late)
        assert number * 0.04 <= clock.monotonic() - began + 1e-9
    assert clock.monotonic() - began <= (len(late) - 1) * 0.04 + 0.1 + 1e-9


def test_after_a_long_stand_still_nothing_is_caught_up_in_a_burst() -> None:
    clock = FakeClock()
    pacer = Pacer(clock)
    pacer.delay(0.0)
    clock.advance(60.0)
    assert pacer.delay(0.04) == 0.0
    assert pacer.delay(0.08) == pytest.approx(0.04)
