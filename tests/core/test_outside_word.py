"""Which times from outside are believed, who speaks from two places, and how often somebody may."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.outside_word import LATEST, MOST_PLACES, MOST_SENDERS, Places, believed
from doorstep.core.pace import MOST_REMEMBERED, Buckets, Pace

NOW = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)


@given(ago=st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_a_time_of_the_last_minutes_is_believed_and_any_other_means_now(ago: timedelta) -> None:
    at = NOW - ago
    assert believed(at, NOW) == (at if timedelta() <= ago <= LATEST else NOW)
    assert believed(None, NOW) == NOW


def test_a_sender_that_moves_is_one_and_two_that_take_turns_are_two() -> None:
    places = Places()
    assert not places.spoke("t", "192.0.2.1", 0)
    assert not places.spoke("t", "192.0.2.1", 1)
    assert not places.spoke("t", "192.0.2.2", 2)
    assert not places.spoke("t", "192.0.2.2", 3)
    assert places.spoke("t", "192.0.2.1", 4)
    assert not places.spoke("other", "192.0.2.9", 5)


def test_who_comes_back_after_an_hour_is_one() -> None:
    places = Places()
    assert not places.spoke("t", "192.0.2.1", 0)
    assert not places.spoke("t", "192.0.2.2", 3600)
    assert not places.spoke("t", "192.0.2.1", 7200)


def test_what_is_remembered_of_places_is_bounded() -> None:
    places = Places()
    for number in range(2000):
        places.spoke(f"t{number}", "192.0.2.1", number)
        places.spoke("one", f"198.51.100.{number}", number / 1000)
    assert len(places._seen) <= MOST_SENDERS
    assert all(len(times) <= MOST_PLACES for _, times in places._seen.values())


@given(
    gaps=st.lists(st.floats(0.0, 5.0), max_size=300), burst=st.integers(1, 30), per_second=st.sampled_from([0.2, 1, 5])
)
def test_in_no_span_more_may_than_burst_and_pace(gaps: list[float], burst: int, per_second: float) -> None:
    buckets, at, may = Buckets(Pace(burst, per_second)), 100.0, list[float]()
    for gap in gaps:
        at += gap
        if not buckets.wait(("a", "b"), at):
            may.append(at)
    for number, first in enumerate(may):
        for count, last in enumerate(may[number:], 1):
            assert count <= burst + (last - first) * per_second + 1e-6


def test_who_waits_as_long_as_told_may_again() -> None:
    buckets = Buckets(Pace(2, 0.5))
    assert [buckets.wait(("a",), 0.0) for _ in range(2)] == [0.0, 0.0]
    wait = buckets.wait(("a",), 0.0)
    assert wait == 2.0
    assert buckets.wait(("a",), 1.9) > 0
    assert buckets.wait(("a",), 2.0) == 0
    assert buckets.wait(("b",), 0.0) == 0


def test_what_is_remembered_of_rates_is_bounded() -> None:
    buckets = Buckets(Pace(1, 1.0))
    for number in range(5000):
        buckets.wait((str(number),), number)
    assert len(buckets._left) == MOST_REMEMBERED
