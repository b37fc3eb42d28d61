"""The cooldown of a replay."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.cause import Cause
from doorstep.core.replay import ReplayedAlerts

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALL = frozenset(Cause)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_second_person_within_the_cooldown_is_not_told() -> None:
    alerts = ReplayedAlerts(120.0, ALL)
    assert alerts.may_tell(Cause.PERSON, NOON)
    assert not alerts.may_tell(Cause.PERSON, after(119.9))
    assert alerts.may_tell(Cause.PERSON, after(120.0))


def test_cooldown_holds_over_all_causes_but_the_press() -> None:
    alerts = ReplayedAlerts(120.0, ALL)
    alerts.may_tell(Cause.PERSON, NOON)
    assert not alerts.may_tell(Cause.TRIGGER, after(1.0))
    assert not alerts.may_tell(Cause.MOTION, after(2.0))
    assert alerts.may_tell(Cause.PRESS, after(3.0))
    assert alerts.may_tell(Cause.PRESS, after(3.5))


def test_press_does_not_silence_the_person() -> None:
    alerts = ReplayedAlerts(120.0, ALL)
    alerts.may_tell(Cause.PRESS, NOON)
    assert alerts.may_tell(Cause.PERSON, after(1.0))


def test_alert_that_was_held_back_does_not_prolong_the_cooldown() -> None:
    alerts = ReplayedAlerts(120.0, ALL)
    alerts.may_tell(Cause.PERSON, NOON)
    alerts.may_tell(Cause.PERSON, after(100.0))
    assert alerts.may_tell(Cause.PERSON, after(121.0))


@pytest.mark.parametrize("cause", [Cause.MOTION, Cause.PRESS])
def test_cause_that_nobody_wants_to_hear_of_is_not_told(cause: Cause) -> None:
    assert not ReplayedAlerts(0.0, frozenset({Cause.PERSON})).may_tell(cause, NOON)


def test_clock_that_was_set_back_does_not_silence_the_house() -> None:
    alerts = ReplayedAlerts(120.0, ALL)
    alerts.may_tell(Cause.PERSON, after(3600.0))
    assert alerts.may_tell(Cause.PERSON, NOON)


@given(st.lists(st.tuples(st.floats(0.0, 90.0), st.sampled_from(sorted(Cause)))))
def test_at_most_one_alert_in_a_cooldown_except_presses_and_one_of_who_lingers(
    raised: list[tuple[float, Cause]],
) -> None:
    alerts, at = ReplayedAlerts(120.0, ALL), NOON
    told_at: dict[bool, datetime] = {}
    for step, cause in raised:
        at += timedelta(seconds=step)
        told = alerts.may_tell(cause, at)
        if cause is Cause.PRESS:
            assert told
            continue
        loiters = cause is Cause.LOITERING
        silent = loiters in told_at and (at - told_at[loiters]).total_seconds() < 120.0
        assert told is not silent
        if told:
            told_at[loiters] = at


def test_who_lingers_is_told_also_right_after_he_was_seen() -> None:
    alerts = ReplayedAlerts(120.0, ALL)
    assert alerts.may_tell(Cause.PERSON, NOON)
    assert alerts.may_tell(Cause.LOITERING, after(60.0))
    assert not alerts.may_tell(Cause.LOITERING, after(90.0))
    assert not alerts.may_tell(Cause.PERSON, after(119.0))
