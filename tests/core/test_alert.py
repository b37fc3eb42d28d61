"""The words of an alert."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.alert import Alert, AlertId, alert_words, as_told, late_words
from doorstep.core.cause import Cause

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


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


def test_a_test_says_that_nobody_is_there() -> None:
    title, text = alert_words("Gate", Cause.PERSON, NOON, is_test=True)
    assert title == "Test: Person at Gate"
    assert text == "Nobody is there, this is a test. Seen at 12:00:00 on Sunday, 1 March."


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (-3600.0, ""),
        (0.0, ""),
        (59.9, ""),
        (60.0, "Late: 1 min ago"),
        (14 * 60 + 59.0, "Late: 14 min ago"),
        (3600.0, "Late: 1 h ago"),
        (86399.0, "Late: 23 h ago"),
        (3 * 86400.0, "Late: 3 d ago"),
    ],
)
def test_what_is_late_says_how_late(age: float, words: str) -> None:
    assert late_words(NOON, after(age)) == words


def test_an_alert_is_told_with_its_age_and_otherwise_as_it_is() -> None:
    alert = Alert(AlertId("a"), None, None, Cause.PERSON, NOON, "Person at Gate", "Seen at 12:00:00.", "link")
    assert as_told(alert, after(10.0)) is alert
    late = as_told(alert, after(14 * 60.0))
    assert late.text == "Late: 14 min ago. Seen at 12:00:00."
    assert (late.id, late.title) == (alert.id, alert.title)
