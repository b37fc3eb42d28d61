import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.errors import BlobMissing
from doorstep.core.event import Event, EventId
from doorstep.core.media import Packet
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.segment import Segment
from doorstep.pipeline.clip_builder import RecordedClips
from doorstep.pipeline.recorder import SHOWN_SECONDS
from fakes.footage import CAMERA, FORMAT, seconds
from fakes.instant_loop import LoopClock, run, turns, while_running
from fakes.recording_house import EVENT, RecordingHouse

T = TypeVar("T")
PICTURE = re.compile(rb"picture (\d+)")
OTHER_FORMAT = replace(FORMAT, width=1280, height=720)


def in_house(act: Callable[[RecordingHouse], Coroutine[Any, Any, T]], **parts: Any) -> T:
    """Do it while recorder and rows run."""
    clock = LoopClock()

    async def main() -> T:
        house = RecordingHouse(clock, **parts)

        async def acted() -> T:
            return await act(house)

        return await while_running(house.recorder.run, house.rows.run, act=acted)

    return run(clock, main)


def starts(house: RecordingHouse, key: str) -> list[float]:
    """When each recorded segment began, in seconds since the first."""
    segments = [recorded.segment for recorded in house.read_back(key).segments]
    return [(segment.starts_at - segments[0].starts_at).total_seconds() for segment in segments]


def segments_in(house: RecordingHouse, key: str) -> list[Segment]:
    return [recorded.segment for recorded in house.read_back(key).segments]


def kept(house: RecordingHouse, event: Event) -> Event:
    row = house.catalog.event(event.id)
    assert row is not None
    return row


async def visit(house: RecordingHouse, stays: int = 3) -> Event:
    """Somebody is seen, stays so many seconds and is gone two seconds later."""
    event = house.open_event()
    for _ in range(stays):
        house.recorder.extend(event.id, house.clock.now() + seconds(2))
        await house.film(4)
    await house.film(8)
    house.close_event(event)
    return event


def test_the_recording_begins_with_the_pre_roll_and_ends_with_the_event() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(41)
        event = await visit(house)
        await house.film(8)
        await house.recorder.drained()
        await house.rows.settled()
        row = kept(house, event)
        assert row.recording is not None
        assert row.pre_roll_seconds is not None
        assert 2.0 <= row.pre_roll_seconds <= 2.25
        assert row.ended_at is not None
        assert row.recording.ends_at == row.ended_at
        assert row.recording.size == house.store.size(row.recording.key)
        segments = segments_in(house, row.recording.key)
        assert segments[0].starts_at <= row.started_at - seconds(2)
        assert segments[-1].ends_at >= row.ended_at
        assert all(before.ends_at == after.starts_at for before, after in pairwise(segments))

    in_house(act)


def test_the_row_names_bytes_only_once_they_are_synced_and_is_written_once_while_they_grow() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(20))
        await turns()
        assert house.store.calls.index("sync") > house.store.calls.index("append")
        assert kept(house, event).recording is not None
        rows = len(house.catalog.saved)
        await house.film(40)
        assert len(house.catalog.saved) == rows

    in_house(act)


def test_what_is_synced_rests_for_the_durability_and_no_longer() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(60))
        await house.film(41)
        assert house.store.calls.count("sync") in {3, 4}

    in_house(act, durability=4.0)


def test_an_event_that_is_over_before_its_recording_began_is_recorded_all_the_same() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(21)
        event = house.open_event()
        house.close_event(event, house.clock.now() + seconds(1))
        await house.film(8)
        await house.recorder.drained()
        await house.rows.settled()
        recording = kept(house, event).recording
        assert recording is not None
        assert recording.seconds >= 3.0

    in_house(act)


def test_an_event_stays_unfinished_in_the_catalog_until_its_recording_is_whole() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(2))
        await house.film(4)
        house.store.fails = lambda: True
        house.close_event(event, house.clock.now() + seconds(1))
        await house.film(12)
        assert [unfinished.id for unfinished in house.catalog.unfinished_events()] == [event.id]
        row = kept(house, event)
        assert row.unfinished
        assert row.ended_at is not None, "who looks at the list meanwhile sees that it is over"
        house.store.fails = lambda: False
        await house.recorder.drained()
        await house.rows.settled()
        assert house.catalog.unfinished_events() == []

    in_house(act)


