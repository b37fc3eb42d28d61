"""By night, through noise, a wide lens, a narrow view or against the sun, nearly everybody is found as by daylight."""

from functools import cache

import numpy as np
import pytest

from doorstep.core.detection import Box
from doorstep.vision.onnx_detector import OnnxDetector, load_detector
from fakes.doorbell_pictures import VARIANTS, Photograph, Pixels
from fakes.eval_pictures import EvalPictures, frame_of
from fakes.pictures import SHARED, model_file

PICTURES = EvalPictures(SHARED)
OF_DAYLIGHT = 0.90
needs_pictures = pytest.mark.skipif(not PICTURES.there, reason="the labelled pictures are not on this machine")
FIELDS = np.kron(np.indices((24, 32)).sum(axis=0) % 2, np.full((10, 10), 200)).astype(np.uint8)
CHECKERS = Photograph(FIELDS[:, :, None].repeat(3, axis=2))


@cache
def detector() -> OnnxDetector:
    return load_detector(model_file("yolox_nano.onnx"), "yolox-nano", 1)


@cache
def photographs() -> list[Photograph]:
    return list(PICTURES.photographs(person=True))


def found_in(pixels: Pixels) -> bool:
    return bool(detector().detect(frame_of(pixels), detector().thresholds.open))


@cache
def found_by_daylight() -> int:
    return sum(found_in(photo.pixels) for photo in photographs())


@pytest.mark.slow
@needs_pictures
@pytest.mark.parametrize("variant", VARIANTS)
def test_nearly_everybody_is_found_as_by_daylight(variant: str) -> None:
    found = sum(found_in(VARIANTS[variant](photo)) for photo in photographs())
    assert found >= OF_DAYLIGHT * found_by_daylight()


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_variant_is_another_picture_and_always_the_same(variant: str) -> None:
    changed = VARIANTS[variant](CHECKERS)
    assert changed.dtype == np.uint8
    assert changed.shape != CHECKERS.pixels.shape or np.abs(changed.astype(int) - CHECKERS.pixels).mean() > 2
    assert np.array_equal(changed, VARIANTS[variant](CHECKERS))


def test_night_has_no_colour_and_dusk_little_light() -> None:
    red = Photograph(np.full((60, 80, 3), (20, 30, 220), np.uint8))
    night = VARIANTS["infrared"](red)
    assert np.array_equal(night[:, :, 0], night[:, :, 2])
    assert VARIANTS["low light"](CHECKERS).mean() < 0.5 * CHECKERS.pixels.mean()


def test_a_portrait_is_higher_than_wide_and_shows_the_visitor() -> None:
    pixels = np.zeros((90, 160, 3), np.uint8)
    pixels[20:80, 120:140] = 255
    shown = VARIANTS["portrait"](Photograph(pixels, (Box(0.75, 0.2, 0.875, 0.9),)))
    assert shown.shape == (90, 51, 3)
    assert (shown == 255).sum() == (pixels == 255).sum()
