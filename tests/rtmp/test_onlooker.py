"""Looking at a stream that is read on the loop: off the loop, bounded, gone when told."""

import asyncio
import threading
from pathlib import Path

from doorstep.core.media import Packet, VideoFormat
from doorstep.media.demux import read_file
from doorstep.ports import Frame
from doorstep.sources.onlooker import MOST_PACKETS, ThreadedOnlooker
from fakes.clock import FakeClock
from fakes.taps import ListTap
from media.make_clips import Recipe, make_video


class SlowTap(ListTap):
    """Takes its first frame only when it may."""

    def __init__(self) -> None:
        super().__init__(rule=lambda _at: True)
        self.may_go_on = threading.Event()

    def put(self, frame: Frame) -> None:
        self.may_go_on.wait(30)
        super().put(frame)


async def shown(tap: ListTap, count: int) -> None:
    async with asyncio.timeout(30):
        while len(tap.frames) < count:  # noqa: ASYNC110 - a thread fills it
            await asyncio.sleep(0.01)


def test_what_is_wanted_is_shown_and_the_thread_ends(tmp_path: Path) -> None:
    items = list(read_file(make_video(tmp_path / "a.mp4"), FakeClock()))
    tap = ListTap(rule=lambda _at: True)
    before = threading.active_count()

    async def act() -> None:
        onlooker = ThreadedOnlooker(tap)
        for item in items:
            onlooker.take(item)
        await shown(tap, 20)
        await onlooker.close()
        assert threading.active_count() <= before  # others may have ended theirs meanwhile

    asyncio.run(act())


def test_who_is_behind_goes_on_at_a_key_frame_and_holds_no_more(tmp_path: Path) -> None:
    clip = list(read_file(make_video(tmp_path / "a.mp4", Recipe(frames=30, gop=10)), FakeClock()))
    packets = [item for item in clip if isinstance(item, Packet)]
    fmt = clip[0]
    assert isinstance(fmt, VideoFormat)
    tap = SlowTap()
    most = 0

    async def act() -> None:
        nonlocal most
        onlooker = ThreadedOnlooker(tap)
        onlooker.take(fmt)
        for number in range(3 * MOST_PACKETS):
            onlooker.take(packets[number % len(packets)])
            most = max(most, len(onlooker._items))
        for packet in packets:
            onlooker.take(packet)
        tap.may_go_on.set()
        await shown(tap, 1)
        await onlooker.close()

    asyncio.run(act())
    assert most <= MOST_PACKETS + 1
