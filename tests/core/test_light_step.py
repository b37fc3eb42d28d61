"""When a change of most of the picture is a new light, and when somebody who fills it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.light_step import LightStep, LightStepSettings

SETTINGS = LightStepSettings(share=0.4, longest=1.0, rest=5.0)


def steps(shares: list[float], apart: float = 0.25, begin: float = 0.25) -> list[bool]:
    """What is said of pictures so many seconds apart."""
    light, at, said = LightStep(SETTINGS), begin, []
    for share in shares:
        said.append(light.observe(at - apart, at, share))
        at += apart
    return said


def test_most_of_the_picture_at_once_is_light() -> None:
    assert steps([0.0, 0.4]) == [False, True]


def test_less_is_not() -> None:
    assert not any(steps([0.39] * 100))


def test_a_light_may_take_its_time_and_then_whoever_fills_the_picture_counts() -> None:
    assert steps([0.9] * 25) == [True] * 5 + [False] * 19 + [True]


def test_what_changes_between_two_key_frames_is_not_at_once() -> None:
    assert not any(steps([1.0] * 20, apart=1.0))


@pytest.mark.parametrize("begin", [0.0, 50.0])
def test_another_connection_has_light_steps_of_its_own(begin: float) -> None:
    light = LightStep(SETTINGS)
    assert light.observe(99.75, 100.0, 1.0)
    assert light.observe(begin, begin + 0.25, 1.0)


@given(st.lists(st.tuples(st.floats(0.01, 0.9), st.floats(0.0, 1.0)), max_size=80))
def test_of_any_six_seconds_at_most_one_is_light(pictures: list[tuple[float, float]]) -> None:
    light, at, began = LightStep(SETTINGS), 0.0, None
    for apart, share in pictures:
        before, at = at, at + apart
        if light.observe(before, at, share):
            assert share >= SETTINGS.share
            began = at if began is None or at - began >= SETTINGS.longest + SETTINGS.rest else began
            assert at - began <= SETTINGS.longest
