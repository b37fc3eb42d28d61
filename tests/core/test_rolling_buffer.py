"""What the rolling buffer holds, what falls out of it, and what is found in it."""

from datetime import datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from doorstep.core.clock_state import Dating
from doorstep.core.rolling_buffer import WAITING_PART, RollingBuffer
from doorstep.core.segment import ConnectionId, Segment
from fakes.footage import CONNECTION, NOON, bare_segment, seconds

PLENTY = 10**9


def filled(count: int, *, most_seconds: float = 900, max_bytes: int = PLENTY, key_every: int = 1) -> RollingBuffer:
    """Segments 0, 1, 2 ... of a second each, from noon on."""
    buffer = RollingBuffer(most_seconds, max_bytes)
    for number in range(count):
        keys = b"\1\0\0\0" if number % key_every == 0 else bytes(4)
        buffer.append(bare_segment(number, at=number, keys=keys))
    return buffer


def numbers(segments: tuple[Segment, ...]) -> list[int]:
    return [segment.sequence for segment in segments]


def at(second: float) -> datetime:
    return NOON + seconds(second)


def test_an_empty_buffer_holds_nothing() -> None:
    buffer = RollingBuffer(10, PLENTY)

    assert buffer.oldest is buffer.newest is None
    assert (len(buffer), buffer.size, buffer.seconds) == (0, 0, 0.0)
    assert buffer.between(NOON, at(10)) == buffer.since_key_frame_before(NOON) == buffer.drop_oldest(3) == ()


def test_the_last_minutes_stay_and_the_oldest_falls_out() -> None:
    buffer = filled(900)

    fallen = buffer.append(bare_segment(900, at=900))

    assert numbers(fallen) == [0]
    assert (len(buffer), round(buffer.seconds, 6), buffer.size) == (900, 900, 900 * 400)
    assert buffer.oldest is not None
    assert buffer.oldest.sequence == 1


def test_what_fits_is_known_also_where_it_is_only_a_few_seconds() -> None:
    buffer = RollingBuffer(900, 1000)
    for number in range(2):
        buffer.append(bare_segment(number, at=number))
        assert buffer.fitting_seconds is None
    buffer.append(bare_segment(2, at=2))
    assert buffer.seconds == pytest.approx(2)
    assert buffer.fitting_seconds == pytest.approx(2.5)


def test_as_much_as_was_asked_for_stays_when_segments_are_uneven() -> None:
    buffer = RollingBuffer(2.0, PLENTY)
    for number in range(4):
        buffer.append(bare_segment(number, at=number * 0.75, durations=(750,)))

    assert buffer.seconds == pytest.approx(2.25)


def test_bytes_bound_the_buffer_too() -> None:
    buffer = filled(5, max_bytes=1300)

    assert (len(buffer), buffer.size) == (3, 1200)


def test_a_bound_that_was_lowered_holds_from_the_next_segment_on() -> None:
    buffer = filled(5)
    buffer.limit(1300)

    assert numbers(buffer.append(bare_segment(5, at=5))) == [0, 1, 2]
    assert buffer.size == 1200


def test_the_newest_segment_always_stays() -> None:
    buffer = filled(2)

    fallen = buffer.append(bare_segment(2, at=2, size=2 * PLENTY))

    assert numbers(fallen) == [0, 1]
    assert len(buffer) == 1


def test_a_clock_that_is_set_does_not_empty_the_buffer() -> None:
    buffer = filled(5, most_seconds=10)

    assert buffer.append(bare_segment(5, at=3600)) == ()
    assert buffer.append(bare_segment(6, at=-3600)) == ()


def test_room_can_be_made_before_its_time() -> None:
    buffer = filled(5)

    assert numbers(buffer.drop_oldest(2)) == [0, 1]
    assert numbers(buffer.drop_oldest(10)) == [2, 3]
    assert buffer.newest is not None
    assert (buffer.newest.sequence, buffer.size, round(buffer.seconds, 6)) == (4, 400, 1)


def test_between_finds_what_overlaps() -> None:
    buffer = filled(10)

    assert numbers(buffer.between(at(2), at(4))) == [2, 3]
    assert numbers(buffer.between(at(2.5), at(2.6))) == [2]
    assert numbers(buffer.between(at(-5), at(1.001))) == [0, 1]
    assert buffer.between(at(10), at(20)) == ()


