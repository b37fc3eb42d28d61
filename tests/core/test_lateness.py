"""Counts of how late the loop was."""

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.lateness import BOUNDS, Lateness

TIMES = st.lists(st.floats(-0.01, 5.0), max_size=100)


@given(TIMES)
def test_each_bucket_counts_all_that_were_not_later(times: list[float]) -> None:
    lateness = Lateness()
    for seconds in times:
        lateness.observe(seconds)
    steps = lateness.cumulative()
    assert [bound for bound, _ in steps] == [*BOUNDS, float("inf")]
    assert all(count == sum(1 for one in times if max(0.0, one) <= bound) for bound, count in steps)


@given(TIMES.filter(bool), st.floats(0.01, 1.0))
def test_a_quantile_is_never_less_than_the_truth(times: list[float], part: float) -> None:
    lateness = Lateness()
    for seconds in times:
        lateness.observe(seconds)
    ordered = sorted(max(0.0, one) for one in times)
    truth = next(one for place, one in enumerate(ordered, 1) if place >= part * len(ordered))
    assert truth <= lateness.quantile(part) <= lateness.worst


def test_nothing_observed_is_not_late() -> None:
    assert Lateness().quantile(0.99) == 0.0
