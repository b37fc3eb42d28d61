"""Delays grow, stay bounded, and spread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.backoff import Backoff, delay_after, reconnect_delay


def test_delays_double_up_to_the_longest() -> None:
    backoff = Backoff(first=0.5, factor=2.0, longest=30.0)
    assert [backoff.next(1.0) for _ in range(9)] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_after_a_success_the_first_delay_comes_again() -> None:
    backoff = Backoff(first=0.5)
    backoff.next(1.0)
    backoff.next(1.0)
    backoff.reset()
    assert backoff.next(1.0) == 0.5


@pytest.mark.parametrize(("jitter", "delay"), [(0.0, 5.0), (0.5, 7.5), (1.0, 10.0)])
def test_jitter_chooses_between_half_and_whole(jitter: float, delay: float) -> None:
    assert delay_after(2, jitter, first=5.0, factor=2.0, longest=900.0) == delay


@given(st.integers(1, 10**9), st.floats(0.0, 1.0))
def test_no_delay_is_longer_than_the_longest_or_shorter_than_half_the_first(failures: int, jitter: float) -> None:
    assert 0.25 <= delay_after(failures, jitter, first=0.5, factor=2.0, longest=30.0) <= 30.0


@given(st.integers(1, 200), st.floats(0.0, 1.0))
def test_delays_never_shrink_while_it_fails(failures: int, jitter: float) -> None:
    before, after = (delay_after(n, jitter, first=0.5, factor=2.0, longest=30.0) for n in (failures, failures + 1))
    assert before <= after


@given(st.floats(0.0, 10.0), st.floats(0.0, 1.0))
def test_a_camera_that_was_just_lost_is_opened_again_within_a_second(out_for: float, jitter: float) -> None:
    assert 0.25 <= reconnect_delay(out_for, jitter) <= 1.0


@given(st.floats(0.0, 1e9), st.floats(0.0, 1.0))
def test_waiting_makes_no_outage_more_than_a_tenth_or_half_a_second_longer(out_for: float, jitter: float) -> None:
    assert reconnect_delay(out_for, jitter) <= min(max(0.5, out_for * 0.1), 30.0)
