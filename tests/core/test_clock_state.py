"""Clocks that nobody set, clocks that jump, and what retention may do meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.clock_state import (
    AgeLimit,
    ClockReading,
    ClockState,
    Dating,
    clock_words,
    first_state,
    may_expire_by_age,
    next_age_limit,
    next_state,
)

NOON = datetime(2026, 10, 24, 12, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def reading(wall: datetime, monotonic: float, *, synchronised: bool | None = True) -> ClockReading:
    return ClockReading(wall, monotonic, synchronised)


def run(*readings: ClockReading) -> tuple[ClockState, list[Dating]]:
    """The last state, and every dating on the way."""
    state, datings = first_state(readings[0]), []
    for each in readings[1:]:
        state, dating = next_state(state, each)
        datings += [dating] if dating is not None else []
    return state, datings


def test_a_clock_that_is_well_lets_retention_go_on() -> None:
    state, datings = run(reading(NOON, 10), reading(NOON + HOUR, 3610))
    assert may_expire_by_age(state)
    assert clock_words(state) == ("", "")
    assert datings == []


def test_what_was_recorded_before_the_clock_was_set_is_dated_when_it_is() -> None:
    state, datings = run(
        reading(LONG_AGO, 5, synchronised=False),
        reading(LONG_AGO + timedelta(seconds=60), 65, synchronised=False),
        reading(NOON, 75),
    )
    (dating,) = datings
    picture = LONG_AGO + timedelta(seconds=30)
    assert dating.dated(picture) == NOON - timedelta(seconds=40)
    assert state.guessed_boot is None
    assert may_expire_by_age(state)


def test_a_guess_that_was_right_needs_no_correction() -> None:
    state, datings = run(reading(NOON, 5, synchronised=False), reading(NOON + timedelta(seconds=60.5), 65))
    assert datings == [Dating(timedelta(0))]
    assert state.guessed_boot is None


def test_a_boot_is_dated_once() -> None:
    state, _ = run(reading(LONG_AGO, 5, synchronised=False), reading(NOON, 75))
    assert next_state(state, reading(NOON + 2 * HOUR, 80))[1] is None


def test_a_guess_that_runs_a_little_slow_stays_until_the_clock_is_set() -> None:
    _, datings = run(
        reading(NOON, 0, synchronised=False),
        reading(NOON + timedelta(seconds=11), 10, synchronised=False),
        reading(NOON + timedelta(seconds=22), 20, synchronised=False),
        reading(NOON + timedelta(seconds=33), 30),
    )
    assert datings == [Dating(timedelta(seconds=3))]


@pytest.mark.parametrize("wall", [LONG_AGO, NOON - DAY, NOON + DAY])
def test_a_clock_that_begins_in_1970_guesses_that_it_is_later_than_all_that_was_recorded(wall: datetime) -> None:
    state = first_state(reading(wall, 5, synchronised=False), NOON)
    assert state.guessed_boot is not None
    guess = state.guessed_boot + timedelta(seconds=5)
    assert guess == (NOON + timedelta(seconds=1) if wall == LONG_AGO else wall)

    state, dating = next_state(state, reading(wall + timedelta(seconds=10), 15, synchronised=False))
    assert dating is None  # its own guess is no step
    state, dating = next_state(state, reading(NOON + 9 * DAY, 25))
    assert dating is not None
    assert dating.dated(guess) == NOON + 9 * DAY - timedelta(seconds=20)


def test_nothing_expires_by_age_and_the_owner_is_told_while_the_clock_is_not_set() -> None:
    state, _ = run(reading(LONG_AGO, 5, synchronised=False))
    assert not may_expire_by_age(state)
    assert "was not set" in clock_words(state)[0]


def test_a_clock_that_is_set_twice_dates_everything_twice() -> None:
    _, datings = run(
        reading(LONG_AGO, 0, synchronised=False),
        reading(NOON - HOUR, 10, synchronised=False),
        reading(NOON + timedelta(seconds=20), 20),
    )
    told = LONG_AGO + timedelta(seconds=3)
    for dating in datings:
        told = dating.dated(told)
    assert told == NOON + timedelta(seconds=3)


def test_losing_the_network_pauses_retention_and_redates_nothing() -> None:
    state, datings = run(reading(NOON, 5), reading(NOON + HOUR, 3605, synchronised=False))
    assert not may_expire_by_age(state)
    assert "no longer" in clock_words(state)[0]
    state, dating = next_state(state, reading(NOON + 2 * HOUR, 7205))
    assert (datings, dating, may_expire_by_age(state)) == ([], None, True)


def test_a_jump_of_more_than_an_hour_both_ways_rests_retention_for_a_day() -> None:
    for jump in (timedelta(hours=2), timedelta(hours=-2)):
        state, datings = run(reading(NOON, 5), reading(NOON + jump, 5))
        assert not may_expire_by_age(state)
        assert "more than an hour" in clock_words(state)[0]
        assert datings == []
        state, _ = next_state(state, reading(NOON + jump + DAY, 5 + 86_400))
        assert may_expire_by_age(state)


def test_a_night_in_which_summer_time_ends_is_no_jump() -> None:
    state, _ = run(*(reading(NOON + hour * HOUR, hour * 3600.0) for hour in range(24)))
    assert may_expire_by_age(state)


def test_a_kernel_that_cannot_tell_is_trusted() -> None:
    state, _ = run(reading(NOON, 5, synchronised=None))
    assert may_expire_by_age(state)


@given(
    steps=st.lists(st.tuples(st.floats(0.1, 5000), st.integers(-(10**9), 10**9), st.booleans()), max_size=8),
    told_at=st.integers(0, 8),
)
def test_what_is_told_at_any_time_is_right_in_the_end(steps: list[tuple[float, int, bool]], told_at: int) -> None:
    """Whoever keeps to the guess, and follows each Dating, comes to the time of the clock that is set at last."""
    truth, now = NOON, 10.0
    state = first_state(reading(LONG_AGO, now, synchronised=False))
    told: tuple[datetime, float] | None = None
    for number, (passed, wall, is_set) in enumerate([*steps, (1.0, 0, True)]):
        now += passed
        last = is_set or number == len(steps)
        wall_now = truth + timedelta(seconds=now) if last else LONG_AGO + timedelta(seconds=2 * 10**9 + wall)
        state, dating = next_state(state, reading(wall_now, now, synchronised=last))
        if told is not None and dating is not None:
            told = dating.dated(told[0]), told[1]
        if last:
            break
        if number <= told_at and told is None and state.guessed_boot is not None:
            told = state.guessed_boot + timedelta(seconds=now), now
    assert state.guessed_boot is None
    if told is not None:
        assert abs(told[0] - (truth + timedelta(seconds=told[1]))) <= timedelta(seconds=2.001)


@given(
    guess=st.integers(-(10**9), 10**9),
    asked=st.floats(0, 1000),
    between=st.lists(st.floats(0, 1000), max_size=5).map(sorted),
)
def test_every_guess_is_dated_as_the_set_clock_would_have_told_it(
    guess: int, asked: float, between: list[float]
) -> None:
    began = NOON + timedelta(seconds=guess)
    guesses = [reading(began + timedelta(seconds=at), at, synchronised=False) for at in (0.0, *between)]
    _, datings = run(*guesses, reading(NOON + timedelta(seconds=1001), 1001))
    told = began + timedelta(seconds=asked)
    for dating in datings:
        told = dating.dated(told)
    assert len(datings) == 1
    assert abs(told - (NOON + timedelta(seconds=asked))) <= timedelta(seconds=2.001)


def test_the_first_round_deletes_nothing_and_the_next_go_on_from_the_oldest() -> None:
    first = next_age_limit(None, NOON - 40 * DAY, NOON - 30 * DAY, 0.0)
    assert first.reached == NOON - 40 * DAY
    assert next_age_limit(first, NOON - 40 * DAY, NOON - 30 * DAY, 3600.0).reached == NOON - 39 * DAY


def test_a_clock_that_is_set_back_takes_the_limit_back() -> None:
    limit = AgeLimit(NOON, 0.0)
    assert next_age_limit(limit, None, NOON - 5 * DAY, 60.0).reached == NOON - 5 * DAY


def test_an_empty_stretch_of_years_takes_an_hour() -> None:
    limit = AgeLimit(LONG_AGO + DAY, 0.0)
    oldest, wanted = NOON - 31 * DAY, NOON - 30 * DAY
    assert next_age_limit(limit, oldest, wanted, 3000.0) == limit
    limit = next_age_limit(limit, oldest, wanted, 3600.0)
    assert limit.reached == oldest
    assert next_age_limit(limit, oldest, wanted, 7200.0).reached == wanted


def test_where_nothing_was_recorded_nothing_holds_the_limit_back() -> None:
    assert next_age_limit(AgeLimit(LONG_AGO, 0.0), None, NOON, 1.0) == AgeLimit(NOON, 1.0)


@given(
    days=st.lists(st.integers(0, 400), min_size=1, max_size=60, unique=True),
    walls=st.lists(st.tuples(st.floats(1, 3600), st.integers(-400, 400)), max_size=40),
)
def test_never_more_than_a_days_worth_goes_in_an_hour(days: list[int], walls: list[tuple[float, int]]) -> None:
    """One recording a day, and a wall clock that is set at random."""
    kept = sorted(NOON + day * DAY for day in days)
    limit, now, gone_at = None, 0.0, []
    for passed, jump in walls:
        now += passed
        limit = next_age_limit(limit, kept[0] if kept else None, NOON + jump * DAY, now)
        gone_at += [now for start in kept if start < limit.reached]
        kept = [start for start in kept if start >= limit.reached]
    for place, at in enumerate(gone_at):
        within = [each for each in gone_at[place:] if each - at <= 3600]
        assert len(within) <= 2  # a day's worth, and its edge
