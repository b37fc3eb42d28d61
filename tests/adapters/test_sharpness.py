"""Which of two pictures is the sharper one."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from doorstep.core.detection import Box
from doorstep.ports import Plane
from doorstep.vision.sharpness import sharpness
from fakes.stand_in_frame import StandInFrame

Picture = NDArray[np.uint8]
WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class GreyFrame(StandInFrame):
    """Brightness that the test drew, in rows that are longer than the picture."""

    picture: Picture | None = None

    def luma(self) -> Plane:
        assert self.picture is not None
        height, width = self.picture.shape
        rows = np.full((height, width + 7), 255, np.uint8)
        rows[:, :width] = self.picture
        return Plane(memoryview(rows.tobytes()), width, height, width + 7)


def grey(picture: NDArray[np.floating] | Picture) -> GreyFrame:
    return GreyFrame(picture=picture.astype(np.uint8))


def drawn(seed: int = 1, high: int = 120, wide: int = 160) -> NDArray[np.float64]:
    """Patches of different brightness, four pixels wide, as edges of things are."""
    patches = np.random.default_rng(seed).integers(40, 200, (high // 4, wide // 4))
    return np.kron(patches, np.ones((4, 4))).astype(np.float64)


def blurred(picture: NDArray[np.float64], times: int) -> NDArray[np.float64]:
    for _ in range(times):
        shifted = np.roll(picture, 1, 1) + np.roll(picture, 1, 0) + np.roll(picture, (1, 1), (0, 1))
        picture = np.asarray((picture + shifted) / 4, np.float64)
    return picture


@given(st.integers(0, 1000), st.integers(1, 6))
def test_what_is_blurred_more_is_less_sharp(seed: int, times: int) -> None:
    picture = drawn(seed)
    less, more = grey(blurred(picture, times - 1)), grey(blurred(picture, times))
    assert sharpness(more, WHOLE) < sharpness(less, WHOLE)


def test_a_flat_picture_is_not_sharp_however_bright() -> None:
    assert sharpness(grey(np.full((60, 80), 200)), WHOLE) == 0.0


def test_brighter_light_changes_nothing() -> None:
    assert sharpness(grey(drawn() + 30), WHOLE) == pytest.approx(sharpness(grey(drawn()), WHOLE))


def test_only_the_box_is_measured() -> None:
    picture = drawn()
    picture[:, 80:] = 100
    assert sharpness(grey(picture), Box(0.55, 0.1, 0.95, 0.9)) == 0.0
    assert sharpness(grey(picture), Box(0.05, 0.1, 0.45, 0.9)) > 100.0


def test_a_person_twice_as_large_is_about_as_sharp() -> None:
    far, near = drawn(high=160, wide=80), np.kron(drawn(high=160, wide=80), np.ones((2, 2)))
    assert sharpness(grey(near), WHOLE) == pytest.approx(sharpness(grey(far), WHOLE), rel=0.05)


@pytest.mark.parametrize("box", [Box(0.5, 0.5, 0.5, 0.5), Box(1.0, 1.0, 1.0, 1.0), Box(0.0, 0.0, 0.02, 0.02)])
def test_too_little_says_nothing(box: Box) -> None:
    assert sharpness(grey(drawn()), box) == 0.0
