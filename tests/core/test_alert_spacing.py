"""Not again and again: the cooldown of each camera, and one visit that two cameras see."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.alert_spacing import AlertSpacing
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.silence import Silence

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FRONT, GARDEN, GATE = CameraId("front-door"), CameraId("garden"), CameraId("gate")


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_two_cameras_that_see_one_visit_make_one_alert() -> None:
    spacing = AlertSpacing(120.0)
    assert spacing.may_tell(GATE, Cause.PERSON, NOON) is None
    assert spacing.may_tell(FRONT, Cause.PERSON, after(20.0)) is Silence.SAME_VISIT
    assert spacing.may_tell(GARDEN, Cause.PERSON, after(45.0)) is Silence.SAME_VISIT


def test_a_visitor_at_another_camera_later_is_another() -> None:
    spacing = AlertSpacing(120.0)
    assert spacing.may_tell(GATE, Cause.PERSON, NOON) is None
    assert spacing.may_tell(GARDEN, Cause.PERSON, after(30.0)) is None


def test_a_visit_does_not_go_on_for_ever() -> None:
    spacing = AlertSpacing(120.0)
    assert spacing.may_tell(GATE, Cause.PERSON, NOON) is None
    told = [spacing.may_tell((FRONT, GARDEN)[n % 2], Cause.PERSON, after(n * 20.0)) for n in range(1, 7)]
    assert told == [Silence.SAME_VISIT] * 5 + [None]


@pytest.mark.parametrize("mere", [Cause.MOTION, Cause.TRIGGER])
def test_what_saw_nobody_silences_nobody_whom_another_camera_sees(mere: Cause) -> None:
    spacing = AlertSpacing(120.0)
    assert spacing.may_tell(GARDEN, mere, NOON) is None
    assert spacing.may_tell(FRONT, Cause.PERSON, after(25.0)) is None
    assert spacing.may_tell(GATE, mere, after(40.0)) is Silence.SAME_VISIT
    assert spacing.may_tell(GATE, Cause.PERSON, after(50.0)) is Silence.SAME_VISIT


@pytest.mark.parametrize("mere", [Cause.MOTION, Cause.TRIGGER])
def test_a_tree_keeps_no_visit_going(mere: Cause) -> None:
    spacing = AlertSpacing(120.0)
    assert spacing.may_tell(GARDEN, Cause.PERSON, NOON) is None
    assert spacing.may_tell(FRONT, mere, after(25.0)) is Silence.SAME_VISIT
    assert spacing.may_tell(GATE, Cause.PERSON, after(50.0)) is None


def test_a_report_from_outside_and_the_person_at_one_camera_are_one_alert() -> None:
    """Its cooldown is of alerts, whatever they were about (decision 13)."""
    spacing = AlertSpacing(120.0)
    assert spacing.may_tell(FRONT, Cause.TRIGGER, NOON) is None
    assert spacing.may_tell(FRONT, Cause.PERSON, after(60.0)) is Silence.COOLDOWN


def test_a_press_always_passes_and_silences_nobody() -> None:
    spacing = AlertSpacing(120.0)
    for at in range(3):
        assert spacing.may_tell(FRONT, Cause.PRESS, after(at)) is None
    assert spacing.may_tell(GATE, Cause.PERSON, after(4.0)) is None
    assert spacing.may_tell(FRONT, Cause.PRESS, after(5.0)) is None


def test_each_camera_has_its_cooldown() -> None:
    spacing = AlertSpacing(120.0)
    assert spacing.may_tell(GATE, Cause.PERSON, NOON) is None
    assert spacing.may_tell(FRONT, Cause.PERSON, after(60.0)) is None
    assert spacing.may_tell(GATE, Cause.PERSON, after(119.0)) is Silence.COOLDOWN
    assert spacing.may_tell(GATE, Cause.PERSON, after(150.0)) is None


def test_without_a_cooldown_every_alert_is_told() -> None:
    spacing = AlertSpacing(0.0)
    assert [spacing.may_tell(one, Cause.PERSON, NOON) for one in (GATE, GATE, FRONT)] == [None] * 3


def test_a_clock_that_is_set_back_silences_nobody() -> None:
    spacing = AlertSpacing(120.0)
    spacing.may_tell(GATE, Cause.PERSON, after(7200.0))
    assert spacing.may_tell(GATE, Cause.PERSON, NOON) is None
    assert spacing.may_tell(FRONT, Cause.PERSON, after(3600.0)) is None


STEPS = st.lists(st.tuples(st.floats(0.0, 70.0), st.sampled_from([FRONT, GARDEN, GATE]), st.sampled_from(Cause)))


@given(STEPS)
def test_at_most_one_alert_per_cooldown_and_camera_and_none_is_lost_for_longer(
    raised: list[tuple[float, CameraId, Cause]],
) -> None:
    """Presses aside, and one more of who lingers; who is not told was told within the cooldown."""
    spacing, at = AlertSpacing(120.0), NOON
    told: list[tuple[datetime, CameraId, bool]] = []
    for step, camera, cause in raised:
        at += timedelta(seconds=step)
        silence = spacing.may_tell(camera, cause, at)
        loiters = cause is Cause.LOITERING
        recent = [one for one in told if (at - one[0]).total_seconds() < 120.0 and one[2] is loiters]
        if cause is Cause.PRESS:
            assert silence is None
        elif silence is None:
            assert camera not in [one[1] for one in recent]
            told.append((at, camera, loiters))
        else:
            assert recent
            assert silence is Silence.SAME_VISIT or camera in [one[1] for one in recent]


MERE = (Cause.MOTION, Cause.TRIGGER)
SIGHTS = st.lists(
    st.tuples(st.floats(0.0, 29.0), st.sampled_from([FRONT, GARDEN]), st.sampled_from([Cause.PERSON, *MERE])),
    min_size=1,
    max_size=12,
)


@given(SIGHTS)
def test_one_visit_that_two_cameras_see_is_told_as_a_person_once_and_never_lost(
    sights: list[tuple[float, CameraId, Cause]],
) -> None:
    """In less than half a minute, in any order of mere motion, words from outside and persons."""
    spacing = AlertSpacing(120.0)
    heard: list[tuple[CameraId, Cause]] = []
    for seconds, camera, cause in sorted(sights, key=lambda one: one[0]):
        had = list(heard)
        if spacing.may_tell(camera, cause, after(seconds)) is None:
            heard.append((camera, cause))
        if cause is Cause.PERSON:
            known_here = camera in [one[0] for one in heard]
            assert known_here or Cause.PERSON in [one[1] for one in heard], "somebody was told to nobody"
        assert not had or heard == had or cause is Cause.PERSON
    assert heard
    assert len([one for one in heard if one[1] is Cause.PERSON]) <= 1
    assert len(heard) <= 2


@given(st.lists(st.tuples(st.floats(0.0, 40.0), st.sampled_from(MERE)), max_size=30), st.floats(0.0, 300.0))
def test_whatever_moves_in_the_garden_a_visitor_at_the_door_is_told(
    moves: list[tuple[float, Cause]], comes_at: float
) -> None:
    spacing, at = AlertSpacing(120.0), 0.0
    for step, cause in moves:
        at += step
        if at <= comes_at:
            spacing.may_tell(GARDEN, cause, after(at))
    assert spacing.may_tell(FRONT, Cause.PERSON, after(comes_at)) is None