def test_the_last_shorter_segment_of_a_connection_is_not_lost() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(2))
        await house.film(6)
        house.camera.end()
        house.close_event(event, house.clock.now())
        await house.recorder.drained()
        await house.rows.settled()
        recording = kept(house, event).recording
        assert recording is not None
        assert sum(len(segment.samples) for segment in segments_in(house, recording.key)) >= 8 + 6

    in_house(act)


def test_a_segment_that_comes_while_the_last_one_is_written_is_taken_too() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(21)
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(5))
        await house.film(2)

        def connection_ends() -> bool:
            """In the middle of an append, as a thread lets it happen."""
            if house.camera.connected and house.store.calls[-1] == "append":
                house.camera.end()
                house.close_event(event, house.clock.now() + seconds(0.5))
            return False

        house.store.fails = connection_ends
        await house.film(2)
        with suppress(RuntimeError):
            await house.film(1)
        await house.recorder.drained()
        await house.rows.settled()
        recording = kept(house, event).recording
        assert recording is not None
        newest = house.buffer.newest
        assert newest is not None
        assert segments_in(house, recording.key)[-1].starts_at == newest.starts_at

    in_house(act)


def test_a_recording_goes_on_over_a_new_connection_of_the_same_format() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(30))
        await house.film(8)
        house.camera.end()
        await house.clock.sleep(3.0)
        house.connect()
        await house.film(12)
        house.close_event(event)
        await house.recorder.drained()
        await house.rows.settled()
        recording = kept(house, event).recording
        assert recording is not None
        segments = segments_in(house, recording.key)
        assert len({segment.connection for segment in segments}) == 2
        assert all(after.first_dts >= before.first_dts + before.duration for before, after in pairwise(segments))
        holes = [after.first_dts - before.first_dts - before.duration for before, after in pairwise(segments)]
        assert [hole for hole in holes if hole] == [pytest.approx(3000, abs=300)]

    in_house(act)


def test_what_follows_in_another_format_is_left_to_the_next_event() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        first = house.open_event()
        house.recorder.extend(first.id, house.clock.now() + seconds(30))
        await house.film(8)
        house.connect(OTHER_FORMAT)
        house.close_event(first, house.clock.now() + seconds(0.5))
        await house.film(8)
        second = house.open_event(EventId("front-door-2"), pre_roll=5.0)
        house.recorder.extend(second.id, house.clock.now() + seconds(2))
        await house.film(12)
        house.close_event(second)
        await house.recorder.drained()
        await house.rows.settled()
        for event, fmt in ((first, FORMAT), (second, OTHER_FORMAT)):
            recording = kept(house, event).recording
            assert recording is not None
            assert house.read_back(recording.key).format == fmt
            assert recording.seconds > 3

    in_house(act)


def test_of_a_format_that_is_seconds_old_the_one_of_the_sighting_counts() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        house.connect(OTHER_FORMAT)
        await house.film(2)  # its first second is still open
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(4))
        await house.film(16)
        house.close_event(event)
        await house.recorder.drained()
        await house.rows.settled()
        recording = kept(house, event).recording
        assert recording is not None
        assert house.read_back(recording.key).format == OTHER_FORMAT
        assert recording.starts_at <= event.started_at < recording.ends_at

    in_house(act)


def test_of_a_camera_that_is_gone_for_long_a_press_records_no_old_video() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        house.camera.end()
        await house.clock.sleep(60.0)
        event = house.open_event()
        house.close_event(event, house.clock.now() + seconds(5))
        await house.recorder.drained()
        await house.rows.settled()
        row = kept(house, event)
        assert row.recording is None
        assert row.ended_at is not None
        assert house.keys() == []

    in_house(act)


def test_where_the_camera_comes_back_in_time_the_recording_begins_with_what_is_new() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        house.camera.end()
        await house.clock.sleep(60.0)
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(10))
        await house.clock.sleep(2.0)
        house.connect()
        await house.film(12)
        house.close_event(event)
        await house.recorder.drained()
        await house.rows.settled()
        row = kept(house, event)
        assert row.recording is not None
        assert row.recording.starts_at > row.started_at
        assert row.pre_roll_seconds == 0.0
        assert len({segment.connection for segment in segments_in(house, row.recording.key)}) == 1

    in_house(act)


