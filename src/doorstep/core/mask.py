"""Which pixels a privacy mask hides: polygons of the shown picture -> blocks of pixels.  Painting is elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor

from doorstep.core.zone import Point

Spans = tuple[tuple[int, int], ...]
"""Columns [first, last) of one row, from left to right, apart from each other."""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows [top, bottom) and columns [left, right) of one plane."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class HiddenBlocks:
    """What is painted over: in the brightness plane, and in each colour plane of half its width and height."""

    luma: tuple[Block, ...]
    chroma: tuple[Block, ...]


def hidden_blocks(masks: Sequence[Sequence[Point]], width: int, height: int, margin: int = 1) -> HiddenBlocks:
    """Every pixel that a polygon touches and `margin` pixels around it; corners are in parts of width and height.

    A polygon that crosses itself hides its whole inside (every non-zero winding number), so that in doubt more is
    hidden than meant.  A colour sample is hidden if one of its four pixels is.  Blocks of a plane do not overlap.
    """
    rows: list[list[tuple[int, int]]] = [[] for _ in range(height)]
    for mask in masks:
        corners = [(x * width, y * height) for x, y in mask]
        for row in range(height):
            rows[row] += _touched(corners, row - margin, row + 1 + margin)
    luma = [_widened(spans, margin, width) for spans in rows]
    chroma = [_halved(luma[row : row + 2]) for row in range(0, height, 2)]
    return HiddenBlocks(tuple(_blocks(luma)), tuple(_blocks(chroma)))


def _touched(corners: Sequence[Point], top: float, bottom: float) -> list[tuple[int, int]]:
    """The columns over which a part of the polygon lies between two heights.

    From any point inside, the way straight up leaves the polygon through an edge or reaches the upper height inside
    it: so the edges between the heights and the inside at the upper one cover all columns.
    """
    spans: list[tuple[int, int]] = []
    crossings: list[tuple[float, int]] = []
    for (x1, y1), (x2, y2) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if min(y1, y2) > bottom or max(y1, y2) < top:
            continue
        first, last = _clipped((x1, y1), (x2, y2), top, bottom)
        spans.append((floor(min(first, last)), floor(max(first, last)) + 1))
        if (y1 <= top) != (y2 <= top):
            crossings.append((first if y1 <= top else last, 1 if y1 <= top else -1))
    winding = 0
    crossings.sort()
    for (x, turn), (next_x, _) in pairwise(crossings):
        winding += turn
        if winding:
            spans.append((floor(x), ceil(next_x)))
    return spans


def _clipped(start: Point, end: Point, top: float, bottom: float) -> tuple[float, float]:
    """Where the edge is at its first and its last point between the heights, from `start` to `end`; columns only."""
    (x1, y1), (x2, y2) = start, end
    if y1 == y2:
        return x1, x2

    def at(y: float) -> float:
        return x1 + (x2 - x1) * (y - y1) / (y2 - y1)

    return at(min(max(y1, top), bottom)), at(min(max(y2, top), bottom))


def _widened(spans: Iterable[tuple[int, int]], margin: int, width: int) -> Spans:
    return _merged((max(0, first - margin), min(width, last + margin)) for first, last in spans)


def _halved(rows: Iterable[Spans]) -> Spans:
    return _merged((first // 2, (last + 1) // 2) for spans in rows for first, last in spans)


def _merged(spans: Iterable[tuple[int, int]]) -> Spans:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        elif first < last:
            merged.append((first, last))
    return tuple(merged)


def _blocks(rows: Sequence[Spans]) -> Iterable[Block]:
    """Rows with the same spans, one below the other, are one block each."""
    top = 0
    for row in range(1, len(rows) + 1):
        if row == len(rows) or rows[row] != rows[top]:
            for left, right in rows[top]:
                yield Block(top, row, left, right)
            top = row
