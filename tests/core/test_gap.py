"""What is a gap, and what only looks like one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.gap import SHORTEST_GAP_SECONDS, gap_between, left_out

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@given(st.floats(-100.0, 100.0))
def test_only_what_is_long_enough_is_a_gap(seconds: float) -> None:
    gap = gap_between(CameraId("door"), NOON, NOON + timedelta(seconds=seconds), "no power")
    assert (gap is not None) == (timedelta(seconds=seconds) > timedelta(seconds=SHORTEST_GAP_SECONDS))
    if gap is not None:
        assert (gap.starts_at, gap.reason) == (NOON, "no power")


@pytest.mark.parametrize(
    ("what", "arrived", "shown", "usually", "missing"),
    [
        ("every picture in its time", 0.04, 0.04, 0.04, False),
        ("late pictures, of which none is missing", 8.0, 0.04, 0.04, False),
        ("a camera whose clock was set", 0.04, 3600.0, 0.04, False),
        ("five seconds that never came", 5.0, 5.0, 0.04, True),
        ("a camera with a picture every two seconds", 2.0, 2.0, 2.0, False),
        ("the same, when it leaves some out", 9.0, 9.0, 2.0, True),
        ("a camera whose clock ran backwards", 5.0, -5.0, 0.04, False),
    ],
)
def test_pictures_are_missing_where_both_clocks_say_so(
    what: str, arrived: float, shown: float, usually: float, *, missing: bool
) -> None:
    assert left_out(arrived, shown, usually) == missing, what
