"""What counts as motion, and what does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from doorstep.media.pictures import frames_of
from doorstep.ports import Plane
from doorstep.vision.luma_difference import LumaDifference, block_means
from fakes.pictures import DrawnFrame, shared_file

OPENS_AT = 0.004
VISITS = ((6.0, 19.6), (22.8, 44.9), (50.2, 69.9), (74.5, 86.8), (92.2, 119.9), (123.6, 136.0))
Samples = NDArray[np.uint8]


def scene(width: int = 640, height: int = 480) -> NDArray[np.float64]:
    rows, columns = np.mgrid[:height, :width]
    drawn: NDArray[np.float64] = 60 + 100 * columns / width + 30 * np.sin(rows / 40)
    return drawn


def shown(picture: NDArray[np.float64], at: float) -> DrawnFrame:
    return DrawnFrame(np.clip(picture, 0, 255).astype(np.uint8), at=at)


def settled(scorer: LumaDifference, picture: NDArray[np.float64], seconds: float = 5.0) -> float:
    """Shows the picture for a while and says when that was."""
    at = 0.0
    while at < seconds:
        scorer.score(shown(picture, at))
        at += 0.25
    return at


def test_the_first_frame_scores_nothing() -> None:
    assert LumaDifference().score(shown(scene(), 0.0)) == 0.0


def test_a_still_picture_scores_nothing() -> None:
    scorer = LumaDifference()
    at = settled(scorer, scene())
    assert scorer.score(shown(scene(), at)) == 0.0


@pytest.mark.parametrize("size", [(320, 240), (640, 480), (1920, 1080), (3840, 2160)])
def test_somebody_in_the_picture_scores_about_their_part_of_it(size: tuple[int, int]) -> None:
    scorer = LumaDifference()
    empty = scene(*size)
    at = settled(scorer, empty, 1.0)
    visited = empty.copy()
    width, height = size
    visited[height // 4 : height * 3 // 4, width // 4 : width // 2] += 60
    assert scorer.score(shown(visited, at)) == pytest.approx(0.125, abs=0.04)


@pytest.mark.parametrize("light", [lambda p: p + 30, lambda p: p - 30, lambda p: p * 0.7, lambda p: p * 1.25])
def test_light_that_changes_everywhere_at_once_is_no_motion(light: object) -> None:
    scorer = LumaDifference()
    at = settled(scorer, scene())
    assert callable(light)
    assert scorer.score(shown(light(scene()), at)) < OPENS_AT


def test_noise_is_no_motion() -> None:
    scorer, grain = LumaDifference(), np.random.default_rng(11)
    scores = [scorer.score(shown(scene() + grain.normal(0, 12, (480, 640)), tenth / 10)) for tenth in range(50)]
    assert max(scores) < OPENS_AT


def test_what_stays_becomes_background() -> None:
    scorer = LumaDifference()
    parked = scene()
    at = settled(scorer, parked)
    parked[200:300, 100:300] -= 70
    assert scorer.score(shown(parked, at)) > 10 * OPENS_AT
    scores = [scorer.score(shown(parked, at + quarter / 4)) for quarter in range(1, 120)]
    assert scores[-1] == 0.0


def test_what_is_restless_for_long_counts_less() -> None:
    scorer = LumaDifference()
    scores = []
    for quarter in range(4 * 60):
        leaves = scene()
        leaves[40:120, 40:160] += 14 * (-1) ** quarter
        scores.append(scorer.score(shown(leaves, quarter / 4)))
    assert max(scores[:40]) > OPENS_AT
    assert max(scores[-40:]) < OPENS_AT


def test_somebody_before_restless_leaves_still_counts() -> None:
    scorer = LumaDifference()
    for quarter in range(4 * 60):
        leaves = scene()
        leaves[40:240, 40:240] += 14 * (-1) ** quarter
        scorer.score(shown(leaves, quarter / 4))
    leaves[40:240, 40:240] += 60
    assert scorer.score(shown(leaves, 60.0)) > 10 * OPENS_AT


def test_another_size_begins_anew() -> None:
    scorer = LumaDifference()
    settled(scorer, scene())
    assert scorer.score(shown(scene(1280, 720), 6.0)) == 0.0
    assert scorer.score(shown(scene(1280, 720), 6.25)) == 0.0


def test_times_that_run_backwards_do_no_harm() -> None:
    scorer = LumaDifference()
    settled(scorer, scene())
    assert scorer.score(shown(scene(), 0.0)) == 0.0


@settings(deadline=None)
@given(st.integers(1, 90), st.integers(1, 70), st.integers(0, 9), st.integers(0, 255))
def test_rows_may_be_longer_than_the_picture(width: int, height: int, extra: int, level: int) -> None:
    rows = np.full((height, width + extra), 7, np.uint8)
    rows[:, :width] = level
    means = block_means(Plane(memoryview(rows.tobytes()), width, height, width + extra))
    assert means.size >= 1
    assert (means == level).all()


def test_every_visit_of_a_real_video_moves_and_the_empty_street_does_not() -> None:
    scorer = LumaDifference()
    scores: list[tuple[float, float]] = []
    for frame in frames_of(shared_file("media/one-by-one-person-detection.mp4")):
        if not scores or frame.at >= scores[-1][0] + 0.25:
            scores.append((frame.at, scorer.score(frame)))
    assert max(score for at, score in scores if at < VISITS[0][0] - 0.7) < OPENS_AT
    for begin, end in VISITS:
        assert max(score for at, score in scores if begin <= at <= min(begin + 1.5, end)) > 10 * OPENS_AT