def test_between_finds_pictures_that_are_shown_in_another_second_than_decoded() -> None:
    buffer = RollingBuffer(10, PLENTY)
    buffer.append(bare_segment(1, at=0, durations=(500, 500), offsets=(0, 600)))
    buffer.append(bare_segment(2, at=5, durations=(500, 500), offsets=(-300, 0)))

    assert numbers(buffer.between(at(1.2), at(1.3))) == [1]
    assert numbers(buffer.between(at(4.8), at(4.9))) == [2]


def test_a_clip_can_begin_with_the_key_frame_before_an_instant() -> None:
    buffer = filled(10, key_every=4)

    assert numbers(buffer.since_key_frame_before(at(7.9))) == [4, 5, 6, 7, 8, 9]
    assert numbers(buffer.since_key_frame_before(at(8))) == [8, 9]


def test_a_key_frame_in_the_middle_of_a_segment_counts_from_when_it_is_shown() -> None:
    buffer = filled(3)
    buffer.append(bare_segment(3, at=3, keys=b"\0\0\1\0", offsets=(0, 0, 100, 0)))

    assert numbers(buffer.since_key_frame_before(at(3.59))) == [2, 3]
    assert numbers(buffer.since_key_frame_before(at(3.6))) == [3]


def test_without_an_older_key_frame_the_oldest_one_begins() -> None:
    buffer = RollingBuffer(100, PLENTY)
    buffer.append(bare_segment(0, at=0, keys=bytes(4)))
    assert buffer.since_key_frame_before(at(5)) == ()
    buffer.append(bare_segment(1, at=1))
    buffer.append(bare_segment(2, at=2))

    assert numbers(buffer.since_key_frame_before(at(-60))) == [1, 2]


def test_newer_connections_are_included() -> None:
    buffer = filled(3)
    buffer.append(bare_segment(1, at=10, connection=ConnectionId("second")))

    assert numbers(buffer.since_key_frame_before(at(1.5))) == [1, 2, 1]
    assert buffer.connections == {CONNECTION, "second"}


def test_what_is_being_read_is_not_returned_until_it_is_unpinned() -> None:
    buffer = filled(3, most_seconds=3)
    read = buffer.between(at(0), at(2))
    buffer.pin(read)
    buffer.pin(read[:1])

    assert buffer.append(bare_segment(3, at=3)) == ()
    assert numbers(buffer.append(bare_segment(4, at=4))) == []
    assert numbers(buffer.append(bare_segment(5, at=5))) == [2]
    assert (buffer.waiting_size, buffer.size) == (800, 1200)

    buffer.unpin(read)
    assert numbers(buffer.append(bare_segment(6, at=6))) == [1, 3]
    buffer.unpin(read[:1])
    assert numbers(buffer.append(bare_segment(7, at=7))) == [0, 4]
    assert buffer.waiting_size == 0


def test_a_bound_that_was_lowered_holds_at_once_where_nothing_comes_any_more() -> None:
    buffer = filled(5)
    buffer.limit(900)

    assert numbers(buffer.overflow()) == [0, 1, 2]
    assert (buffer.size, buffer.overflow()) == (800, ())


def test_a_slow_reader_does_not_make_the_buffer_grow() -> None:
    buffer = filled(14, max_bytes=14 * 400)
    buffer.pin(buffer.between(at(0), at(14)))

    for number in range(14, 17):
        fallen = buffer.append(bare_segment(number, at=number))
    assert numbers(fallen) == [0]  # two wait for the reader, a third does not
    assert (buffer.size, buffer.waiting_size) == (14 * 400, 2 * 400)
    buffer.unpin([bare_segment(0, at=0)])
    assert numbers(buffer.append(bare_segment(17, at=17))) == [1]


@pytest.mark.parametrize("by", [86_397, -3600])
def test_what_is_held_is_dated_when_the_clock_is_set(by: float) -> None:
    buffer = filled(3)
    buffer.redate(Dating(seconds(by)))
    buffer.append(bare_segment(3, at=by + 3))

    assert numbers(buffer.between(at(by), at(by + 4))) == [0, 1, 2, 3]
    assert buffer.oldest is not None
    assert buffer.oldest.starts_at == at(by)
    assert buffer.between(at(0), at(10)) == ()


def test_a_connection_is_there_until_its_last_bytes_may_go() -> None:
    buffer = filled(1, most_seconds=1)
    read = buffer.between(at(0), at(1))
    buffer.pin(read)
    second = ConnectionId("second")
    buffer.append(bare_segment(1, at=1, connection=second))

    assert buffer.connections == {CONNECTION, second}
    buffer.unpin(read)
    assert buffer.connections == {CONNECTION, second}
    assert numbers(buffer.append(bare_segment(2, at=2, connection=second))) == [0, 1]
    assert buffer.connections == {second}


