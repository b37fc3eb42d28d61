"""One visitor: where to, and whether he walked out of the picture."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.detection import Box
from doorstep.core.track import LEAVING_WIDTHS_A_SECOND, Direction, Track

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEVER = 1e9
WIDTH = 0.2


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def sized(height: float) -> Box:
    return Box(0.5 - height / 4, 0.9 - height, 0.5 + height / 4, 0.9)


def followed(*found: Box, every: float = 0.25) -> Track:
    track = Track(found[0], NOON)
    for number, box in enumerate(found):
        track.see(after(number * every), box, NEVER, moving=True)
    return track


def direction(*found: Box, every: float = 0.25) -> Direction | None:
    return followed(*found, every=every).direction(after((len(found) - 1) * every))


def test_two_looks_tell_no_direction() -> None:
    assert direction(sized(0.2), sized(0.4)) is None


def test_who_grows_arrives_and_who_shrinks_leaves() -> None:
    heights = [0.2 + 0.04 * number for number in range(8)]
    assert direction(*map(sized, heights)) is Direction.ARRIVING
    assert direction(*map(sized, reversed(heights))) is Direction.LEAVING


def test_who_walks_out_at_an_edge_leaves_though_he_comes_no_farther_away() -> None:
    assert direction(*(Box(left, 0.2, 1.0, 0.8) for left in (0.7, 0.75, 0.8, 0.85, 0.9))) is Direction.LEAVING


def test_direction_of_long_ago_says_nothing() -> None:
    assert direction(sized(0.2), sized(0.4), sized(0.6), every=4.0) is None


@given(st.lists(st.floats(0.97, 1.03), min_size=3, max_size=20))
def test_a_trembling_box_stays(trembling: list[float]) -> None:
    assert direction(*(sized(0.5 * factor) for factor in trembling)) is Direction.STAYING


@given(st.lists(st.floats(0.05, 0.8), min_size=3, max_size=6))
def test_backwards_arriving_is_leaving(heights: list[float]) -> None:
    other = {
        Direction.ARRIVING: Direction.LEAVING,
        Direction.LEAVING: Direction.ARRIVING,
        Direction.STAYING: Direction.STAYING,
    }
    there, back = direction(*map(sized, heights)), direction(*map(sized, reversed(heights)))
    assert there is not None
    assert back is other[there]


def crossing(start: float, pace: float) -> Track:
    """Somebody who walks across, `pace` widths a second, for two seconds, as far as the picture goes."""
    lefts = [start + pace * WIDTH * quarter / 4 for quarter in range(9)]
    return followed(*(Box(min(max(left, 0.0), 0.95), 0.2, min(max(left + WIDTH, 0.05), 1.0), 0.8) for left in lefts))


@pytest.mark.parametrize(("start", "edge", "pace"), [(0.5, 0.8, 1.0), (0.3, 0.0, -1.0)])
def test_who_walks_towards_an_edge_is_on_his_way_out(start: float, edge: float, pace: float) -> None:
    assert crossing(start, pace).on_his_way_out
    assert not crossing(edge, -pace).on_his_way_out


def test_who_sinks_under_the_lower_edge_is_on_his_way_out() -> None:
    assert followed(*(Box(0.4, top, 0.6, 1.0) for top in (0.4, 0.5, 0.6, 0.7, 0.8))).on_his_way_out
    assert not followed(*(Box(0.4, top, 0.6, 1.0) for top in (0.8, 0.7, 0.6, 0.5, 0.4))).on_his_way_out
    assert not followed(*(Box(0.4, top, 0.6, 1.0) for top in (0.1, 0.15, 0.2, 0.25, 0.3))).on_his_way_out


@given(st.floats(0.0, 0.8), st.floats(-0.9, 0.9))
def test_who_sways_in_a_place_is_not_even_at_the_edge(start: float, part: float) -> None:
    assert not crossing(start, part * LEAVING_WIDTHS_A_SECOND).on_his_way_out


@given(st.floats(0.4, 0.5), st.floats(-0.6, 0.6), st.floats(0.0, 1.0))
def test_who_walks_on_is_expected_where_he_will_be(start: float, pace: float, ahead: float) -> None:
    expected = crossing(start, pace).expected(after(2.0 + ahead)).boxes[0]
    assert expected.left == pytest.approx(min(start + pace * WIDTH * (2.0 + ahead), 1.0 - WIDTH), abs=0.01)


@given(st.lists(st.tuples(st.floats(0.0, 0.8), st.floats(0.0, 0.5)), min_size=1, max_size=8), st.floats(-5.0, 500.0))
def test_wherever_he_is_expected_is_in_the_picture(corners: list[tuple[float, float]], seconds: float) -> None:
    track = followed(*(Box(left, top, left + 0.2, top + 0.5) for left, top in corners))
    expected = track.expected(after(seconds)).boxes[0]
    assert expected.right - expected.left == pytest.approx(0.2)
    assert expected.height == pytest.approx(0.5)
