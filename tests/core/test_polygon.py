from math import cos, pi, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.polygon import area_of, crosses_itself
from doorstep.core.zone import Point

SQUARE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]


@pytest.mark.parametrize(
    ("corners", "crosses"),
    [
        (SQUARE, False),
        ([(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)], True),  # a bow tie
        ([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)], False),
        ([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.2), (0.0, 1.0)], False),  # dented
        ([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, -0.2), (0.0, 1.0)], True),  # dented through its other side
        ([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.0), (0.0, 1.0)], False),  # dented until it touches
    ],
)
def test_two_edges_may_touch_and_not_cross(corners: list[Point], crosses: bool) -> None:
    assert crosses_itself(corners) is crosses


@pytest.mark.parametrize(
    ("corners", "area"),
    [
        (SQUARE, 1.0),
        (SQUARE[::-1], 1.0),
        ([(0.2, 0.2), (0.6, 0.2), (0.2, 0.7)], 0.1),
        ([(0.1, 0.1), (0.5, 0.5), (0.9, 0.9)], 0.0),
        ([(0.1, 0.1)] * 3, 0.0),
    ],
)
def test_the_area(corners: list[Point], area: float) -> None:
    assert area_of(corners) == pytest.approx(area)


@given(st.lists(st.floats(0.1, 0.5), min_size=3, max_size=40), st.data())
def test_a_star_crosses_itself_only_when_its_corners_are_out_of_order(
    reaches: list[float], data: st.DataObject
) -> None:
    turns = [2 * pi * number / len(reaches) for number in range(len(reaches))]
    star = [(0.5 + reach * cos(turn), 0.5 + reach * sin(turn)) for reach, turn in zip(reaches, turns, strict=True)]
    start = data.draw(st.integers(0, len(star) - 1))
    assert not crosses_itself([*star[start:], *star[:start]])
    if len(star) > 4:
        circle = [(0.5 + cos(turn) / 2, 0.5 + sin(turn) / 2) for turn in turns]
        assert crosses_itself([circle[2], circle[1], *circle[3:], circle[0]])