def test_a_full_store_leaves_one_file_and_not_one_for_each_try() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        house.store.fails = lambda: house.store.calls[-1] == "append"
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(30))
        await house.film(40)
        assert [problem.key for problem in house.health.problems()] == ["store"]
        assert len(house.keys()) == 1
        house.store.fails = lambda: False
        await house.film(16)
        assert house.health.problems() == []
        house.close_event(event)
        await house.recorder.drained()
        assert len(house.keys()) == 1
        assert starts(house, house.keys()[0]) == [
            float(second) for second in range(len(starts(house, house.keys()[0])))
        ]

    in_house(act)


def test_a_recording_of_which_nothing_was_there_leaves_neither_file_nor_row() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        house.store.fails = lambda: house.store.calls[-1] == "append"
        event = house.open_event()
        house.close_event(event, house.clock.now())
        await house.clock.sleep(3.0)
        assert len(house.keys()) == 1
        for shelved in house.shelf.reindex():
            for segment in shelved.segments:
                house.shelf.remove(segment)
        house.store.fails = lambda: False
        await house.recorder.drained()
        await house.rows.settled()
        assert kept(house, event).recording is None
        assert house.keys() == []
        (gap,) = house.catalog.gaps(event.camera, event.started_at - seconds(60), house.clock.now())
        assert gap.ends_at == event.started_at
        assert gap.reason.startswith("it could not be written")

    in_house(act)


def test_a_failure_that_nobody_can_meet_any_more_is_not_told_for_ever() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        house.store.fails = lambda: True
        event = house.open_event()
        house.close_event(event, house.clock.now())
        await house.clock.sleep(3.0)
        for shelved in house.shelf.reindex():
            for segment in shelved.segments:
                house.shelf.remove(segment)
        await house.recorder.drained()
        assert [problem.key for problem in house.health.problems()] == ["store"]
        await house.clock.sleep(SHOWN_SECONDS)
        assert house.health.problems() == []

    in_house(act)


def test_segments_that_fell_out_while_the_store_failed_are_missed_and_the_rest_is_kept() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(60))
        await house.film(4)
        house.store.fails = lambda: True
        await house.film(80)
        house.store.fails = lambda: False
        await house.film(20)
        house.close_event(event)
        await house.recorder.drained()
        await house.rows.settled()
        recording = kept(house, event).recording
        assert recording is not None
        segments = segments_in(house, recording.key)
        before, after = max(pairwise(segments), key=lambda two: two[1].starts_at - two[0].ends_at)
        assert (after.starts_at - before.ends_at).total_seconds() > 5
        (gap,) = house.catalog.gaps(event.camera, event.started_at, house.clock.now())
        assert (gap.starts_at, gap.ends_at) == (before.ends_at, after.starts_at)
        assert gap.reason == "it could not be written: There is no space left for recordings"
        assert recording.seconds == pytest.approx((house.clock.now() - recording.starts_at).total_seconds(), abs=10)

    in_house(act, buffer=RollingBuffer(10.0, 10_000_000))


def test_one_recording_that_fails_holds_up_no_other() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        first = house.open_event()
        house.recorder.extend(first.id, house.clock.now() + seconds(2))
        await house.film(4)
        house.store.fails = lambda: house.store.calls[-1] == "close" and house.recorder._jobs[0].event == first.id
        house.close_event(first)
        second = house.open_event(EventId("front-door-2"))
        house.recorder.extend(second.id, house.clock.now() + seconds(2))
        await house.film(12)
        row = kept(house, second)
        assert row.recording is not None
        house.store.fails = lambda: False
        house.close_event(second)
        await house.recorder.drained()

    in_house(act)


