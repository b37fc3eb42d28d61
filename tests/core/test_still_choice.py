"""The best still: sharp, large, whole, in the middle, and of a face rather than a back."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.detection import Box
from doorstep.core.still_choice import StillChoice
from doorstep.core.tracking import Direction, Sighting

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEEN = Sighting(NOON, NOON, 0.8, Box(0.4, 0.2, 0.6, 0.8), direction=Direction.STAYING)
PLAIN = StillChoice(SEEN, 200.0)


def boxed(*corners: float) -> StillChoice:
    return replace(PLAIN, sighting=replace(SEEN, box=Box(*corners)))


@pytest.mark.parametrize(
    "better",
    [
        replace(PLAIN, sharpness=800.0),
        boxed(0.35, 0.1, 0.65, 0.9),
        replace(PLAIN, sighting=replace(SEEN, score=0.9)),
        replace(PLAIN, sighting=replace(SEEN, direction=Direction.ARRIVING)),
    ],
    ids=["sharper", "larger", "surer", "a face"],
)
def test_better_pictures_are_worth_more(better: StillChoice) -> None:
    assert better.worth > 1.01 * PLAIN.worth


@pytest.mark.parametrize(
    "worse",
    [
        replace(PLAIN, sharpness=50.0),
        boxed(0.45, 0.35, 0.55, 0.65),
        boxed(0.8, 0.2, 1.0, 0.8),
        boxed(0.4, 0.0, 0.6, 0.6),
        boxed(0.1, 0.2, 0.3, 0.8),
        replace(PLAIN, middle=0.9),
        replace(PLAIN, sighting=replace(SEEN, direction=Direction.LEAVING)),
    ],
    ids=["blurred", "smaller", "half out", "no head", "aside", "not in the middle of the zone", "a back"],
)
def test_worse_pictures_are_worth_less(worse: StillChoice) -> None:
    assert worse.worth < 0.99 * PLAIN.worth


def test_feet_may_be_out_of_the_picture() -> None:
    assert boxed(0.4, 0.4, 0.6, 1.0).worth == pytest.approx(PLAIN.worth)


PART = st.floats(0.0, 1.0)


@given(PART, PART, PART, PART, PART, st.floats(0.0, 1e6), PART, st.sampled_from([*Direction, None]))
def test_worth_is_a_part_and_rises_with_sharpness(
    x1: float, x2: float, y1: float, y2: float, score: float, sharpness: float, middle: float, way: Direction | None
) -> None:
    box = Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    choice = StillChoice(Sighting(NOON, NOON, score, box, direction=way), sharpness, middle)
    assert 0.0 <= choice.worth <= 1.0
    assert replace(choice, sharpness=sharpness + 50.0).worth >= choice.worth
