"""What counts as motion, and what does not."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from doorstep.core.detection import Box
from doorstep.core.motion_gate import MotionGate, MotionGateSettings
from doorstep.media.pictures import frames_of
from doorstep.ports import Frame, Plane
from doorstep.vision.block_means import block_means
from doorstep.vision.luma_difference import LumaDifference
from fakes.eval_pictures import frame_of
from fakes.pictures import DrawnFrame, shared_file
from fakes.trouble import TroubleClip, drawn_background

OPENS_AT = 0.004
VISITS = ((6.0, 19.6), (22.8, 44.9), (50.2, 69.9), (74.5, 86.8), (92.2, 119.9), (123.6, 136.0))
SIZES = [(1, 1), (2, 2), (3, 1000), (1000, 3), (64, 48), (79, 81), (161, 7), (640, 480)]
EVERYTHING = (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),)
LUMA = np.array([0.114, 0.587, 0.299])


def scene(width: int = 640, height: int = 480) -> NDArray[np.float64]:
    rows, columns = np.mgrid[:height, :width]
    drawn: NDArray[np.float64] = 60 + 100 * columns / width + 30 * np.sin(rows / 40)
    return drawn


def lamp(column: float, row: float, wide: float) -> NDArray[np.float64]:
    """1 in its middle, 0.6 at `wide` pixels from it."""
    rows, columns = np.mgrid[:480, :640]
    light: NDArray[np.float64] = np.exp(-0.5 * ((columns - column) ** 2 + (rows - row) ** 2) / wide**2)
    return light


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
    scores = [scorer.score(shown(parked, at + quarter / 4)) for quarter in range(1, 190)]
    assert min(scores[: 4 * 40]) > 10 * OPENS_AT
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


@dataclass
class Watched:
    """A scorer that sees a picture every so many seconds, and when its gate was open."""

    every: float
    next_at: float
    scorer: LumaDifference = field(default_factory=LumaDifference)
    gate: MotionGate = field(default_factory=lambda: MotionGate(MotionGateSettings()))
    open: dict[float, bool] = field(default_factory=dict)

    def see(self, frame: Frame) -> None:
        """Scores it, if it is time."""
        if frame.at >= self.next_at:
            self.next_at += self.every
            self.open[frame.at] = self.gate.observe(frame.at, self.scorer.score(frame))


def test_the_gate_opens_at_every_visit_of_a_real_video_however_often_it_sees_a_picture() -> None:
    often = [Watched(0.25, phase) for phase in (0.0, 0.12)]
    seldom = [Watched(every, phase * every) for every in (1.0, 10.0) for phase in (0.0, 0.3, 0.7)]
    for frame in frames_of(shared_file("media/one-by-one-person-detection.mp4")):
        for each in often + seldom:
            each.see(frame)
    for each in often + seldom:
        for begin, end in VISITS:
            opened = min(at for at, is_open in each.open.items() if is_open and begin - 0.7 <= at <= end)
            assert opened <= begin + max(0.5, 1.2 * each.every), (each.every, begin)
    for each in often:
        assert not any(is_open for at, is_open in each.open.items() if at < VISITS[0][0] - 0.7)


# --------------------------------------------------------------------------------------------------------- no visitor


@pytest.mark.parametrize("kind", ["light switched", "infrared switched", "rain", "compression"])
def test_light_weather_and_a_bad_stream_open_no_gate(kind: str) -> None:
    assert open_part(kind, 41) == 0.0


def test_a_shaking_mount_opens_it_no_longer_than_the_door_is_slammed() -> None:
    assert open_part("shake", 41) <= 0.05


def test_headlights_that_pass_open_it_seldom() -> None:
    assert open_part("headlights", 41) < 0.2


def open_part(kind: str, seed: int) -> float:
    """Of the pictures of some trouble, how many say that somebody moves."""
    scorer, clip = LumaDifference(), TroubleClip(kind, drawn_background(seed), seed, 20.0)
    scores = [scorer.score(shown(pixels @ LUMA, at)) for at, pixels in clip.pictures(4.0)]
    return float(np.mean([score >= OPENS_AT for score in scores]))


def test_a_camera_that_goes_grey_and_dark_and_bright_opens_no_gate_and_still_sees_who_comes() -> None:
    scorer, grain, day = LumaDifference(), np.random.default_rng(5), scene()
    night = (0.5 * day + 0.3 * (255 - day)) * lamp(320, 240, 300)
    scores = []
    for quarter in range(60):
        picture = (
            day if quarter < 20 else day * 0 + 20 if quarter < 22 else night * 2.5 if quarter < 24 else night.copy()
        )
        if quarter >= 50:
            picture[100:400, 200:300] += 70
        scores.append(scorer.score(shown(picture + grain.normal(0, 6, picture.shape), quarter / 4)))
    assert max(scores[:50]) < OPENS_AT
    assert min(scores[50:]) > 5 * OPENS_AT


# ------------------------------------------------------------------------------------------------------- somebody, but


def test_what_a_camera_shows_while_it_gets_used_to_infrared_is_nothing_that_moved() -> None:
    scorer, opened, where = LumaDifference(), list[float](), list[Box]()
    for at, pixels in TroubleClip("infrared switched", drawn_background(0), seed=32, seconds=60.0).pictures(4.0):
        if scorer.score(frame_of(pixels, at)) >= OPENS_AT:
            opened.append(at)
        where += scorer.regions
    assert where == []
    assert len(opened) <= 4


@pytest.mark.parametrize("pictures_later", [0, 1, 4, 12])
@pytest.mark.parametrize("brightness", [20, 190])
def test_who_comes_with_the_lamp_or_after_it_counts_at_once(pictures_later: int, brightness: int) -> None:
    scorer, grain = LumaDifference(), np.random.default_rng(7)
    day = drawn_background(1) @ LUMA
    opened = []
    for quarter in range(20 + pictures_later + 8):
        coming, drawn = quarter - 20 - pictures_later, day.copy()
        if coming >= 0:
            drawn[130:470, 100 + 12 * coming : 200 + 12 * coming] = brightness
        lit = drawn * 0.2 if quarter < 20 else drawn * (0.2 + 0.8 * lamp(200, 100, 200))
        opened.append(scorer.score(shown(lit + grain.normal(0, 3, lit.shape), quarter / 4)) >= OPENS_AT)
    assert sum(opened[: 20 + pictures_later]) == 0
    assert all(opened[20 + pictures_later + 2 :])


@pytest.mark.parametrize("grain", [4.0, 9.0, 14.0])
def test_the_grain_of_a_night_camera_opens_no_gate_and_hides_nobody(grain: float) -> None:
    scorer, dice, night = LumaDifference(), np.random.default_rng(3), scene() * 0.15
    scores = []
    for quarter in range(60):
        picture = night.copy()
        if quarter >= 40:
            left = 60 + 10 * (quarter - 40)
            picture[120:420, left : left + 90] += 25
        coarse = dice.normal(0, grain / 3, (60, 80)).repeat(8, axis=0).repeat(8, axis=1)  # as an encoder smears it
        scores.append(scorer.score(shown(picture + dice.normal(0, grain, picture.shape) + coarse, quarter / 4)))
    assert max(scores[:40]) < OPENS_AT
    assert min(scores[40:]) > OPENS_AT


@pytest.mark.parametrize(("high", "opens"), [(72, True), (30, False), (6, False)])
def test_far_away_somebody_of_a_seventh_of_the_height_counts_and_a_speck_does_not(high: int, opens: bool) -> None:
    scorer = LumaDifference()
    at, scores = settled(scorer, scene()), []
    for quarter in range(12):
        street = scene()
        left = 200 + 8 * quarter
        street[200 : 200 + high, left : left + high // 3] -= 60
        scores.append(scorer.score(shown(street, at + quarter / 4)))
    assert (min(scores) >= OPENS_AT) == opens
    assert opens or max(scores) < OPENS_AT


def test_what_a_mask_touches_never_counts_and_what_is_beside_it_does() -> None:
    left_half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    masked, whole = LumaDifference([left_half]), LumaDifference()
    under, beside = scene(), scene()
    under[150:350, 50:200] -= 70
    beside[150:350, 400:550] -= 70
    at = settled(masked, scene())
    settled(whole, scene())
    assert masked.score(shown(under, at)) == 0.0
    assert whole.score(shown(under, at)) > OPENS_AT
    assert masked.score(shown(beside, at + 0.25)) > OPENS_AT
    (region,) = masked.regions
    assert (region.left, region.top, region.right, region.bottom) == pytest.approx((0.62, 0.31, 0.86, 0.73), abs=0.03)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(SIZES), st.integers(0, 2**32), st.floats(-5.0, 5.0)), max_size=8),
    st.sampled_from([(), EVERYTHING, (((0.2, 0.0), (0.9, 0.4), (0.1, 1.0)),)]),
)
def test_any_sizes_at_any_times_give_parts_and_boxes_of_the_picture(
    pictures: list[tuple[tuple[int, int], int, float]], masks: tuple[tuple[tuple[float, float], ...], ...]
) -> None:
    scorer, before = LumaDifference(masks), None
    for (width, height), seed, at in pictures:
        samples = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
        score = scorer.score(DrawnFrame(samples, at=at))
        assert 0.0 <= score <= 1.0
        assert score == 0.0 or (before == (width, height) and masks != EVERYTHING)
        assert bool(scorer.regions) == (score > 0.0)
        before = (width, height)
