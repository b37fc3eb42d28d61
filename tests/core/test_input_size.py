"""Which input size a machine affords, and what the owner is told of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.input_size import SIDES, Trial, affordable, choose_size

PI = (Trial(416, 150.0), Trial(320, 87.0), Trial(256, 57.0))


@pytest.mark.parametrize(("looks", "side"), [(1, 416), (4, 320), (8, 256), (100, 256)])
def test_the_largest_affordable_size_is_chosen(looks: float, side: int) -> None:
    assert choose_size(PI, looks).side == side


def test_the_reason_says_what_was_measured() -> None:
    assert choose_size(PI, 4).reason == (
        "320 is the largest that affords 4 looks a second here (416: 150 ms, 320: 87 ms, 256: 57 ms)."
    )
    assert "affords only 8.8 of 100 looks a second" in choose_size(PI, 100).reason


@given(st.lists(st.tuples(st.sampled_from(SIDES), st.floats(0.1, 1e5)), min_size=1, max_size=3), st.floats(0.1, 200))
def test_nothing_larger_is_affordable_and_nothing_faster_is_left_where_none_is(
    measured: list[tuple[int, float]], looks: float
) -> None:
    trials = [Trial(side, milliseconds) for side, milliseconds in measured]
    chosen = choose_size(trials, looks)
    fitting = [trial.side for trial in trials if affordable(trial, looks)]
    fastest = min(trial.milliseconds for trial in trials)
    assert chosen.side in ([max(fitting)] if fitting else [t.side for t in trials if t.milliseconds == fastest])
