"""When somebody who fails is asked again."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.breaker import Breaker


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker(failures=2, first=5.0, longest=60.0)
    breaker.failed(at, 1.0)
    breaker.failed(at, 1.0)
    return breaker


def test_one_failure_is_forgiven() -> None:
    breaker = Breaker(failures=2)
    breaker.failed(0.0, 1.0)
    assert breaker.admit(0.0)
    breaker.succeeded()
    breaker.failed(1.0, 1.0)
    assert breaker.admit(1.0)


def test_after_failures_in_a_row_nobody_asks_for_a_while_and_then_one_alone() -> None:
    breaker = opened()
    assert not breaker.admit(4.9)
    assert breaker.admit(5.0)
    assert not breaker.admit(5.1)


def test_a_good_trial_closes_it_and_a_bad_one_opens_it_for_longer() -> None:
    breaker = opened()
    assert breaker.admit(5.0)
    breaker.failed(5.0, 1.0)
    assert not breaker.admit(14.9)
    assert breaker.admit(15.0)
    breaker.succeeded()
    assert not breaker.is_open
    assert all(breaker.admit(15.0) for _ in range(3))


def test_who_asks_to_be_left_alone_is_left_alone_but_not_for_ever() -> None:
    breaker = Breaker(longest=60.0)
    breaker.failed(0.0, 0.0, least=9_999_999.0)
    assert not breaker.admit(59.0)
    assert breaker.admit(60.0)


def test_a_trial_of_which_nothing_is_heard_does_not_keep_it_open_for_ever() -> None:
    breaker = opened()
    assert breaker.admit(5.0)
    assert not breaker.admit(64.0)
    assert breaker.admit(65.0)


@given(st.lists(st.tuples(st.floats(0.0, 100.0), st.floats(0.0, 1.0)), max_size=40))
def test_a_dead_remote_is_asked_seldom_and_never_given_up(steps: list[tuple[float, float]]) -> None:
    breaker, now, asked = opened(), 0.0, [0.0]
    for wait, jitter in steps:
        now += wait
        if breaker.admit(now):
            asked.append(now)
            breaker.failed(now, jitter)
    assert all(later - earlier >= 2.5 for earlier, later in pairwise(asked))
    assert breaker.admit(now + 60.0)
