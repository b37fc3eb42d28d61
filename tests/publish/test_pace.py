"""What waited goes out quickly, and not all at once; what is filmed now never waits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.publish.pace import NEGLIGIBLE_SECONDS, TIMES_AS_FAST, Pace


def seconds_for(times: list[int]) -> float:
    """How long it takes to send packets that all wait."""
    pace, at = Pace(), 100.0
    for time in times:
        at += pace.wait(time, at)
    return at - 100.0


def test_a_minute_that_waited_takes_an_eighth_of_it() -> None:
    assert seconds_for([40 * number for number in range(1500)]) == pytest.approx(60 / TIMES_AS_FAST, rel=0.01)


def test_a_hole_in_the_times_is_not_waited_for() -> None:
    assert seconds_for([0, 3_600_000, 3_600_040]) < 0.2


def test_sound_that_stands_before_the_picture_costs_nothing() -> None:
    picture = [40 * number for number in range(250)]
    both = [time for each in picture for time in (each, max(0, each - 30))]
    assert seconds_for(both) == pytest.approx(seconds_for(picture), rel=0.01)


@given(st.lists(st.integers(15, 2000), min_size=1))
def test_what_is_sent_as_it_is_filmed_never_waits(steps: list[int]) -> None:
    pace, time = Pace(), 0
    for step in steps:
        time += step
        assert pace.wait(time, time / 1000) == 0.0


@given(st.lists(st.integers(0, 5000), min_size=1), st.floats(0.0, 1e6))
def test_no_packet_waits_longer_than_a_step(times: list[int], at: float) -> None:
    pace = Pace()
    for time in times:
        wait = pace.wait(time, at)
        assert wait == 0.0 or NEGLIGIBLE_SECONDS < wait <= 1 / TIMES_AS_FAST + NEGLIGIBLE_SECONDS + 1e-6
        at += wait
