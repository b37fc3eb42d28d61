"""The contract of `ports.MotionScorer`, held by every scorer."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.ports import MotionScorer
from doorstep.vision.luma_difference import LumaDifference
from fakes.pictures import DrawnFrame

SCORERS: dict[str, Callable[[], MotionScorer]] = {"luma difference": LumaDifference}


@pytest.fixture(params=SCORERS, scope="module")
def make(request: pytest.FixtureRequest) -> Callable[[], MotionScorer]:
    return SCORERS[request.param]


@settings(deadline=None)
@given(pictures=st.lists(st.tuples(st.integers(0, 2**32), st.sampled_from([(48, 64), (120, 160), (7, 5)])), max_size=6))
def test_scores_are_parts_of_the_picture(
    make: Callable[[], MotionScorer], pictures: list[tuple[int, tuple[int, int]]]
) -> None:
    scorer = make()
    for number, (seed, shape) in enumerate(pictures):
        samples = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
        score = scorer.score(DrawnFrame(samples, at=number / 4))
        assert 0.0 <= score <= 1.0
        assert number > 0 or score == 0.0


def test_more_that_moves_scores_more(make: Callable[[], MotionScorer]) -> None:
    scores = []
    for part in (0.0, 0.1, 0.3):
        scorer = make()
        before, after = np.full((240, 320), 90, np.uint8), np.full((240, 320), 90, np.uint8)
        after[:, : int(320 * part)] = 200
        scorer.score(DrawnFrame(before, at=0.0))
        scores.append(scorer.score(DrawnFrame(after, at=0.25)))
    assert scores[0] == 0.0
    assert scores[0] < scores[1] < scores[2]