def test_unpinning_what_is_still_held_returns_nothing() -> None:
    buffer = filled(2)
    held = buffer.between(at(0), at(1))
    buffer.pin(held)
    buffer.unpin(held)

    assert buffer.append(bare_segment(2, at=2)) == ()


def test_unpinning_what_nobody_pinned_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        filled(1).unpin([bare_segment(0)])


def test_what_a_shelf_kept_is_restored_in_the_order_of_time() -> None:
    buffer = RollingBuffer(2, PLENTY)

    fallen = buffer.restore([bare_segment(number, at=number) for number in (2, 0, 1)])

    assert numbers(fallen) == [0]
    assert numbers(buffer.between(at(0), at(10))) == [1, 2]


def test_a_clock_that_was_set_back_does_not_make_the_newest_the_first_to_go() -> None:
    buffer = RollingBuffer(4, PLENTY)
    kept = [bare_segment(number, at=3600 + number) for number in range(3)]
    kept += [bare_segment(number, at=number) for number in range(3, 6)]
    later = bare_segment(1, at=3700, connection=ConnectionId("later"))

    fallen = buffer.restore([later, *reversed(kept)])

    assert numbers(fallen) == [0, 1, 2]
    assert buffer.newest == later


class BufferRules(RuleBasedStateMachine):
    """Every segment is held, waits because it is pinned, or was returned exactly once; few wait."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = RollingBuffer(5.0, 3000)
        self.added = 0
        self.clock = 0
        self.returned: list[int] = []
        self.sizes: dict[int, int] = {}
        self.pins: list[tuple[Segment, ...]] = []

    @rule(duration=st.integers(1, 3000), size=st.integers(1, 4000))
    def append(self, duration: int, size: int) -> None:
        segment = bare_segment(self.added, at=self.clock / 1000, durations=(duration,), size=size)
        self.clock += duration
        self.sizes[self.added] = segment.size
        self.added += 1
        self.returned += numbers(self.buffer.append(segment))

    @rule(count=st.integers(0, 3))
    def drop(self, count: int) -> None:
        self.returned += numbers(self.buffer.drop_oldest(count))

    @rule(since=st.floats(0, 20))
    def pin(self, since: float) -> None:
        segments = self.buffer.since_key_frame_before(at(since))
        self.buffer.pin(segments)
        self.pins.append(segments)

    @precondition(lambda self: self.pins)
    @rule(which=st.integers(0, 100))
    def unpin(self, which: int) -> None:
        self.buffer.unpin(self.pins.pop(which % len(self.pins)))

    @invariant()
    def nothing_is_lost(self) -> None:
        held = numbers(self.buffer.between(at(-1), at(1e6)))
        pinned = {segment.sequence for segments in self.pins for segment in segments}
        assert len(set(self.returned)) == len(self.returned)
        waiting = pinned - set(self.returned) - set(held)
        assert sum(self.sizes[number] for number in waiting) == self.buffer.waiting_size <= 3000 // WAITING_PART
        assert not set(held) & set(self.returned)
        assert held == list(range(self.added - len(held), self.added))

    @invariant()
    def bounds_hold(self) -> None:
        oldest = self.buffer.oldest
        if oldest is not None and len(self.buffer) > 1:
            assert self.buffer.size <= 3000
            assert self.buffer.seconds - oldest.duration / 1000 < 5.0


TestBufferRules = BufferRules.TestCase
TestBufferRules.settings = settings(max_examples=60, stateful_step_count=30)


def test_what_was_held_before_the_clock_was_set_back_leads_in_to_nothing_after_that() -> None:
    buffer = RollingBuffer(100_000, PLENTY)
    for number, moment in enumerate((3600, 3601, 3602, 0, 1, 2)):
        buffer.append(bare_segment(number, at=moment))
    assert numbers(buffer.since_key_frame_before(at(-2))) == [3, 4, 5]
    assert numbers(buffer.since_key_frame_before(at(1.5))) == [4, 5]


def test_what_lies_before_a_hole_is_had_by_whoever_asks_for_it_and_leads_in_to_nothing_behind_it() -> None:
    buffer = RollingBuffer(100_000, PLENTY)
    for number, moment in enumerate((0, 1, 3600, 3601)):
        buffer.append(bare_segment(number, at=moment))
    assert numbers(buffer.since_key_frame_before(at(3598))) == [2, 3]
    assert numbers(buffer.since_key_frame_before(at(1.5))) == [1, 2, 3]
