"""Which pixels a mask hides: no more arithmetic than the rule itself, pixel by pixel."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.mask import Block, hidden_blocks
from doorstep.core.zone import Point

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
# Eighths are exact in floating point: the expected answer can be reckoned exactly as well.
EIGHTHS = st.integers(0, 8).map(lambda eighth: eighth / 8)
POLYGONS = st.lists(st.lists(st.tuples(EIGHTHS, EIGHTHS), min_size=3, max_size=6), max_size=3)
SIDES = st.sampled_from([2, 4, 8, 12])


def pixels(blocks: tuple[Block, ...]) -> set[tuple[int, int]]:
    """Rows and columns; each in one block only."""
    found = [
        (row, column)
        for block in blocks
        for row in range(block.top, block.bottom)
        for column in range(block.left, block.right)
    ]
    assert len(found) == len(set(found))
    return set(found)


def winding(polygon: list[Point], x: Fraction, y: Fraction) -> int:
    """How often the polygon goes around a point that lies on no corner's height."""
    total = 0
    for (x1, y1), (x2, y2) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (y1 <= y) == (y2 <= y):
            continue
        crossing = Fraction(x1) + (y - Fraction(y1)) * (Fraction(x2) - Fraction(x1)) / (Fraction(y2) - Fraction(y1))
        if crossing > x:
            total += 1 if y1 < y2 else -1
    return total


def test_a_half_is_hidden_with_a_pixel_around_it() -> None:
    assert hidden_blocks([LEFT_HALF], 16, 8).luma == (Block(0, 8, 0, 10),)
    assert hidden_blocks([LEFT_HALF], 16, 8).chroma == (Block(0, 4, 0, 5),)


def test_nothing_is_hidden_without_a_mask() -> None:
    assert hidden_blocks([], 16, 8) == hidden_blocks([], 16, 8, margin=3)
    assert hidden_blocks([], 16, 8).luma == hidden_blocks([], 16, 8).chroma == ()


def test_a_wider_margin_hides_more_around() -> None:
    square = ((0.5, 0.5), (0.75, 0.5), (0.75, 0.75), (0.5, 0.75))
    narrow, wide = (pixels(hidden_blocks([square], 32, 32, margin).luma) for margin in (1, 3))
    assert narrow < wide
    assert (16 - 3, 16 - 3) in wide
    assert (16 - 3, 16 - 3) not in narrow


def test_a_mask_beside_the_picture_hides_nothing() -> None:
    beside = ((1.5, 0.0), (2.0, 0.0), (2.0, 1.0))
    assert hidden_blocks([beside], 16, 8).luma == ()


def test_masks_that_lie_over_each_other_are_one() -> None:
    assert hidden_blocks([LEFT_HALF, LEFT_HALF], 16, 8) == hidden_blocks([LEFT_HALF], 16, 8)


@pytest.mark.parametrize("side", [0.0, 1.0])
def test_a_line_at_the_edge_of_the_picture_hides_the_edge(side: float) -> None:
    line = ((side, 0.0), (side, 1.0), (side, 0.5))
    columns = {column for _, column in pixels(hidden_blocks([line], 16, 8).luma)}
    assert columns == ({0, 1} if side == 0.0 else {15})


@settings(deadline=None)
@given(POLYGONS, SIDES, SIDES)
def test_every_pixel_whose_middle_is_in_a_mask_is_hidden(masks: list[list[Point]], width: int, height: int) -> None:
    hidden = pixels(hidden_blocks(masks, width, height).luma)
    for row in range(height):
        for column in range(width):
            # Not quite the middle, so that it lies at the height of no corner.
            x, y = (Fraction(2 * place + 1, 2) + Fraction(1, 1009) for place in (column, row))
            if any(winding(mask, x / width, y / height) for mask in masks):
                assert (row, column) in hidden


@settings(deadline=None)
@given(POLYGONS, SIDES, SIDES)
def test_a_colour_is_hidden_where_one_of_its_four_pixels_is(masks: list[list[Point]], width: int, height: int) -> None:
    blocks = hidden_blocks(masks, width, height)
    assert pixels(blocks.chroma) == {(row // 2, column // 2) for row, column in pixels(blocks.luma)}