def test_a_clock_that_is_set_back_in_mid_event_loses_no_segment() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        event = house.open_event()
        house.recorder.extend(event.id, house.clock.now() + seconds(30))
        await house.film(8)
        house.clock._now -= seconds(2.5)
        await house.film(20)
        ended_at = house.clock.now()
        house.close_event(event)
        await house.recorder.drained()
        recorded = segments_in(house, house.keys()[0])
        key = house.keys()[0]
        pictures = [int(found) for found in PICTURE.findall(house.store.read(key, 0, house.store.size(key)))]
        assert pictures == list(range(pictures[0], pictures[-1] + 250, 250))
        assert recorded[-1].ends_at >= ended_at - seconds(1.1)
        assert all(two.starts_at >= one.ends_at for one, two in pairwise(recorded)), "clips are cut by these times"

    in_house(act)


def test_the_clip_of_an_event_in_whose_midst_the_clock_is_set_back_plays() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(40)
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
        assert row.recording is not None
        assert row.recording.ends_at == row.ended_at
        clip = await RecordedClips(house.store, {}, house.clock).of_event(row)
        assert (clip.ends_at - clip.starts_at).total_seconds() == pytest.approx(6.0, abs=0.26)

    in_house(act)


def test_two_recordings_of_one_second_have_two_names() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        await house.film(20)
        first = house.open_event()
        second = house.open_event(EventId("front-door-2"))
        await turns()
        house.close_event(first)
        house.close_event(second)
        await house.film(8)
        await house.recorder.drained()
        assert len(house.keys()) == 2
        assert house.keys()[1].endswith("_2.mp4")

    in_house(act)


# --------------------------------------------------------------------------------------------------- random streams


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[str, int]]:
    """What happens to a camera while an event runs: it films, is lost and comes back, the store fails and recovers."""
    steps = st.one_of(
        st.tuples(st.just("film"), st.integers(1, 9)),
        st.tuples(st.just("lost"), st.integers(0, 3)),
        st.tuples(st.just("rest"), st.integers(0, 2)),
        st.tuples(st.just("extend"), st.integers(0, 4)),
    )
    return draw(st.lists(steps, min_size=1, max_size=25))


@given(life=lives(), failures=st.lists(st.booleans(), max_size=60), key_every=st.integers(1, 9))
@settings(max_examples=150, deadline=None)
def test_every_wanted_segment_is_in_the_file_once_and_in_order(
    life: list[tuple[str, int]], failures: list[bool], key_every: int
) -> None:
    async def act(house: RecordingHouse) -> None:
        weather = iter(failures)
        house.store.fails = lambda: next(weather, False)
        house.connect()
        await house.film(13, key_every=key_every)
        event = house.open_event()
        wanted_from, until = event.started_at - seconds(2), house.clock.now() + seconds(1)
        house.recorder.extend(event.id, until)
        for what, count in life:
            match what:
                case "film":
                    await house.film(count, key_every=key_every)
                case "lost":
                    house.camera.end()
                    await house.clock.sleep(float(count))
                    house.connect()
                case "rest":
                    await turns(count)
                case _:
                    until = max(until, house.clock.now() + seconds(count))
                    house.recorder.extend(event.id, until)
        house.camera.end()
        house.close_event(event, until)
        await house.recorder.drained()
        await house.rows.settled()
        (key,) = house.keys()
        recorded = [segment.starts_at for segment in segments_in(house, key)]
        held = house.buffer.since_key_frame_before(wanted_from)
        assert recorded == [segment.starts_at for segment in held if segment.starts_at < until]
        row = kept(house, event)
        assert row.recording is not None
        assert row.recording.size == house.store.size(key)

    in_house(act)


def test_what_is_of_no_segment_is_told_by_the_buffer() -> None:
    async def act(house: RecordingHouse) -> None:
        house.connect()
        house.camera.take(Packet(b"p", 0, 0, 40, key=True, arrived=house.clock.monotonic()))
        house.camera.end()
        newest = house.buffer.newest
        assert newest is not None
        assert newest.camera == CAMERA
        with pytest.raises(BlobMissing):
            house.camera.read(newest, 0, newest.size + 1)

    in_house(act)


def test_it_says_whether_it_records() -> None:
    async def act(house: RecordingHouse) -> list[bool]:
        said = [house.recorder.recording]
        house.connect()
        await house.film(9)
        event = house.open_event(EVENT)
        said.append(house.recorder.recording)
        house.close_event(event)
        await house.film(9)
        await house.recorder.drained()
        return [*said, house.recorder.recording]

    assert in_house(act) == [False, True, False]
