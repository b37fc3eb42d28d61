"""Events of a camera that is always recorded: whatever clock, camera or disk do, each has its pre-roll and plays."""

import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import pytest

from doorstep.core.event import Event, EventId, Recording
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.pipeline.clip_builder import RecordedClips
from doorstep.pipeline.recorder import Recorder
from fakes.always_house import AlwaysHouse
from fakes.footage import CAMERA, FORMAT, seconds
from fakes.instant_loop import LoopClock, run, while_running

T = TypeVar("T")
OTHER_FORMAT = replace(FORMAT, width=1280, height=720)
PICTURE = re.compile(rb"picture (\d+)")


def in_house(act: Callable[[AlwaysHouse], Coroutine[Any, Any, T]], **parts: Any) -> T:
    """Do it while recorder and rows run."""
    clock = LoopClock()

    async def main() -> T:
        house = AlwaysHouse(clock, **parts)

        async def acted() -> T:
            return await act(house)

        return await while_running(house.recorder.run, house.rows.run, act=acted)

    return run(clock, main)


async def visit(house: AlwaysHouse, name: str = "one", pre_roll: float = 2.0) -> Event:
    """Somebody is there for four seconds; two seconds later it is over and written."""
    event = house.open_event(EventId(name), pre_roll)
    house.recorder.extend(event.id, house.clock.now() + seconds(4))
    await house.film(16)
    house.close_event(event)
    await house.film(8)
    await house.rows.settled()
    return kept(house, event)


def kept(house: AlwaysHouse, event: Event) -> Event:
    row = house.catalog.event(event.id)
    assert row is not None
    return row


def video_of(event: Event) -> Recording:
    assert event.recording is not None
    return event.recording


async def pictures_of(house: AlwaysHouse, event: Event) -> list[float]:
    """Decode times within their connection, in seconds, of the pictures in the event's clip."""
    clips = RecordedClips(house.store, {CAMERA: house.camera}, house.clock, house.catalog)
    clip = await clips.of_event(event)
    content = b"".join(clip.read(0, clip.size))
    assert len(content) == clip.size
    return [int(found) / FORMAT.timescale for found in PICTURE.findall(content[content.index(b"mdat") :])]


@pytest.mark.parametrize("jump", [-3600.0, 3600.0, -40.0])
def test_after_the_clock_was_set_an_event_has_its_video_all_the_same(jump: float) -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(80)
        house.clock.set_wall(jump)
        await house.film(80)
        event = await visit(house)
        assert video_of(event).seconds == pytest.approx(6.0, abs=0.5)
        assert event.pre_roll_seconds == pytest.approx(2.0, abs=0.26)

    in_house(act)


def test_of_an_event_in_whose_midst_the_clock_was_set_back_the_part_before_that_is_shown() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(80)
        event = house.open_event()
        seen_last = house.clock.now() + seconds(4)
        house.recorder.extend(event.id, seen_last)
        await house.film(16)
        house.clock.set_wall(-3600.0)
        await house.film(8)
        house.close_event(event, seen_last)
        await house.film(40)
        await house.rows.settled()
        row = kept(house, event)
        assert not row.unfinished
        assert video_of(row).seconds >= 5.0

    in_house(act)


def test_an_event_right_behind_a_change_of_resolution_shows_one_format_alone() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(40)
        changed_at = house.clock.now()
        house.connect(OTHER_FORMAT)
        await house.film(8)
        event = await visit(house, pre_roll=5.0)
        assert video_of(event).starts_at >= changed_at
        assert event.pre_roll_seconds == pytest.approx(2.0, abs=0.26)
        told = await pictures_of(house, event)
        assert told[0] == 0.0
        house.buffer.drop_oldest(1000)
        assert await pictures_of(house, event) == told, "the minute files alone have all of it too"

    in_house(act)


def test_an_event_over_a_reconnect_plays_whole() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(41)
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(20))
        await house.film(8)
        house.camera.end()
        await house.clock.sleep(2.0)
        house.connect()
        await house.film(12)
        house.close_event(event)
        await house.film(8)
        await house.rows.settled()
        row = kept(house, event)
        assert row.recording is not None
        assert row.recording.ends_at == row.ended_at
        told = await pictures_of(house, row)
        assert told[0] <= 8.25
        assert 12.0 in told
        assert told[told.index(12.0) + 1 :] == [number / 4 for number in range(12)]
        house.buffer.drop_oldest(1000)
        assert await pictures_of(house, row) == told, "the minute files alone have all of it too"

    in_house(act)


def test_while_an_event_runs_its_clip_grows_to_the_second_that_is_open() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(40)
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(60))
        await house.film(7)
        first = await pictures_of(house, kept(house, event))
        await house.film(5)
        assert await pictures_of(house, kept(house, event)) == [*first, *(first[-1] + n / 4 for n in range(1, 6))]

    in_house(act)


@pytest.mark.parametrize("filmed", range(31, 37))
def test_where_little_is_synced_yet_the_event_begins_where_it_was_wanted(filmed: int) -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(4 * filmed, key_every=40)
        event = await visit(house, pre_roll=0.5)
        assert event.pre_roll_seconds == pytest.approx(0.5, abs=0.26)

    in_house(act, durability=5.0)


def test_what_is_overwritten_in_the_last_moment_is_a_gap_and_no_silence() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(40)
        house.store.fails = lambda: True
        await house.film(4 * 20)
        house.store.fails = lambda: False
        for lost in house.buffer.between(*EVER)[12:16]:
            house.shelf.remove(lost)
        await house.film(20)
        await house.recorder.drained()
        await house.rows.settled()
        ((before, after),) = house.holes()
        (gap,) = house.catalog.gaps(CAMERA, *EVER)
        assert (gap.starts_at, gap.ends_at) == (before.ends_at, after.starts_at)
        assert gap.reason == "it was lost before it could be written"

    in_house(act)


