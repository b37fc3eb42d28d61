"""`record = "always"`: every segment once, in files of a minute, and events that are spans over them."""

from collections.abc import Callable, Coroutine
from itertools import chain
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.clip import plan_clip
from doorstep.core.event import Event, EventId
from doorstep.core.recorded_span import camera_of_minute
from doorstep.core.rolling_buffer import RollingBuffer
from fakes.always_house import AlwaysHouse
from fakes.footage import CAMERA, seconds
from fakes.instant_loop import LoopClock, run, turns, while_running

T = TypeVar("T")


def in_house(act: Callable[[AlwaysHouse], Coroutine[Any, Any, T]], **parts: Any) -> T:
    """Do it while recorder and rows run."""
    clock = LoopClock()

    async def main() -> T:
        house = AlwaysHouse(clock, **parts)

        async def acted() -> T:
            return await act(house)

        return await while_running(house.recorder.run, house.rows.run, act=acted)

    return run(clock, main)


def kept(house: AlwaysHouse, event: Event) -> Event:
    row = house.catalog.event(event.id)
    assert row is not None
    return row


def test_every_minute_is_a_file_of_its_own_and_nothing_is_missing_between_them() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(4 * 200)
        await house.recorder.drained()
        await house.rows.settled()
        assert len(house.minutes()) == 4
        assert house.holes() == []
        segments = house.recorded_segments()
        assert len(segments) >= 199
        rows = house.spans()
        assert [row.key for row in rows] == house.minutes()
        assert [row.size for row in rows] == [house.store.size(row.key) for row in rows]
        assert all(row.whole for row in rows)
        assert [round((row.ends_at - row.starts_at).total_seconds()) for row in rows][:3] == [60, 60, 60]
        plan = plan_clip(segments, segments[50].starts_at, segments[130].ends_at)
        assert plan is not None, "a clip goes over the ends of files as if there were none"
        assert (plan.starts_at, plan.ends_at) == (segments[50].starts_at, segments[130].ends_at)

    in_house(act)


def test_each_file_begins_with_a_key_frame_where_the_camera_sends_one_in_time() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(4 * 130, key_every=4 * 8)
        await house.recorder.drained()
        firsts = [house.read_back(key).segments[0].segment for key in house.minutes()]
        assert len(firsts) == 3
        assert all(first.samples.keys[0] == 1 for first in firsts)

    in_house(act)


def test_a_camera_without_key_frames_for_minutes_still_gets_its_files_cut() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(4 * 200, key_every=10_000)
        await house.recorder.drained()
        assert len(house.minutes()) == 3
        assert house.holes() == []

    in_house(act)


def test_the_row_comes_when_bytes_are_synced_and_again_when_the_file_is_whole() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(8)
        await turns()
        (row,) = house.catalog.unfinished_spans()
        assert house.store.calls.index("sync") > house.store.calls.index("append")
        assert row.size <= house.store.size(row.key)
        await house.film(4 * 60)
        await turns()
        assert [one.whole for one in house.spans()] == [True, False]

    in_house(act)


def test_what_is_synced_rests_for_the_durability() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(4 * 50)
        assert 9 <= house.store.calls.count("sync") <= 12

    in_house(act, durability=5.0)


def test_a_new_connection_begins_a_new_file() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(20)
        house.camera.end()
        await house.clock.sleep(2.0)
        house.connect()
        await house.film(20)
        await house.recorder.drained()
        first, second = (house.read_back(key) for key in house.minutes())
        assert len({one.segment.connection for one in first.segments}) == 1
        assert first.segments[0].segment.connection != second.segments[0].segment.connection

    in_house(act)


def test_of_a_camera_that_is_gone_the_file_is_closed_soon() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(20)
        house.camera.end()
        await house.clock.sleep(10.0)
        assert house.catalog.unfinished_spans() == []
        assert not house.recorder.recording

    in_house(act)


def test_a_store_that_fails_costs_nothing_while_the_buffer_lasts() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(40)
        house.store.fails = lambda: True
        await house.film(4 * 90)
        assert [problem.key for problem in house.health.problems()] == ["store"]
        house.store.fails = lambda: False
        await house.film(20)
        await house.recorder.drained()
        await house.rows.settled()
        assert house.holes() == []
        assert house.health.problems() == []
        assert house.catalog.gaps(CAMERA, house.clock.now() - seconds(1000), house.clock.now()) == []

    in_house(act)


def test_what_falls_out_of_the_buffer_meanwhile_is_one_gap_with_its_reason() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(40)
        house.store.fails = lambda: True
        await house.film(4 * 100)
        house.store.fails = lambda: False
        await house.film(20)
        await house.recorder.drained()
        await house.rows.settled()
        ((before, after),) = house.holes()
        (gap,) = house.catalog.gaps(CAMERA, house.clock.now() - seconds(1000), house.clock.now())
        assert (gap.starts_at, gap.ends_at) == (before.ends_at, after.starts_at)
        assert gap.reason == "it could not be written: There is no space left for recordings"

    in_house(act, buffer=RollingBuffer(30.0, 10_000_000))


def test_a_clock_that_is_set_neither_repeats_nor_skips_a_segment() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(4 * 20)
        house.clock.set_wall(-3600.0)
        await house.film(4 * 20)
        house.clock.set_wall(7200.0)
        await house.film(4 * 20)
        await house.recorder.drained()
        found = {(one.connection, one.sequence) for one in house.recorded_segments()}
        assert len(found) == len(house.recorded_segments()) >= 59
        assert {sequence for _, sequence in found} == set(range(1, len(found) + 1))

    in_house(act)


