"""Blocking calls, some at a time, with their results in order."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.stores.ordered_calls import in_order


@given(st.integers(0, 30), st.integers(1, 6))
def test_every_result_comes_once_and_in_order(count: int, at_once: int) -> None:
    assert list(in_order(lambda number: number * number, range(count), lambda: at_once)) == [
        number * number for number in range(count)
    ]


@given(st.integers(0, 20), st.lists(st.integers(0, 5), min_size=30, max_size=30))
def test_how_many_may_run_changes_on_the_way(count: int, at_once: list[int]) -> None:
    paces = iter(at_once)
    assert list(in_order(lambda number: number, range(count), lambda: next(paces))) == list(range(count))


def test_as_many_run_beside_each_other_as_may() -> None:
    all_here = threading.Barrier(3)

    def call(number: int) -> int:
        all_here.wait(30)  # whoever is alone waits in vain
        return number

    assert list(in_order(call, range(6), lambda: 3)) == list(range(6))


def test_one_at_a_time_means_so() -> None:
    running, most = 0, 0
    counting = threading.Lock()

    def call(number: int) -> int:
        nonlocal running, most
        with counting:
            running, most = running + 1, max(most, running + 1)
        with counting:
            running -= 1
        return number

    assert list(in_order(call, range(10), lambda: 1)) == list(range(10))
    assert most == 1


def test_the_first_that_fails_is_raised_once_the_others_have_ended() -> None:
    begun, ended = [], []

    def call(number: int) -> int:
        begun.append(number)
        if number == 1:
            msg = "no"
            raise ValueError(msg)
        ended.append(number)
        return number

    results = in_order(call, range(10), lambda: 4)
    assert next(results) == 0
    with pytest.raises(ValueError, match="no"):
        next(results)
    assert set(begun) - set(ended) == {1}
    assert set(begun) <= {0, 1, 2, 3, 4}
