"""Who is told of what: choices, cameras, snoozes, quiet hours, and what beats them."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.alert import Alert, AlertId
from doorstep.core.alert_policy import LONGEST_SNOOZE, may_reach
from doorstep.core.alert_preferences import EVERYTHING, AlertPreferences, QuietHours
from doorstep.core.camera import CameraId
from doorstep.core.cause import TOLD, Cause
from doorstep.core.event import EventId
from doorstep.core.recipient import Recipient
from doorstep.core.silence import Silence

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FRONT, GARDEN = CameraId("front-door"), CameraId("garden")
ALWAYS_QUIET = AlertPreferences(quiet_hours=(QuietHours(frozenset(range(7)), time(0), time(0)),))
SNOOZED = AlertPreferences(snoozed_until=NOON + timedelta(hours=1))


def alert(cause: Cause | None = Cause.PERSON, camera: CameraId | None = FRONT, *, is_test: bool = False) -> Alert:
    return Alert(AlertId("a"), EventId("e"), camera, cause, NOON, "Person", "Seen.", "link", is_test=is_test)


def silence(
    told: Alert,
    own: AlertPreferences | None = None,
    *,
    may_see: frozenset[CameraId] | None = None,
    house: AlertPreferences = EVERYTHING,
    now: datetime = NOON,
) -> Silence | None:
    return may_reach(Recipient("phone", "Anna's phone", "anna", own, may_see), told, now, UTC, house)


@pytest.mark.parametrize("cause", [*(cause for cause in sorted(TOLD) if cause is not Cause.MOTION), None])
def test_who_chose_nothing_is_told_everything(cause: Cause | None) -> None:
    assert silence(alert(cause)) is None


def test_motion_alone_is_told_to_whoever_chooses_it() -> None:
    assert silence(alert(Cause.MOTION)) is Silence.CAUSE
    assert silence(alert(Cause.MOTION), AlertPreferences(causes=frozenset({Cause.MOTION}))) is None


def test_nobody_is_told_of_a_camera_that_is_not_for_him() -> None:
    for told in (alert(Cause.PRESS), alert(None), alert(is_test=True)):
        assert silence(told, may_see=frozenset({GARDEN})) is Silence.MAY_NOT_SEE
    assert silence(alert(None, None), may_see=frozenset({GARDEN})) is None


def test_a_camera_that_was_not_chosen_is_silent() -> None:
    garden = AlertPreferences(cameras=frozenset({GARDEN}))
    assert silence(alert(), garden) is Silence.CAMERA
    assert silence(alert(None), garden) is Silence.CAMERA
    assert silence(alert(camera=GARDEN), garden) is None
    assert silence(alert(None, None), garden) is None


def test_words_about_doorstep_itself_are_a_choice() -> None:
    quiet = AlertPreferences(troubles=False)
    assert silence(alert(None), quiet) is Silence.TROUBLE
    assert silence(alert(), quiet) is None


@pytest.mark.parametrize(
    ("own", "why"), [(ALWAYS_QUIET, Silence.QUIET_HOURS), (SNOOZED, Silence.SNOOZED)], ids=["quiet", "snoozed"]
)
def test_a_press_beats_snooze_and_quiet_hours_and_nothing_else_does(own: AlertPreferences, why: Silence) -> None:
    assert silence(alert(Cause.PRESS), own) is None
    for told in (alert(), alert(None), alert(Cause.LOITERING), alert(is_test=True), alert(Cause.PRESS, is_test=True)):
        assert silence(told, own) is why


def test_a_press_does_not_beat_a_choice() -> None:
    persons = replace(SNOOZED, causes=frozenset({Cause.PERSON}))
    assert silence(alert(Cause.PRESS), persons) is Silence.CAUSE


def test_the_snooze_of_the_house_holds_for_everybody_but_presses() -> None:
    assert silence(alert(), house=SNOOZED) is Silence.HOUSE_SNOOZED
    assert silence(alert(None, None), house=SNOOZED) is Silence.HOUSE_SNOOZED
    assert silence(alert(Cause.PRESS), house=SNOOZED) is None


def test_what_else_the_house_chose_is_not_everybodys() -> None:
    assert silence(alert(), house=replace(ALWAYS_QUIET, causes=frozenset())) is None


def test_a_test_tries_the_channel_whatever_was_chosen() -> None:
    assert silence(alert(is_test=True), AlertPreferences(causes=frozenset(), cameras=frozenset())) is None


def test_a_snooze_ends_by_itself() -> None:
    assert silence(alert(), SNOOZED, now=NOON + timedelta(minutes=59)) is Silence.SNOOZED
    assert silence(alert(), SNOOZED, now=NOON + timedelta(hours=1)) is None


def test_a_clock_that_was_set_back_does_not_snooze_for_ever() -> None:
    assert silence(alert(), SNOOZED, now=NOON - timedelta(days=30)) is None


CHOICES = st.builds(
    AlertPreferences,
    causes=st.frozensets(st.sampled_from(Cause)),
    cameras=st.none() | st.frozensets(st.sampled_from([FRONT, GARDEN])),
    quiet_hours=st.lists(
        st.builds(QuietHours, st.frozensets(st.integers(0, 6)), st.times(), st.times()), max_size=3
    ).map(tuple),
    troubles=st.booleans(),
    snoozed_until=st.none() | st.integers(-90000, 90000).map(lambda seconds: NOON + timedelta(seconds=seconds)),
)
ALERTS = st.builds(alert, st.none() | st.sampled_from(Cause), st.sampled_from([FRONT, GARDEN]), is_test=st.booleans())


@given(ALERTS, CHOICES, CHOICES)
def test_none_in_quiet_hours_but_presses(told: Alert, own: AlertPreferences, house: AlertPreferences) -> None:
    quiet = replace(own, quiet_hours=(*own.quiet_hours, *ALWAYS_QUIET.quiet_hours))
    if silence(told, quiet, house=house) is None:
        assert told.cause is Cause.PRESS
        assert not told.is_test


@given(ALERTS, CHOICES, CHOICES)
def test_a_press_that_is_wanted_always_arrives(told: Alert, own: AlertPreferences, house: AlertPreferences) -> None:
    wants = replace(own, causes=own.causes | {Cause.PRESS}, cameras=None)
    assert silence(replace(told, cause=Cause.PRESS, is_test=False), wants, house=house) is None


@given(ALERTS, CHOICES, CHOICES)
def test_whoever_is_told_wanted_it_and_was_not_snoozed(
    told: Alert, own: AlertPreferences, house: AlertPreferences
) -> None:
    if silence(told, own, house=house) is not None:
        return
    if not told.is_test:
        assert told.cause in own.causes if told.cause else own.troubles
        assert own.cameras is None or told.camera in own.cameras
    if told.cause is not Cause.PRESS or told.is_test:
        for until in (own.snoozed_until, house.snoozed_until):
            assert until is None or until <= NOON or until - NOON > LONGEST_SNOOZE
