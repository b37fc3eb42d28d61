"""A disk that fills, turns read-only or hangs: told, and over by itself."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

import pytest

from doorstep.core.disk_state import DiskLevel, DiskReading
from doorstep.core.errors import StoreUnavailable
from doorstep.pipeline.disk_watch import DiskWatch
from doorstep.pipeline.health import HealthBoard
from fakes.clock import FakeClock

GB = 1_000_000_000


class Disk:
    """Says what the test wants, or fails, or hangs until it is let go."""

    def __init__(self) -> None:
        self.reading = DiskReading(64 * GB, 10 * GB)
        self.is_gone = False
        self.asked = 0
        self.goes_on = threading.Event()
        self.goes_on.set()

    def ask(self) -> DiskReading:
        self.asked += 1
        self.goes_on.wait(60)
        if self.is_gone:
            msg = "The folder of the recordings cannot be used."
            raise StoreUnavailable(msg)
        return self.reading


class Watched:
    def __init__(self, answer_within: float = 60.0) -> None:
        self.disk = Disk()
        self.clock = FakeClock()
        self.health = HealthBoard(self.clock)
        self.watch = DiskWatch(self.disk.ask, self.health, self.clock, answer_within=answer_within)
        self.levels: list[DiskLevel] = []
        self.watch.on_level = lambda level, _words: self.levels.append(level)

    async def after(self, free: int, *, read_only: bool = False) -> DiskLevel:
        self.disk.reading = DiskReading(64 * GB, free, read_only)
        await self.watch.look()
        return self.watch.level

    def told(self) -> list[tuple[str, bool]]:
        return [(problem.what, problem.minor) for problem in self.health.problems()]


def in_loop(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(coroutine)


def test_nearly_full_warns_full_stops_and_space_goes_on_by_itself() -> None:
    async def act() -> None:
        house = Watched()
        assert await house.after(10 * GB) is DiskLevel.WELL
        assert house.told() == []
        assert await house.after(300_000_000) is DiskLevel.NEARLY_FULL
        assert house.told() == [("Storage is nearly full: 300 MB are free. The oldest recordings go early.", True)]
        assert house.watch.retention_bytes(50 * GB, 20 * GB) == 20 * GB - 200_000_000
        assert await house.after(1_000_000) is DiskLevel.FULL
        assert house.told() == [("Recording has to stop: the disk is full (1 MB are free).", False)]
        assert not house.watch.may_record
        assert await house.after(10 * GB) is DiskLevel.WELL
        assert house.told() == []
        assert house.levels == [DiskLevel.NEARLY_FULL, DiskLevel.FULL, DiskLevel.WELL]

    in_loop(act())


def test_a_disk_that_turned_read_only_is_told_as_that() -> None:
    async def act() -> None:
        house = Watched()
        assert await house.after(10 * GB, read_only=True) is DiskLevel.READ_ONLY
        assert "read-only" in house.told()[0][0]
        assert await house.after(10 * GB) is DiskLevel.WELL

    in_loop(act())


def test_a_disk_that_hangs_holds_up_nobody_and_keeps_one_thread_waiting() -> None:
    async def act() -> None:
        house = Watched(answer_within=0.05)
        house.disk.goes_on.clear()
        for _ in range(5):
            await house.watch.look()
        assert (house.levels, house.disk.asked) == ([DiskLevel.NOT_ANSWERING], 1)
        house.disk.goes_on.set()
        async with asyncio.timeout(60):
            while house.watch.level is DiskLevel.NOT_ANSWERING:
                await house.watch.look()
        assert house.levels == [DiskLevel.NOT_ANSWERING, DiskLevel.WELL]

    in_loop(act())


def test_a_disk_that_was_pulled_out_is_told() -> None:
    async def act() -> None:
        house = Watched()
        house.disk.is_gone = True
        await house.watch.look()
        assert house.watch.level is DiskLevel.NOT_ANSWERING
        assert house.watch.retention_bytes(7, 9) == 7

    in_loop(act())


def test_what_is_written_becomes_a_figure_per_day() -> None:
    async def act() -> None:
        disk, clock = Disk(), FakeClock()
        written = iter([0, 1000])
        watch = DiskWatch(disk.ask, HealthBoard(clock), clock, count=lambda: next(written))
        await watch.look()
        clock.advance(600)
        await watch.look()
        assert watch.written.per_day == pytest.approx(144_000)

    in_loop(act())
