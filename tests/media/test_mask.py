"""Masks hide every pixel that they touch, in whatever way the picture is turned."""

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from doorstep.core.mask import Block, hidden_blocks
from doorstep.core.zone import Zone
from doorstep.media.mask import HIDDEN_CHROMA, HIDDEN_LUMA, Paint, Planes, planes_of, unpacked

UNIT = st.floats(0.0, 1.0)
POLYGON = st.lists(st.tuples(UNIT, UNIT), min_size=3, max_size=9).map(tuple)
SIDE = st.integers(1, 24).map(lambda half: 2 * half)
Flags = NDArray[np.bool_]


def drawn(blocks: tuple[Block, ...], width: int, height: int) -> Flags:
    flags = np.zeros((height, width), int)
    for block in blocks:
        assert 0 <= block.top < block.bottom <= height
        assert 0 <= block.left < block.right <= width
        flags[block.top : block.bottom, block.left : block.right] += 1
    assert flags.max(initial=0) <= 1
    return flags.astype(bool)


def noise(width: int, height: int, seed: int = 1) -> Planes:
    # No sample has the colour of a mask, so that a masked pixel can be told.
    packed = np.random.default_rng(seed).integers(140, 236, (height * 3 // 2, width)).astype(np.uint8)
    return unpacked(packed)


@given(POLYGON, SIDE, SIDE, UNIT, UNIT)
def test_every_point_of_a_mask_lies_in_a_hidden_pixel(
    polygon: tuple[tuple[float, float], ...], width: int, height: int, x: float, y: float
) -> None:
    hidden = drawn(hidden_blocks([polygon], width, height).luma, width, height)
    if (x, y) in Zone("mask", polygon):
        assert hidden[min(int(y * height), height - 1), min(int(x * width), width - 1)]


@given(POLYGON, SIDE, SIDE, st.lists(UNIT, min_size=1, max_size=20))
def test_every_edge_of_a_mask_lies_in_hidden_pixels_with_their_neighbours(
    polygon: tuple[tuple[float, float], ...], width: int, height: int, parts: list[float]
) -> None:
    hidden = drawn(hidden_blocks([polygon], width, height).luma, width, height)
    for (x1, y1), (x2, y2) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        for part in parts:
            row, column = int((y1 + (y2 - y1) * part) * height), int((x1 + (x2 - x1) * part) * width)
            around = hidden[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
            assert around.all()


@given(POLYGON, SIDE, SIDE)
def test_what_is_far_from_a_mask_is_shown(polygon: tuple[tuple[float, float], ...], width: int, height: int) -> None:
    hidden = drawn(hidden_blocks([polygon], width, height).luma, width, height)
    rows, columns = np.nonzero(hidden)
    ys, xs = [y * height for _, y in polygon], [x * width for x, _ in polygon]
    assert rows.min() >= int(min(ys)) - 2
    assert rows.max() <= int(max(ys)) + 2
    assert columns.min() >= int(min(xs)) - 2
    assert columns.max() <= int(max(xs)) + 2


def test_a_mask_hides_little_more_than_itself() -> None:
    triangle = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75))
    hidden = drawn(hidden_blocks([triangle], 400, 400).luma, 400, 400)
    assert 20_000 < hidden.sum() < 20_000 + 5 * 3 * 200


def test_the_middle_of_a_star_that_crosses_itself_is_hidden() -> None:
    star = ((0.5, 0.0), (0.8, 1.0), (0.0, 0.4), (1.0, 0.4), (0.2, 1.0))
    assert drawn(hidden_blocks([star], 100, 100).luma, 100, 100)[50, 50]


@given(st.lists(POLYGON, max_size=3), SIDE, SIDE)
def test_a_colour_is_hidden_exactly_where_one_of_its_pixels_is(
    masks: list[tuple[tuple[float, float], ...]], width: int, height: int
) -> None:
    blocks = hidden_blocks(masks, width, height)
    luma = drawn(blocks.luma, width, height)
    chroma = drawn(blocks.chroma, width // 2, height // 2)
    assert (chroma == luma.reshape(height // 2, 2, width // 2, 2).any(axis=(1, 3))).all()


@given(st.lists(POLYGON, max_size=2), SIDE, SIDE, st.sampled_from([0, 90, 180, 270]))
def test_a_picture_is_turned_first_and_masked_as_shown(
    masks: list[tuple[tuple[float, float], ...]], width: int, height: int, rotation: int
) -> None:
    picture = noise(width, height)
    paint = Paint(width, height, masks, rotation)
    shown = unpacked(paint.shown(picture))
    assert shown.luma.shape == ((width, height) if rotation in {90, 270} else (height, width))
    blocks = hidden_blocks(masks, paint.width, paint.height)
    luma = drawn(blocks.luma, paint.width, paint.height)
    chroma = drawn(blocks.chroma, paint.width // 2, paint.height // 2)
    for plane, before, hidden, colour in (
        (shown.luma, picture.luma, luma, HIDDEN_LUMA),
        (shown.u, picture.u, chroma, HIDDEN_CHROMA),
        (shown.v, picture.v, chroma, HIDDEN_CHROMA),
    ):
        turned = before
        for _ in range(rotation // 90):
            turned = turned[::-1].T  # a quarter clockwise
        assert (plane[hidden] == colour).all()
        assert (plane[~hidden] == turned[~hidden]).all()


@pytest.mark.parametrize("name", ["yuv420p", "yuvj422p", "yuv444p", "yuyv422", "bgr24", "gray"])
@pytest.mark.parametrize("size", [(64, 48), (66, 50), (64, 47), (70, 33)])
def test_a_decoded_picture_of_any_format_becomes_planes(name: str, size: tuple[int, int]) -> None:
    width, height = size
    frame = av.VideoFrame(width, height, "gray")
    frame.planes[0].update(bytes([90]) * (frame.planes[0].line_size * height))
    planes = planes_of(frame.reformat(format=name))
    assert planes.luma.shape == (height // 2 * 2, width // 2 * 2)
    assert planes.u.shape == planes.v.shape == (height // 2, width // 2)
    assert np.ptp(planes.luma) <= 2
    assert np.abs(planes.u.astype(int) - 128).max() <= 1


def test_odd_sizes_lose_their_last_row_and_column() -> None:
    frame = av.VideoFrame(33, 31, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes([77]) * (plane.line_size * plane.height))
    planes = planes_of(frame)
    assert planes.luma.shape == (30, 32)
    assert planes.u.shape == (15, 16)


def test_a_picture_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        planes_of(av.VideoFrame(1, 8, "gray"))
