"""A recording that grows while the clock is set for the first time: nothing is missing in it, and its row is right."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from doorstep.core.clock_state import Dating
from doorstep.pipeline.continuous_file import MinuteFile
from doorstep.pipeline.recording_file import dated_index
from doorstep.pipeline.visits import Visit
from doorstep.stores.memory import MemoryStore
from fakes.footage import FORMAT, NOON, bare_segment, seconds
from fakes.instant_loop import LoopClock, run, while_running
from fakes.late_house import LateHouse
from fakes.recording_house import EVENT


def in_house(act: Callable[[LateHouse], Coroutine[Any, Any, None]]) -> None:
    clock = LoopClock()

    async def main() -> None:
        house = LateHouse(clock)

        async def acted() -> None:
            await act(house)

        await while_running(house.recorder.run, house.rows.run, act=acted)

    run(clock, main)


@pytest.mark.parametrize("by", [86_400.0 * 365 * 50, 600.0, 4.0, -4.0, -600.0])
@pytest.mark.parametrize("pictures", [0, 1, 9])
def test_an_event_goes_on_in_one_file_without_a_hole(by: float, pictures: int) -> None:
    async def act(house: LateHouse) -> None:
        house.connect()
        await house.film(20)
        began = house.clock.now()
        event = house.open_event()
        house.recorder.extend(event.id, began + seconds(30))
        await house.film(pictures)
        house.set_clock(by)
        await house.film(21)
        row = house.rows.latest(event.id)
        assert row is not None
        house.close_event(row)
        ended_at = house.clock.now()
        await house.film(2)
        await house.recorder.drained()
        await house.rows.settled()

        (key,) = house.keys()
        found = [recorded.segment for recorded in house.read_back(key).segments]
        for before, after in pairwise(found):
            assert after.first_dts == before.first_dts + before.duration
        kept = house.catalog.event(EVENT)
        assert kept is not None
        assert kept.recording is not None
        assert kept.started_at == began + seconds(by)
        assert abs(kept.recording.starts_at - (began + seconds(by - 2))) <= seconds(1)
        assert abs(kept.recording.ends_at - ended_at) <= seconds(1)
        assert kept.pre_roll_seconds == pytest.approx(2.0, abs=0.3)
        assert kept.guess is None
        line = [one.segment for one in dated_index(house.read_back(key), kept.started_at).segments]
        assert line[0].starts_at <= kept.recording.starts_at < line[0].ends_at
        assert line[-1].starts_at <= kept.recording.ends_at <= line[-1].ends_at

    in_house(act)


def test_a_minute_file_is_dated_and_goes_on() -> None:
    store = MemoryStore()
    file = MinuteFile("continuous/front-door/one.mp4", store.create("continuous/front-door/one.mp4"), FORMAT)
    first, second = bare_segment(1, at=0), bare_segment(2, at=1)
    file.took(first)
    file.synced = first
    file.took(second)
    for _ in range(2):
        file.redate(Dating(timedelta(days=1)))
    row = file.row(whole=True)
    assert row is not None
    assert (row.starts_at, row.ends_at) == (NOON + timedelta(days=2), NOON + timedelta(days=2, seconds=1))
    assert file.unsynced
    third = bare_segment(3, at=2)
    assert file.fits(replace(third, starts_at=third.starts_at + timedelta(days=2)), FORMAT)
    file.synced = file.tail
    file.redate(Dating(timedelta(days=1)))
    assert not file.unsynced


def test_an_event_in_minutes_is_dated() -> None:
    visit = Visit(EVENT, NOON, NOON - seconds(5), NOON + seconds(5), None)
    visit.redate(Dating(timedelta(days=1)))
    assert [visit.started_at, visit.wanted_from, visit.until] == [
        NOON + timedelta(days=1, seconds=moment) for moment in (0, -5, 5)
    ]
