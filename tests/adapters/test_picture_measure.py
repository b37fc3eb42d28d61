"""Pictures in numbers, and what the rules make of real ones: dead, blurred, turned and well cameras."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from doorstep.core.picture_rules import (
    BLACK_BELOW,
    DULL_BELOW,
    DULL_OVER,
    ELSEWHERE_BELOW,
    FLAT_BELOW,
    SAME_OVER,
    STILL_BELOW,
    PictureMeasure,
    likeness,
)
from doorstep.ports import Plane
from doorstep.vision.picture_measure import PictureMeter
from fakes.stand_in_frame import StandInFrame

Luma = NDArray[np.float32]
PADDING = 24
SIZES = [(640, 360), (1280, 720), (1920, 1080)]


@dataclass(frozen=True)
class LumaFrame(StandInFrame):
    """A picture of which only the brightness is known, its rows padded as a decoder does it."""

    pixels: bytes = b""

    def luma(self) -> Plane:
        return Plane(memoryview(self.pixels), self.width, self.height, self.width + PADDING)


def frame_of(picture: Luma) -> LumaFrame:
    pixels = np.pad(np.clip(picture, 16, 235).astype(np.uint8), ((0, 0), (0, PADDING)), constant_values=255)
    return LumaFrame(width=picture.shape[1], height=picture.shape[0], pixels=pixels.tobytes())


def porch(width: int, height: int, seed: int = 1) -> Luma:
    """Houses, a path and bushes: plain surfaces with sharp edges, and some texture."""
    dice = np.random.default_rng(seed)
    picture = np.full((height, width), 120.0, np.float32)
    for _ in range(60):
        left, top = dice.integers(0, width), dice.integers(0, height)
        wide, high = dice.integers(width // 40, width // 5), dice.integers(height // 40, height // 4)
        picture[top : top + high, left : left + wide] = dice.uniform(30, 220)
    small = dice.normal(0, 12, (height // 4, width // 4)).astype(np.float32)
    return picture + np.kron(small, np.ones((4, 4), np.float32))[:height, :width]


def blurred(picture: Luma, times: int) -> Luma:
    """As out of focus, by as much of the picture whatever its size."""
    reach = max(1, picture.shape[1] // 320)
    for _ in range(times):
        picture = (np.roll(picture, reach, 0) + np.roll(picture, -reach, 0) + picture) / np.float32(3)
        picture = (np.roll(picture, reach, 1) + np.roll(picture, -reach, 1) + picture) / np.float32(3)
    return picture


def grain(picture: Luma, seed: int, levels: float = 1.5) -> Luma:
    dice = np.random.default_rng(seed)
    return picture + dice.normal(0, levels, picture.shape).astype(np.float32)


def measured(*pictures: Luma) -> PictureMeasure:
    """The last of them, by one meter."""
    meter = PictureMeter()
    for at, picture in enumerate(pictures):
        measure = meter.measure(frame_of(picture), float(at))
    return measure


@pytest.mark.parametrize("size", SIZES)
def test_a_well_camera_is_none_of_it(size: tuple[int, int]) -> None:
    picture = porch(*size)
    well = measured(grain(picture, 1), grain(picture, 2))
    assert well.brightest > BLACK_BELOW * 2
    assert well.contrast > FLAT_BELOW * 4
    assert well.changed > STILL_BELOW * 100


@pytest.mark.parametrize("size", SIZES)
def test_black_with_the_grain_of_night_is_black_and_a_lamp_is_not(size: tuple[int, int]) -> None:
    black = np.full(size[::-1], 18.0, np.float32)
    assert measured(grain(black, 1, 4.0)).brightest < BLACK_BELOW
    lamp = black.copy()
    lamp[: size[1] // 20, : size[0] // 20] = 90
    assert measured(grain(lamp, 1, 4.0)).brightest > BLACK_BELOW


def test_a_hand_on_the_lens_leaves_no_contrast() -> None:
    across = np.linspace(60, 66, 640, dtype=np.float32)
    assert measured(grain(np.tile(across, (360, 1)), 1)).contrast < FLAT_BELOW


@pytest.mark.parametrize("size", SIZES)
def test_the_same_picture_with_the_same_grain_is_frozen(size: tuple[int, int]) -> None:
    picture = grain(porch(*size), 1)
    assert measured(picture, picture).changed == 0.0
    assert measured(picture, grain(porch(*size), 2)).changed > 0.1
    assert measured(picture).changed == 1.0  # nothing to compare with


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_out_of_focus_has_lost_its_detail_and_keeps_its_view(size: tuple[int, int]) -> None:
    sharp, dull = measured(grain(porch(*size), 1)), measured(grain(blurred(porch(*size), 9), 2))
    assert dull.detail < sharp.detail * DULL_BELOW
    assert likeness(sharp.view, dull.view) > SAME_OVER


def test_dusk_and_a_little_grain_are_no_blur() -> None:
    day = measured(porch(1280, 720))
    for light in (0.8, 0.6, 0.4):
        dusk = measured(grain(16 + (porch(1280, 720) - 16) * light, 3))
        assert dusk.detail > day.detail * DULL_OVER
        assert likeness(day.view, dusk.view) > SAME_OVER


@pytest.mark.parametrize("size", SIZES)
def test_a_turned_camera_sees_something_else_and_a_visitor_changes_little(size: tuple[int, int]) -> None:
    picture = porch(*size)
    before = measured(picture).view
    assert likeness(before, measured(porch(*size, seed=2)).view) < ELSEWHERE_BELOW
    assert likeness(before, measured(np.roll(picture, size[0] // 4, 1)).view) < ELSEWHERE_BELOW
    visitor = picture.copy()
    visitor[size[1] // 4 :, size[0] // 3 : size[0] // 2] = 40
    assert likeness(before, measured(visitor).view) > SAME_OVER


def test_pictures_of_any_size_are_measured() -> None:
    for width, height in ((2, 2), (3, 5), (16, 16), (81, 3), (333, 127)):
        measure = measured(np.full((height, width), 100.0, np.float32))
        assert (measure.contrast, measure.brightest) == (0.0, 100.0)
        assert measure.detail == pytest.approx(0.0, abs=1e-3)
    small, large = np.full((20, 20), 30.0, np.float32), np.full((40, 20), 30.0, np.float32)
    assert measured(small, large).changed == 1.0
