"""The cooldown, and the words of an alert."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.alert import AlertPolicy, alert_words
from doorstep.core.cause import Cause

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALL = frozenset(Cause)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_second_person_within_the_cooldown_is_not_told() -> None:
    policy = AlertPolicy(120.0, ALL)
    assert policy.may_tell(Cause.PERSON, NOON)
    assert not policy.may_tell(Cause.PERSON, after(119.9))
    assert policy.may_tell(Cause.PERSON, after(120.0))


def test_cooldown_holds_over_all_causes_but_the_press() -> None:
    policy = AlertPolicy(120.0, ALL)
    policy.may_tell(Cause.PERSON, NOON)
    assert not policy.may_tell(Cause.TRIGGER, after(1.0))
    assert not policy.may_tell(Cause.MOTION, after(2.0))
    assert policy.may_tell(Cause.PRESS, after(3.0))
    assert policy.may_tell(Cause.PRESS, after(3.5))


def test_press_does_not_silence_the_person() -> None:
    policy = AlertPolicy(120.0, ALL)
    policy.may_tell(Cause.PRESS, NOON)
    assert policy.may_tell(Cause.PERSON, after(1.0))


def test_alert_that_was_held_back_does_not_prolong_the_cooldown() -> None:
    policy = AlertPolicy(120.0, ALL)
    policy.may_tell(Cause.PERSON, NOON)
    policy.may_tell(Cause.PERSON, after(100.0))
    assert policy.may_tell(Cause.PERSON, after(121.0))


@pytest.mark.parametrize("cause", [Cause.MOTION, Cause.PRESS])
def test_cause_that_nobody_wants_to_hear_of_is_not_told(cause: Cause) -> None:
    assert not AlertPolicy(0.0, frozenset({Cause.PERSON})).may_tell(cause, NOON)


def test_clock_that_was_set_back_does_not_silence_the_house() -> None:
    policy = AlertPolicy(120.0, ALL)
    policy.may_tell(Cause.PERSON, after(3600.0))
    assert policy.may_tell(Cause.PERSON, NOON)


@given(st.lists(st.tuples(st.floats(0.0, 90.0), st.sampled_from(sorted(Cause)))))
def test_at_most_one_alert_in_a_cooldown_except_presses_and_one_of_who_lingers(
    raised: list[tuple[float, Cause]],
) -> None:
    policy, at = AlertPolicy(120.0, ALL), NOON
    told_at: dict[bool, datetime] = {}
    for step, cause in raised:
        at += timedelta(seconds=step)
        told = policy.may_tell(cause, at)
        if cause is Cause.PRESS:
            assert told
            continue
        loiters = cause is Cause.LOITERING
        silent = loiters in told_at and (at - told_at[loiters]).total_seconds() < 120.0
        assert told is not silent
        if told:
            told_at[loiters] = at


def test_who_lingers_is_told_also_right_after_he_was_seen() -> None:
    policy = AlertPolicy(120.0, ALL)
    assert policy.may_tell(Cause.PERSON, NOON)
    assert policy.may_tell(Cause.LOITERING, after(60.0))
    assert not policy.may_tell(Cause.LOITERING, after(90.0))
    assert not policy.may_tell(Cause.PERSON, after(119.0))


def test_words_are_plain_and_in_the_owners_time() -> None:
    local = datetime(2026, 11, 21, 14, 2, 3, tzinfo=timezone(timedelta(hours=1)))
    assert alert_words("Front door", Cause.PERSON, local) == (
        "Person at Front door",
        "Seen at 14:02:03 on Saturday, 21 November.",
    )


@pytest.mark.parametrize(
    ("cause", "title"),
    [
        (Cause.PRESS, "Doorbell rang at Gate"),
        (Cause.TRIGGER, "Motion reported at Gate"),
        (Cause.MOTION, "Motion at Gate"),
        (Cause.LOITERING, "Somebody is lingering at Gate"),
    ],
)
def test_every_cause_has_words_of_its_own(cause: Cause, title: str) -> None:
    assert alert_words("Gate", cause, NOON)[0] == title


@given(st.sampled_from(sorted(Cause)), st.datetimes(timezones=st.just(UTC)))
def test_words_can_be_found_for_any_moment(cause: Cause, at: datetime) -> None:
    title, text = alert_words("Gate", cause, at)
    assert title.endswith(" Gate")
    assert f"{at:%H:%M:%S}" in text
    assert text.endswith(".")
