"""When sound begins: rounding is taken back, holes and clocks that jump are believed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.media.audio_times import AudioTimes

RATE, FRAME = 44_100, 1024


@pytest.mark.parametrize("timescale", [1000, 90_000])
def test_what_a_container_rounded_is_even_again(timescale: int) -> None:
    times = AudioTimes(RATE, FRAME)

    placed = [times.place(int(n * FRAME * timescale / RATE) * RATE // timescale) for n in range(500)]

    assert [b - a for a, b in pairwise([one for one in placed if one is not None])] == [FRAME] * 499


def test_a_hole_stays_a_hole() -> None:
    times = AudioTimes(RATE, FRAME)

    assert [times.place(pts) for pts in (0, 1024, 5000, 6030)] == [0, 1024, 5000, 6024]


def test_without_a_time_it_follows_the_last() -> None:
    times = AudioTimes(RATE, FRAME)

    assert [times.place(pts) for pts in (None, 100, None, 2148)] == [None, 100, 1124, 2148]


def test_what_comes_again_is_left_out_and_a_new_clock_is_followed() -> None:
    times = AudioTimes(RATE, FRAME)

    assert [times.place(pts) for pts in (RATE * 9, RATE * 8, RATE * 3)] == [RATE * 9, None, RATE * 3]


@given(st.lists(st.one_of(st.none(), st.integers(0, 4 * RATE)), max_size=50))
def test_times_rise_whatever_a_container_says(told: list[int | None]) -> None:
    times = AudioTimes(RATE, FRAME)

    placed = [one for pts in told if (one := times.place(pts)) is not None]

    assert all(a < b or a - b > 4 * RATE for a, b in pairwise(placed))
