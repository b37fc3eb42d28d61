"""Pictures of recorded instants: the right one, from where it lies, decoded by a process that may fail."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import av
import numpy as np
import pytest

from doorstep.app.past_picture_child import COMMAND
from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.errors import Overtaken, SpanUnavailable
from doorstep.core.event import Cause, Event, EventId, Recording
from doorstep.core.gap import Gap
from doorstep.core.past_picture import grid_of
from doorstep.core.recorded_span import RecordedSpan
from doorstep.pipeline.key_footage import ELSEWHERE, NOTHING
from doorstep.pipeline.newest_wish import NewestWish
from doorstep.pipeline.past_pictures import PastPictures
from doorstep.pipeline.picture_process import PictureProcess
from doorstep.stores.memory import MemoryStore
from fakes.clock import FakeClock
from fakes.footage import BITS, CAMERA, NOON, seconds
from fakes.tuned_house import recording

LARGE = (1920, 1920)
T = TypeVar("T")


class StillClock(FakeClock):
    """Moves on when the test says so alone."""

    async def sleep(self, seconds: float) -> None:
        del seconds
        await asyncio.sleep(0.01)


class Rooms:
    """A store, a catalog and the pictures in them."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self.store, self.catalog, self.clock = MemoryStore(), MemoryCatalog(), StillClock()
        self.process = PictureProcess(command, self.clock)
        self.past = PastPictures(self.store, {}, self.clock, self.catalog, self.process)

    def keep(self, begin: float, content: bytes, length: float, *, whole: bool = True) -> str:
        key = f"{CAMERA}/at-{begin}.mp4"
        self.store.put(key, content)
        starts_at = NOON + seconds(begin)
        self.catalog.save_span(RecordedSpan(key, CAMERA, starts_at, starts_at + seconds(length), len(content), whole))
        return key


def done(rooms: Rooms, act: Callable[[], Awaitable[T]]) -> T:
    async def main() -> T:
        running = asyncio.get_running_loop().create_task(rooms.past.run())
        try:
            async with asyncio.timeout(120):
                return await act()
        finally:
            running.cancel()
            await asyncio.wait([running])

    return asyncio.run(main())


def luma(jpeg: bytes) -> np.ndarray:
    decoder = av.CodecContext.create("mjpeg", "r")
    frames = decoder.decode(av.Packet(jpeg))
    assert isinstance(frames[0], av.VideoFrame)
    return frames[0].to_ndarray(format="gray")


