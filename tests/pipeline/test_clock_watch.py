"""A machine without a clock of its own: told, and put right when the clock is set."""

import asyncio
from datetime import UTC, datetime, timedelta

from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.camera import CameraId
from doorstep.core.clock_state import ClockReading, Dating, Guess
from doorstep.core.recorded_span import RecordedSpan
from doorstep.pipeline.clock_watch import EVERY_SECONDS, WHILE_UNDATED_SECONDS, ClockWatch, newest_row_of
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.steady_clock import SteadyClock
from fakes.clock import FakeClock
from fakes.footage import CAMERA

POWERED_DOWN = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


class Machine:
    """Boots with the time at which it was switched off."""

    def __init__(self) -> None:
        self.clock = FakeClock(POWERED_DOWN, monotonic=5.0)
        self.is_set = False
        self.house = SteadyClock(self.clock, self.read)
        self.health = HealthBoard(self.house)
        self.watch = ClockWatch(self.house.reading, self.health, self.house, "this boot", self.house.keep_to)
        self.datings: list[Dating] = []
        self.watch.on_dated.append(self.datings.append)

    def read(self) -> ClockReading:
        return ClockReading(self.clock.now(), self.clock.monotonic(), self.is_set)

    def says(self) -> tuple[bool, bool]:
        return self.watch.is_dated, self.watch.may_expire_by_age()

    def told(self) -> list[str]:
        return [problem.what for problem in self.health.problems()]


def test_times_are_a_guess_until_the_clock_is_set_and_right_afterwards() -> None:
    machine = Machine()
    machine.watch.look()
    assert machine.says() == (False, False)
    assert "until it is" in machine.told()[0]
    assert all(problem.minor for problem in machine.health.problems())

    machine.clock.advance(60)
    machine.clock.set_wall(86_400)
    machine.is_set = True
    machine.watch.look()
    assert machine.says() == (True, True)
    assert machine.told() == []
    (dating,) = machine.datings
    told = POWERED_DOWN + timedelta(seconds=10)
    assert dating.dated(told) == told + timedelta(days=1)


def test_the_house_keeps_to_its_guess_until_all_are_told_that_it_was_wrong() -> None:
    machine = Machine()
    machine.clock.advance(60)
    machine.clock.set_wall(86_400)
    machine.is_set = True
    assert machine.house.now() == POWERED_DOWN + timedelta(seconds=60)
    assert machine.watch.guess == Guess("this boot", POWERED_DOWN - timedelta(seconds=5))

    told: list[datetime] = []
    machine.watch.on_dated.append(lambda _: told.append(machine.house.now()))
    machine.watch.look()
    right = POWERED_DOWN + timedelta(days=1, seconds=60)
    assert told == [right]
    assert machine.house.now() == right
    assert machine.says() == (True, True)
    machine.clock.set_wall(7200)
    assert machine.house.now() == right + timedelta(hours=2)


def test_somebody_sets_the_clock_by_hand_while_there_is_no_network() -> None:
    machine = Machine()
    machine.clock.set_wall(86_400)
    machine.watch.look()
    assert machine.house.now() == POWERED_DOWN + timedelta(days=1)
    assert machine.watch.guess == Guess("this boot", POWERED_DOWN + timedelta(days=1, seconds=-5))
    machine.is_set = True
    machine.watch.look()
    assert [dating.correction for dating in machine.datings] == [timedelta(days=1), timedelta(0)]


def test_a_clock_that_jumps_rests_retention_and_is_told() -> None:
    machine = Machine()
    machine.is_set = True
    machine.watch.look()
    for jump in (7200, -7200):
        machine.clock.set_wall(jump)
        machine.watch.look()
        assert not machine.watch.may_expire_by_age()
    assert [dating.correction for dating in machine.datings] == [timedelta(0)]  # of the beginning
    machine.clock.advance(86_400)
    machine.watch.look()
    assert machine.watch.may_expire_by_age()
    assert machine.told() == []


def test_it_looks_often_while_it_waits() -> None:
    machine = Machine()
    slept: list[float] = []

    class Impatient(FakeClock):
        async def sleep(self, seconds: float) -> None:
            slept.append(seconds)
            machine.is_set = True
            if len(slept) == 2:
                raise asyncio.CancelledError
            await asyncio.sleep(0)

    watch = ClockWatch(machine.read, machine.health, Impatient())

    async def act() -> None:
        try:
            await watch.run()
        except asyncio.CancelledError:
            return

    asyncio.run(act())
    assert slept == [WHILE_UNDATED_SECONDS, EVERY_SECONDS]


def test_the_newest_row_is_that_of_any_camera() -> None:
    catalog, yard = MemoryCatalog(), CameraId("yard")
    assert newest_row_of(catalog, [CAMERA, yard]) is None
    for camera, hours in ((CAMERA, 1), (yard, 3), (CAMERA, 2)):
        begin = POWERED_DOWN + timedelta(hours=hours)
        catalog.save_span(RecordedSpan(f"{hours}.mp4", camera, begin, begin + timedelta(minutes=1), 9))
    assert newest_row_of(catalog, [CAMERA, yard]) == POWERED_DOWN + timedelta(hours=3, minutes=1)
