"""A wall clock that is set while a camera runs: nothing is lost, and what was a guess is dated afterwards."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.clock_state import Dating
from doorstep.core.media import Packet
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.segment import Segment
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.shelves.memory import MemoryShelf
from fakes.footage import CAMERA, FORMAT, seconds
from fakes.instant_loop import LoopClock

HOUR = 3600.0
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Film:
    """A camera with a picture every quarter of a second, whose buffer holds ten minutes."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.shelf = MemoryShelf()
        self.camera = BufferedCamera(CAMERA, RollingBuffer(600.0, 10_000_000), self.shelf, self.clock)
        self.gaps: list[tuple[datetime, datetime]] = []
        self.camera.on_reanchor = lambda ended, begins: self.gaps.append((ended, begins))
        self._pictures = self._packets()
        self.camera.begin(FORMAT)

    def _packets(self) -> Iterator[Packet]:
        for dts in range(0, 10**9, 250):
            yield Packet(b"picture", dts, dts, 250, dts % 1000 == 0, self.clock.monotonic())

    def roll(self, count: int) -> None:
        for _ in range(count):
            self.camera.take(next(self._pictures))
            self.clock.advance(0.25)

    def held(self) -> list[Segment]:
        """In the order in which they came."""
        return list(self.camera.buffer.between(LONG_AGO - seconds(10 * HOUR), datetime(2100, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_clock_that_is_set_by_an_hour_loses_nothing_and_later_seconds_are_right(step: float) -> None:
    film = Film()
    film.roll(40)
    film.clock.set_wall(step)
    film.roll(41)
    film.camera.end()

    held = film.held()
    assert [segment.sequence for segment in held] == list(range(1, len(held) + 1))
    assert sum(len(segment.samples) for segment in held) == 81
    newest = held[-1]
    assert abs((newest.ends_at - film.clock.now()).total_seconds()) <= 0.3
    assert (
        sum(1 for before, after in pairwise(held) if abs((after.starts_at - before.ends_at).total_seconds()) > 1) == 1
    )
    assert len(film.gaps) == 1


@settings(max_examples=40)
@given(steps=st.lists(st.tuples(st.integers(1, 30), st.sampled_from([HOUR, -HOUR, 30.0, -30.0])), max_size=6))
def test_no_picture_is_lost_however_often_the_clock_is_set(steps: list[tuple[int, float]]) -> None:
    film, pictures = Film(), 8
    film.roll(8)
    for count, step in steps:
        film.clock.set_wall(step)
        film.roll(count)
        pictures += count
    film.camera.end()
    held = film.held()
    assert sum(len(segment.samples) for segment in held) == pictures
    for segment in held:
        assert len(film.camera.read(segment, 0, segment.size)) == segment.size


@pytest.mark.parametrize("guess_is_off_by", [86_400.0 * 300, 3.0, -3.0, -HOUR])
@pytest.mark.parametrize("into_the_second", [0, 1, 3])
def test_what_came_before_the_clock_was_set_is_dated_when_it_is(guess_is_off_by: float, into_the_second: int) -> None:
    """Without a hole and without an overlap, wherever in a second it is."""
    film = Film()
    since = film.clock.now()
    film.roll(40 + into_the_second)
    film.clock.set_wall(guess_is_off_by)
    film.camera.redate(Dating(seconds(guess_is_off_by)))
    film.roll(20)
    film.camera.end()

    held = film.held()
    assert held[0].starts_at == since + seconds(guess_is_off_by)
    for before, after in pairwise(held):
        assert abs((after.starts_at - before.ends_at).total_seconds()) < 0.01
    assert film.gaps == []  # nothing is missing, and nothing is said to be


def test_fewer_bytes_hold_at_once_also_where_nothing_comes_any_more() -> None:
    film = Film()
    film.roll(41)
    held = film.held()
    film.camera.limit(sum(segment.size for segment in held[-3:]))
    assert film.held() == held[-3:]
    assert [shelved.segments for shelved in film.shelf.reindex()] == [tuple(held[-3:])]


@pytest.mark.parametrize("step", [HOUR, -HOUR, 30.0])
def test_the_second_after_a_step_is_of_the_time_that_the_clock_shows_now(step: float) -> None:
    """Not seconds later: an event that begins then needs its video."""
    film = Film()
    film.roll(41)
    film.clock.set_wall(step)
    film.roll(8)
    (gap,) = film.gaps
    assert gap[1] - gap[0] == seconds(step)
    assert abs((film.held()[-1].ends_at - film.clock.now()).total_seconds()) <= 1.3