def number_in(picture: np.ndarray) -> int:
    high, wide = picture.shape
    bits = picture[high // 2, wide // BITS // 2 :: wide // BITS]
    return sum(1 << bit for bit in range(BITS) if bits[bit] > 127)


def frame_number(rooms: Rooms, at: float) -> tuple[int, datetime]:
    async def act() -> tuple[int, datetime]:
        found = await rooms.past.frame(CAMERA, NOON + seconds(at), LARGE, "me")
        return number_in(luma(found.jpeg)), found.shown_at

    return done(rooms, act)


def test_the_picture_of_an_instant_is_the_one_shown_then() -> None:
    rooms = Rooms()
    rooms.keep(0, recording(range(10), NOON), 10)
    assert frame_number(rooms, 7.9) == (7, NOON + seconds(7))


def test_a_file_that_still_grows_is_read_to_its_end() -> None:
    rooms = Rooms()
    rooms.keep(0, recording(range(10), NOON), 1, whole=False)
    assert frame_number(rooms, 9.2)[0] == 9


def test_a_sheet_shows_each_instant_and_leaves_out_gaps() -> None:
    rooms = Rooms()
    rooms.keep(0, recording(range(21), NOON), 21)
    rooms.keep(60, recording(range(60, 71), NOON + seconds(60)), 11)
    sheet = done(rooms, lambda: rooms.past.previews(CAMERA, grid_of(NOON, 10, 8), "me"))
    assert sheet.kept == (True, True, True, False, False, False, True, True)
    picture = luma(sheet.jpeg)
    assert picture.shape == (180, 960)
    shown = []
    for number, kept in enumerate(sheet.kept):
        row, column = divmod(number, sheet.columns)
        tile = picture[row * 90 : row * 90 + 90, column * 160 : column * 160 + 160]
        shown.append(number_in(tile[:, 16:144]) if kept else int(tile.max() > 40))
    assert shown == [0, 10, 20, 0, 0, 0, 60, 70]


def test_what_is_shorter_than_a_step_of_the_sheet_is_shown_for_that_step() -> None:
    rooms = Rooms()
    rooms.keep(64, recording(range(4, 8), NOON + seconds(64)), 4)
    rooms.keep(75, recording(range(11, 13), NOON + seconds(75)), 2)
    sheet = done(rooms, lambda: rooms.past.previews(CAMERA, grid_of(NOON, 60, 3), "me"))
    assert sheet.kept == (False, True, False)
    assert number_in(luma(sheet.jpeg)[:90, 176:304]) == 4


def test_a_sheet_of_the_past_is_made_once_and_not_shown_for_long() -> None:
    rooms = Rooms()
    key = rooms.keep(0, recording(range(10), NOON), 10)
    grid = grid_of(NOON, 1, 5)

    async def act() -> tuple[bool, bool]:
        await rooms.past.previews(CAMERA, grid, "me")
        rooms.store.delete(key)
        again = await rooms.past.previews(CAMERA, grid, "somebody else")
        rooms.clock.advance(121)
        later = await rooms.past.previews(CAMERA, grid, "me")
        return any(again.kept), any(later.kept)

    assert done(rooms, act) == (True, False)


def test_where_nothing_was_kept_the_gap_says_why() -> None:
    rooms = Rooms()
    rooms.catalog.add_gap(Gap(CAMERA, NOON, NOON + seconds(60), "The camera did not answer."))
    with pytest.raises(SpanUnavailable, match="did not answer"):
        frame_number(rooms, 30)
    with pytest.raises(SpanUnavailable, match=NOTHING):
        frame_number(rooms, 90)


def test_what_lies_off_site_only_is_told_and_not_fetched() -> None:
    rooms = Rooms()
    away = Recording("gone.mp4", NOON, NOON + seconds(20), 0)
    rooms.catalog.save_event(
        Event(EventId("e"), CAMERA, NOON, NOON, ended_at=NOON + seconds(20), causes=(Cause.PERSON,), recording=away)
    )
    with pytest.raises(SpanUnavailable, match=ELSEWHERE):
        frame_number(rooms, 10)


def test_a_file_that_went_is_a_gap() -> None:
    rooms = Rooms()
    key = rooms.keep(0, recording(range(10), NOON), 10)
    rooms.store.delete(key)
    with pytest.raises(SpanUnavailable, match=NOTHING):
        frame_number(rooms, 5)


def program(text: str) -> tuple[str, ...]:
    return sys.executable, "-I", "-c", text


LIES = "import os, struct, sys; os.write(1, struct.pack('!HH', 9000, 9000) + bytes(99)); sys.stdin.read()"


@pytest.mark.parametrize("text", ["raise SystemExit(9)", LIES, "import os; os.kill(os.getpid(), 11)"])
def test_a_process_that_breaks_its_word_costs_one_picture(text: str) -> None:
    rooms = Rooms(program(text))
    rooms.keep(0, recording(range(10), NOON), 10)
    with pytest.raises(SpanUnavailable, match="damaged"):
        frame_number(rooms, 5)


def test_none_is_left_behind_by_who_is_cancelled_while_it_is_ended() -> None:
    rooms = Rooms(program("import time; time.sleep(600)"))
    rooms.keep(0, recording(range(10), NOON), 10)

    async def act() -> int | None:
        footage = await rooms.past._footage(CAMERA, NOON, NOON)
        found = footage.at(NOON)
        assert found is not None
        process = await rooms.process._running()
        asking = asyncio.get_running_loop().create_task(rooms.process.picture(found.format, found.sample, LARGE))
        await asyncio.sleep(0.1)
        for _ in range(2):
            asking.cancel()
            await asyncio.sleep(0)
        await asyncio.wait([asking])
        return process.returncode

    assert done(rooms, act) == -signal.SIGKILL


def test_after_a_damaged_picture_the_next_one_is_shown() -> None:
    rooms = Rooms()
    whole = bytearray(recording(range(10), NOON))
    rooms.keep(0, bytes(whole), 10)

    async def act() -> tuple[bool, bool]:
        fmt_and_sample = await rooms.past._footage(CAMERA, NOON, NOON)
        found = fmt_and_sample.at(NOON)
        assert found is not None
        broken = await rooms.process.picture(found.format, b"\xff" * 500, LARGE)
        fine = await rooms.process.picture(found.format, found.sample, LARGE)
        return broken is None, fine is not None

    assert done(rooms, act) == (True, True)


def test_the_process_ends_when_nobody_asks() -> None:
    rooms = Rooms()
    rooms.keep(0, recording(range(3), NOON), 3)

    async def act() -> bool:
        await rooms.past.frame(CAMERA, NOON, LARGE, "me")
        process = rooms.process._process
        assert process is not None
        async with asyncio.timeout(20):
            while process.returncode is None:
                rooms.clock.advance(10)
                await asyncio.sleep(0.01)
        return rooms.process._process is None

    assert done(rooms, act)


def test_of_one_askers_wishes_the_newest_counts() -> None:
    async def main() -> tuple[list[str], int]:
        wishes, order, overtaken = NewestWish(), [], 0
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def wish(asker: str, name: str) -> None:
            nonlocal overtaken
            try:
                async with wishes.turn(asker) as still_wanted:
                    begun.set()
                    await go_on.wait()
                    still_wanted()
                    order.append(name)
            except Overtaken:
                overtaken += 1

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(wish("ann", "first"))
            await begun.wait()
            for asker, name in (("ann", "second"), ("bob", "other"), ("ann", "third")):
                tasks.create_task(wish(asker, name))
            await asyncio.sleep(0)
            go_on.set()
        return order, overtaken

    assert asyncio.run(main()) == (["other", "third"], 2)


def test_not_more_than_a_few_wait() -> None:
    async def main() -> None:
        wishes = NewestWish(most_waiting=1)
        async with wishes.turn("ann"):
            with pytest.raises(Overtaken):
                async with wishes.turn("bob"):
                    pass

    asyncio.run(main())
