"""Who is who from one look to the next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.association import Expected, pairs
from doorstep.core.detection import Box

PART = st.floats(0.0, 1.0)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x, y = sorted((draw(PART), draw(PART))), sorted((draw(PART), draw(PART)))
    return Box(x[0], y[0], x[1], y[1])


EXPECTED = st.builds(
    Expected, st.lists(boxes(), min_size=1, max_size=2).map(tuple), st.floats(0.0, 60.0), walks=st.booleans()
)


def at(left: float, top: float = 0.3, height: float = 0.5) -> Box:
    return Box(left, top, left + 0.1, top + height)


def walker(box: Box, seconds: float = 0.5) -> Expected:
    return Expected((box,), seconds, walks=True)


def test_somebody_who_walks_by_without_overlap_is_the_same() -> None:
    assert list(pairs([walker(at(0.3))], [at(0.45)])) == [(0, 0)]


@pytest.mark.parametrize(
    "other",
    [at(0.6), at(0.45, height=0.1), Box(0.45, 0.3, 0.45, 0.8), at(0.3, top=0.0, height=0.1)],
    ids=["too far", "too small", "no width", "too far up"],
)
def test_who_cannot_have_got_there_is_somebody_else(other: Box) -> None:
    assert list(pairs([walker(at(0.3))], [other])) == []


def test_who_was_missed_for_longer_may_be_farther_but_not_anywhere() -> None:
    assert list(pairs([walker(at(0.3), 0.1)], [at(0.45)])) == []
    assert list(pairs([walker(at(0.3), 1.0)], [at(0.6)])) == [(0, 0)]
    assert list(pairs([walker(at(0.1), 60.0)], [at(0.8)])) == []


def test_who_stands_still_is_known_by_overlap_alone() -> None:
    assert list(pairs([Expected((at(0.3),), 0.5, walks=False)], [at(0.41)])) == []


def test_those_nearest_to_each_other_find_each_other_first() -> None:
    tracks = [walker(at(0.3)), walker(at(0.4))]
    assert dict(pairs(tracks, [at(0.41), at(0.31)])) == {0: 1, 1: 0}


def test_overlap_comes_before_any_walk() -> None:
    walked, overlapped = walker(at(0.42)), walker(at(0.26))
    assert dict(pairs([walked, overlapped], [at(0.3)])) == {1: 0}


@given(st.lists(EXPECTED, max_size=5), st.lists(boxes(), max_size=5))
def test_each_is_paired_once_and_only_with_whom_it_resembles(tracks: list[Expected], found: list[Box]) -> None:
    made = list(pairs(tracks, found))
    assert len({track for track, _ in made}) == len({box for _, box in made}) == len(made)
    assert all(tracks[track].resemblance(found[index]) > 0.0 for track, index in made)
    left_tracks = set(range(len(tracks))) - {track for track, _ in made}
    left_boxes = set(range(len(found))) - {index for _, index in made}
    assert all(tracks[track].resemblance(found[index]) <= 0.0 for track in left_tracks for index in left_boxes)


@given(boxes(), st.floats(0.0, 60.0), st.booleans())
def test_who_is_where_he_was_expected_is_himself(box: Box, seconds: float, walks: bool) -> None:
    if box.right - box.left > 1e-6 and box.height > 1e-6:
        assert Expected((box,), seconds, walks).resemblance(box) == pytest.approx(2.0)