# ----------------------------------------------------------------------------------------------------------- events


async def visit(house: AlwaysHouse, name: str = "front-door-1") -> Event:
    event = house.open_event(EventId(name))
    house.recorder.extend(event.id, house.clock.now() + seconds(8))
    await house.film(4 * 8)
    house.close_event(event)
    await house.film(8)
    return event


def test_an_event_is_a_span_over_minute_files_without_a_copy() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(4 * 56)
        event = await visit(house)
        await house.rows.settled()
        row = kept(house, event)
        assert row.recording is not None
        assert row.recording.in_minutes
        assert not row.unfinished
        assert row.pre_roll_seconds == pytest.approx(2.0, abs=0.26)
        assert row.recording.ends_at == row.ended_at
        assert house.keys() == house.minutes()
        assert not house.store.exists(row.recording.key)
        touching = house.catalog.recorded(CAMERA, row.recording.starts_at, row.recording.ends_at)
        assert [camera_of_minute(span.key) for span in touching] == [CAMERA, CAMERA]
        await house.recorder.drained()
        shown = plan_clip(house.recorded_segments(), row.recording.starts_at, row.recording.ends_at)
        assert shown is not None
        assert (shown.starts_at, shown.ends_at) == (row.recording.starts_at, row.recording.ends_at)

    in_house(act)


def test_an_event_that_runs_is_unfinished_and_has_its_pre_roll_already() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(40)
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(10))
        await house.film(8)
        await turns()
        row = kept(house, event)
        assert row.unfinished
        assert row.recording is not None
        assert row.recording.starts_at <= event.started_at - seconds(2)

    in_house(act)


def test_two_events_of_one_second_have_pictures_of_two_names() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(40)
        first, second = house.open_event(EventId("a")), house.open_event(EventId("b"))
        await house.film(8)
        house.close_event(first)
        house.close_event(second)
        await house.film(8)
        await house.rows.settled()
        keys = {recording.key for one in (first, second) if (recording := kept(house, one).recording)}
        assert len(keys) == 2

    in_house(act)


def test_of_a_camera_that_is_gone_for_long_a_press_has_no_video() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(20)
        house.camera.end()
        await house.clock.sleep(60.0)
        event = house.open_event()
        house.close_event(event, house.clock.now() + seconds(5))
        await house.clock.sleep(8.0)
        await house.rows.settled()
        assert kept(house, event).recording is None
        assert not kept(house, event).unfinished

    in_house(act)


def test_an_event_waits_for_a_store_that_fails_and_is_over_all_the_same() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(40)
        house.store.fails = lambda: True
        event = await visit(house)
        await turns()
        row = kept(house, event)
        assert row.ended_at is not None
        assert row.unfinished
        house.store.fails = lambda: False
        await house.film(20)
        await house.rows.settled()
        row = kept(house, event)
        assert row.recording is not None
        assert row.recording.ends_at == row.ended_at

    in_house(act)


# ----------------------------------------------------------------------------------------------------- any stream


@given(
    life=st.lists(
        st.one_of(
            st.tuples(st.just("film"), st.integers(1, 60)),
            st.tuples(st.just("lost"), st.integers(0, 8)),
            st.tuples(st.just("set"), st.integers(-100, 100)),
            st.tuples(st.just("visit"), st.integers(1, 3)),
        ),
        min_size=1,
        max_size=12,
    ),
    failures=st.lists(st.booleans(), max_size=60),
    key_every=st.integers(1, 60),
)
@settings(max_examples=60, deadline=None)
def test_every_segment_is_in_one_file_once_and_in_order(
    life: list[tuple[str, int]], failures: list[bool], key_every: int
) -> None:
    async def act(house: AlwaysHouse) -> None:
        weather = iter(failures)
        house.store.fails = lambda: next(weather, False)
        house.connect()
        for number, (what, count) in enumerate(life):
            match what:
                case "film":
                    await house.film(count * 4, key_every=key_every)
                case "lost":
                    house.camera.end()
                    await house.clock.sleep(float(count))
                    house.connect()
                case "set":
                    house.clock.set_wall(float(count))
                case _:
                    event = house.open_event(EventId(f"visit-{number}"))
                    house.recorder.extend(event.id, house.clock.now() + seconds(count))
                    await house.film(count * 4, key_every=key_every)
                    house.close_event(event)
        house.camera.end()
        house.store.fails = lambda: False
        await house.recorder.drained()
        await house.rows.settled()
        held = [(one.connection, one.sequence) for one in house.buffer.between(*EVER)]
        rows = {row.key: row for row in house.spans()}
        assert set(rows) == set(house.minutes())
        found = [
            [(one.segment.connection, one.segment.sequence) for one in house.read_back(key).segments] for key in rows
        ]
        assert sorted(chain.from_iterable(found)) == sorted(held)
        assert all(part == sorted(part) for part in found)
        assert all(row.whole and row.size == house.store.size(key) for key, row in rows.items())
        assert house.catalog.unfinished_events() == []

    in_house(act, buffer=RollingBuffer(10_000.0, 100_000_000))


EVER = (LoopClock().now() - seconds(10**6), LoopClock().now() + seconds(10**6))
