"""Which instants a sheet of previews shows, and which key frame stands for an instant."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.past_picture import LONGEST_GOP, PreviewGrid, grid_of, key_sample_at, key_samples, rows_of
from doorstep.core.segment import ConnectionId
from fakes.footage import NOON, bare_segment, seconds

KEYLESS = bytes(4)


def test_a_grid_begins_at_a_multiple_of_its_step() -> None:
    grid = grid_of(NOON + seconds(17.5), 10, 3)
    assert grid.instants == (NOON + seconds(10), NOON + seconds(20), NOON + seconds(30))


@given(st.integers(-(10**9), 10**9), st.integers(1, 3600), st.integers(1, 60))
def test_neighbouring_wishes_share_their_grid(offset: int, every: int, count: int) -> None:
    since = NOON + timedelta(milliseconds=offset)
    grid = grid_of(since, every, count)
    assert grid.since <= since < grid.since + timedelta(seconds=every)
    assert grid_of(grid.since + timedelta(seconds=every * 0.5), every, count) == grid
    assert len(grid.instants) == count


@pytest.mark.parametrize(("every", "count"), [(0, 1), (-1, 1), (3601, 1), (10, 0), (10, 61)])
def test_a_sheet_is_bounded(every: int, count: int) -> None:
    with pytest.raises(ValueError, match="apart"):
        grid_of(NOON, every, count)
    with pytest.raises(ValueError, match="apart"):
        PreviewGrid(NOON, every, count)


def test_the_nearest_key_frame_at_or_before_stands_for_an_instant() -> None:
    line = [bare_segment(number + 1, at=number) for number in range(5)]
    found = key_sample_at(line, NOON + seconds(3.7))
    assert found is not None
    assert (found.segment, found.shown_at) == (line[3], NOON + seconds(3))
    assert (found.offset, found.size) == (100, 100)


def test_a_key_frame_far_before_serves_a_long_gop() -> None:
    line = [bare_segment(number + 1, at=number, keys=KEYLESS if number else None) for number in range(10)]
    found = key_sample_at(line, NOON + seconds(9.5))
    assert found is not None
    assert found.shown_at == NOON


def test_nothing_stands_for_an_instant_in_a_gap() -> None:
    before, behind = bare_segment(1, at=0), bare_segment(2, at=30)
    assert key_sample_at([before, behind], NOON + seconds(15)) is None
    assert key_sample_at([], NOON) is None


def test_the_first_picture_stands_for_the_moment_before_it() -> None:
    late = bare_segment(1, at=10, offsets=(80, 80, 80, 80))
    found = key_sample_at([late], NOON + seconds(10))
    assert found is not None
    assert found.shown_at == NOON + seconds(10.08)


def test_no_picture_of_another_connection_is_taken_for_this_one() -> None:
    old = bare_segment(1, at=0)
    new = bare_segment(1, at=4, keys=KEYLESS, connection=ConnectionId("later"))
    assert key_sample_at([old, new], NOON + seconds(4.5)) is None


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=30), st.floats(0, 60))
def test_what_is_shown_lies_near_and_is_a_key_frame(line: list[tuple[int, bool]], at: float) -> None:
    rows = enumerate(line)
    segments = [bare_segment(number, at=begin, keys=None if key else KEYLESS) for number, (begin, key) in rows]
    instant = NOON + seconds(at)
    found = key_sample_at(segments, instant)
    if found is not None:
        assert instant - LONGEST_GOP <= found.shown_at <= instant + seconds(1.5)
        assert found in list(key_samples(found.segment))
        later = [key for one in segments for key in key_samples(one) if found.shown_at < key.shown_at <= instant]
        assert later == []


def test_a_sheet_has_as_many_rows_as_it_needs() -> None:
    assert [rows_of(range(count)) for count in (1, 6, 7, 60)] == [1, 1, 2, 10]
