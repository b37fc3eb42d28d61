"""A part of a frame, as a frame."""

import io

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from doorstep.core.detection import Box
from doorstep.media.crop import CroppedFrame
from doorstep.media.frame import DecodedFrame
from doorstep.ports import Plane

RIGHT_LOWER = Box(0.5, 0.5, 1.0, 1.0)


def quarters() -> DecodedFrame:
    """640x480: black, red, green and blue, row by row."""
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[:240, 320:], picture[240:, :320], picture[240:, 320:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    return DecodedFrame(av.VideoFrame.from_ndarray(picture, format="rgb24"), at=3.0, captured_at=4.0)


def rows(plane: Plane) -> NDArray[np.uint8]:
    samples = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height]
    return samples.reshape(plane.height, plane.stride)[:, : plane.width]


def test_a_part_has_its_own_size_and_the_times_of_the_whole() -> None:
    crop = CroppedFrame(quarters(), RIGHT_LOWER)
    assert (crop.width, crop.height, crop.at, crop.captured_at) == (320, 240, 3.0, 4.0)
    assert crop.box == RIGHT_LOWER


@pytest.mark.parametrize(
    ("box", "colour"),
    [
        (Box(0.0, 0.0, 0.5, 0.5), (0, 0, 0)),
        (Box(0.5, 0.0, 1.0, 0.5), (0, 0, 255)),
        (Box(0.0, 0.5, 0.5, 1.0), (0, 255, 0)),
        (RIGHT_LOWER, (255, 0, 0)),
    ],
)
@pytest.mark.parametrize("size", [(416, 312), (320, 240), (100, 75)])
def test_only_the_part_is_seen_at_any_size(box: Box, colour: tuple[int, int, int], size: tuple[int, int]) -> None:
    width, height = size
    plane = CroppedFrame(quarters(), box).bgr(width, height)
    assert (plane.width, plane.height) == (3 * width, height)
    inner = rows(plane).reshape(height, width, 3)[8:-8, 8:-8]
    assert np.abs(inner.astype(int) - colour).max() <= 2


def test_brightness_is_the_part_s() -> None:
    whole = quarters()
    plane = CroppedFrame(whole, RIGHT_LOWER).luma()
    assert (plane.width, plane.height) == (320, 240)
    assert (rows(plane) == rows(whole.luma())[240:, 320:]).all()


def test_the_jpeg_shows_the_part() -> None:
    jpeg = CroppedFrame(quarters(), RIGHT_LOWER).jpeg(160, 160, 90)
    with av.open(io.BytesIO(jpeg), mode="r", format="jpeg_pipe") as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert picture.shape == (120, 160, 3)
    assert np.abs(picture[20:-20, 20:-20].astype(int) - (0, 0, 255)).max() < 12


PART = st.floats(0.0, 1.0)


@given(PART, PART, PART, PART, st.integers(1, 500), st.integers(1, 500))
def test_any_part_at_any_size_is_a_picture_that_lies_in_the_whole(
    x1: float, x2: float, y1: float, y2: float, width: int, height: int
) -> None:
    small = DecodedFrame(av.VideoFrame(64, 48, "yuv420p"), at=0.0, captured_at=0.0)
    box = Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    crop = CroppedFrame(small, box)
    assert 1 <= crop.width <= 64
    assert 1 <= crop.height <= 48
    assert crop.box.left <= box.left + 1e-9 or box.left == 1.0
    assert crop.box.right >= box.right - 1e-9
    if width <= 4 * crop.width and height <= 4 * crop.height:
        plane = crop.bgr(width, height)
        assert rows(plane).shape == (height, 3 * width)