def test_what_falls_out_while_nothing_is_taken_at_all_is_a_gap_too() -> None:
    clock = LoopClock()

    async def main() -> None:
        house = AlwaysHouse(clock, buffer=RollingBuffer(10.0, 10_000_000))

        async def film() -> None:
            await house.film(80)

        async def film_on() -> None:
            await house.film(40)
            await house.recorder.drained()

        house.connect()
        await while_running(house.recorder.run, house.rows.run, act=film)
        await film()
        await while_running(house.recorder.run, house.rows.run, act=film_on)
        await house.rows.write_all()
        ((before, after),) = house.holes()
        (gap,) = house.catalog.gaps(CAMERA, *EVER)
        assert (gap.starts_at, gap.ends_at) == (before.ends_at, after.starts_at)
        assert gap.reason == "the disk did not answer in time"

    run(clock, main)


def test_a_camera_that_was_away_while_the_disk_failed_has_no_gap_of_the_disk() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(40)
        house.camera.end()
        await house.clock.sleep(2.0)
        house.store.fails = lambda: True
        await house.clock.sleep(20.0)
        house.connect()
        await house.film(40)
        house.store.fails = lambda: False
        await house.film(20)
        await house.recorder.drained()
        await house.rows.settled()
        assert house.catalog.gaps(CAMERA, *EVER) == []

    in_house(act)


def test_a_row_of_an_event_that_runs_for_long_tells_now_and_then_how_long_it_is() -> None:
    async def act(house: AlwaysHouse) -> None:
        house.connect()
        await house.film(40)
        event = house.open_event()
        house.catalog.saved.clear()
        for _ in range(60):
            house.recorder.extend(event.id, house.clock.now() + seconds(5))
            house.rows.extended(replace(event, last_seen_at=house.clock.now()))
            await house.film(4)
        row = kept(house, event)
        assert row.unfinished
        assert house.clock.now() - seconds(12) <= row.last_seen_at
        assert house.clock.now() - seconds(14) <= video_of(row).ends_at
        assert len(house.catalog.saved) <= 8

    in_house(act)


def test_an_event_right_after_always_was_switched_on_has_its_pre_roll() -> None:
    clock = LoopClock()

    async def main() -> None:
        house = AlwaysHouse(clock)
        of_events = Recorder(house.camera, house.store, house.rows, house.health, clock, 1.0)
        house.camera.on_segment = of_events.segment_added

        async def before() -> None:
            house.connect()
            await house.film(80)
            event = Event(EventId("before"), CAMERA, clock.now(), clock.now())
            house.rows.decided(event)
            of_events.begin(event, clock.now() - seconds(2), clock.now())
            await house.film(8)
            house.camera.end()
            of_events.finish(event.id, clock.now())
            await of_events.drained()

        async def after() -> None:
            house.camera.on_segment = house.recorder.segment_added
            house.connect()
            await house.film(4)
            event = await visit(house, pre_roll=5.0)
            assert event.pre_roll_seconds is not None
            assert event.pre_roll_seconds >= 5.0
            await house.recorder.drained()
            found = [(one.connection, one.sequence) for one in house.recorded_segments()]
            assert len(found) == len(set(found))

        await while_running(of_events.run, house.rows.run, act=before)
        assert not of_events.recording
        await while_running(house.recorder.run, house.rows.run, act=after)

    run(clock, main)


def test_a_switch_to_always_takes_a_minute_of_the_buffer_and_not_all_of_it() -> None:
    clock = LoopClock()

    async def main() -> None:
        house = AlwaysHouse(clock, buffer=RollingBuffer(600.0, 10_000_000))

        async def nobody_records() -> None:
            house.connect()
            await house.film(4 * 200, key_every=16)

        await while_running(house.rows.run, act=nobody_records)
        switched_at = clock.now()
        await while_running(house.recorder.run, house.rows.run, act=house.recorder.drained)
        taken = switched_at - house.recorded_segments()[0].starts_at
        assert seconds(60) <= taken <= seconds(66)

    run(clock, main)


def test_always_that_was_switched_off_leaves_whole_files_and_the_next_recorder_goes_on() -> None:
    clock = LoopClock()

    async def main() -> None:
        house = AlwaysHouse(clock)

        async def always() -> None:
            house.connect()
            await house.film(80)
            event = house.open_event()
            house.recorder.extend(event.id, clock.now() + seconds(20))
            await house.film(8)
            house.camera.end()
            house.close_event(event)
            await house.recorder.drained()

        async def events() -> None:
            assert not house.recorder.recording
            assert all(row.whole for row in house.spans())
            row = house.catalog.event(EventId("front-door-1"))
            assert row is not None
            assert not row.unfinished
            house.connect()
            house.recorder = of_events  # type: ignore[assignment]
            await house.film(4)
            second = await visit(house, "two")
            assert not video_of(second).in_minutes
            assert second.pre_roll_seconds is not None
            assert second.pre_roll_seconds >= 2.0

        of_events = Recorder(house.camera, house.store, house.rows, house.health, clock, 1.0)
        await while_running(house.recorder.run, house.rows.run, act=always)
        house.camera.on_segment = of_events.segment_added
        await while_running(of_events.run, house.rows.run, act=events)

    run(clock, main)


EVER: tuple[datetime, datetime] = (LoopClock().now() - seconds(10**6), LoopClock().now() + seconds(10**6))
