"""The gate's hysteresis and hold, and when a look is due."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.motion_gate import LookRule, MotionGate, MotionGateSettings

SETTINGS = MotionGateSettings(open_at=0.004, close_at=0.002, hold_seconds=2.0)


def test_gate_is_closed_until_enough_of_the_picture_moves() -> None:
    gate = MotionGate(SETTINGS)
    assert not gate.observe(0.0, 0.0039)
    assert gate.observe(0.1, 0.004)


def test_less_motion_keeps_the_gate_open_than_opens_it() -> None:
    gate = MotionGate(SETTINGS)
    gate.observe(0.0, 0.01)
    assert all(gate.observe(float(second), 0.002) for second in range(1, 20))


def test_gate_closes_when_the_hold_is_over() -> None:
    gate = MotionGate(SETTINGS)
    gate.observe(0.0, 0.01)
    assert gate.observe(2.0, 0.0)
    assert not gate.observe(2.1, 0.0)


def test_weak_motion_does_not_open_a_gate_that_has_closed() -> None:
    gate = MotionGate(SETTINGS)
    gate.observe(0.0, 0.01)
    assert not gate.observe(5.0, 0.003)


def test_step_backwards_is_another_connection_and_closes_the_gate() -> None:
    gate = MotionGate(SETTINGS)
    gate.observe(100.0, 0.5)
    assert not gate.observe(0.0, 0.003)
    assert not gate.observe(0.1, 0.003)
    assert gate.observe(0.2, 0.004)


def test_without_hold_the_gate_is_open_for_the_frame_that_moved_alone() -> None:
    gate = MotionGate(MotionGateSettings(hold_seconds=0.0))
    assert gate.observe(0.0, 0.5)
    assert not gate.observe(0.1, 0.0)


@pytest.mark.parametrize(("open_at", "close_at", "hold"), [(0.1, 0.2, 1.0), (0.1, -0.1, 1.0), (0.1, 0.1, -1.0)])
def test_settings_that_make_no_gate_are_refused(open_at: float, close_at: float, hold: float) -> None:
    with pytest.raises(ValueError, match="close_at <= open_at"):
        MotionGateSettings(open_at, close_at, hold)


FRAMES = st.lists(st.tuples(st.floats(0.0, 3.0), st.sampled_from([0.0, 0.001, 0.002, 0.003, 0.004, 0.5, 1.0])))


@given(FRAMES)
def test_gate_follows_its_two_thresholds_whatever_comes(frames: list[tuple[float, float]]) -> None:
    gate, at, was_open, kept_at = MotionGate(SETTINGS), 0.0, False, -1.0
    for step, score in frames:
        at += step
        held = was_open and at - kept_at <= SETTINGS.hold_seconds
        expected = score >= SETTINGS.open_at or held
        if score >= SETTINGS.open_at or (held and score >= SETTINGS.close_at):
            kept_at = at
        was_open = gate.observe(at, score)
        assert was_open == expected


def test_first_frame_is_looked_at() -> None:
    assert LookRule(15.0).due(0.0, moving=False, somebody_present=False)


def test_still_picture_is_looked_at_every_so_many_seconds() -> None:
    rule = LookRule(15.0)
    looks = [at for at in range(61) if rule.due(float(at), moving=False, somebody_present=False)]
    assert looks == [0, 15, 30, 45, 60]


@pytest.mark.parametrize(("moving", "present"), [(True, False), (False, True), (True, True)])
def test_every_frame_is_looked_at_while_something_moves_or_somebody_is_there(moving: bool, present: bool) -> None:
    rule = LookRule(15.0)
    assert all(rule.due(tenth / 10, moving=moving, somebody_present=present) for tenth in range(50))


def test_look_for_motion_counts_as_the_regular_one() -> None:
    rule = LookRule(15.0)
    rule.due(0.0, moving=False, somebody_present=False)
    rule.due(10.0, moving=True, somebody_present=False)
    assert not rule.due(24.9, moving=False, somebody_present=False)
    assert rule.due(25.0, moving=False, somebody_present=False)


def test_first_frame_of_another_connection_is_looked_at() -> None:
    rule = LookRule(15.0)
    rule.due(100.0, moving=False, somebody_present=False)
    assert rule.due(0.0, moving=False, somebody_present=False)


@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.booleans(), st.booleans())))
def test_time_without_a_look_is_bounded(frames: list[tuple[float, bool, bool]]) -> None:
    rule, at, looked_at = LookRule(15.0), 0.0, None
    for step, moving, present in frames:
        at += step
        due = rule.due(at, moving=moving, somebody_present=present)
        assert due or (looked_at is not None and at - looked_at < 15.0)
        looked_at = at if due else looked_at
