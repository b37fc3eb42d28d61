"""Which points lie in a zone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.zone import Zone

PORCH = Zone("porch", ((0.1, 0.4), (0.9, 0.4), (0.9, 1.0), (0.1, 1.0)))
PART = st.floats(0.0, 1.0)


@pytest.mark.parametrize("point", [(0.5, 0.7), (0.11, 0.41), (0.89, 0.99)])
def test_point_within_lies_in_the_zone(point: tuple[float, float]) -> None:
    assert point in PORCH


@pytest.mark.parametrize("point", [(0.05, 0.7), (0.95, 0.7), (0.5, 0.3), (0.0, 0.4), (1.0, 1.0)])
def test_point_outside_does_not(point: tuple[float, float]) -> None:
    assert point not in PORCH


@pytest.mark.parametrize("point", [(0.5, 1.0), (0.1, 1.0), (0.9, 1.0), (0.9, 0.7), (0.1, 0.4), (0.3, 0.4)])
def test_edges_belong_to_the_zone(point: tuple[float, float]) -> None:
    assert point in PORCH


def test_zone_may_be_bent() -> None:
    bent = Zone("path", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.8, 1.0), (0.8, 0.2), (0.0, 0.2)))
    assert (0.9, 0.9) in bent
    assert (0.5, 0.1) in bent
    assert (0.5, 0.5) not in bent


def test_corner_that_stands_twice_changes_nothing() -> None:
    zone = Zone("twice", ((0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (1.0, 1.0)))
    assert (0.9, 0.5) in zone
    assert (0.1, 0.5) not in zone


@given(PART, PART, PART, PART, PART, PART)
def test_rectangle_holds_what_lies_between_its_sides(
    x1: float, y1: float, x2: float, y2: float, x: float, y: float
) -> None:
    left, right, top, bottom = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
    zone = Zone("any", ((left, top), (right, top), (right, bottom), (left, bottom)))
    if left <= x <= right and top <= y <= bottom:
        assert (x, y) in zone
    elif not (left - 1e-6 <= x <= right + 1e-6 and top - 1e-6 <= y <= bottom + 1e-6):
        assert (x, y) not in zone


def test_two_corners_are_no_zone() -> None:
    with pytest.raises(ValueError, match="needs at least 3"):
        Zone("line", ((0.0, 0.0), (1.0, 1.0)))


@pytest.mark.parametrize("corner", [(1.1, 0.5), (-0.1, 0.5), (0.5, 1.1), (0.5, -0.1), (float("nan"), 0.5)])
def test_corner_outside_the_picture_is_refused(corner: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="outside the picture"):
        Zone("porch", ((0.0, 0.0), (1.0, 0.0), corner))
