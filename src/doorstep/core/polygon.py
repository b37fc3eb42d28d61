"""Whether a polygon is one: that it encloses something, and does not cross itself.  What lies in it: `zone`, `mask`."""

from collections.abc import Sequence
from itertools import pairwise

from doorstep.core.zone import Point

LEAST_AREA = 1e-6
"""Of a polygon that encloses something: a pixel of a million.  What lies on a line seldom has exactly none."""


def area_of(corners: Sequence[Point]) -> float:
    """Of a polygon that does not cross itself, at least 0 (the shoelace formula, about its first corner)."""
    (x0, y0), *others = corners
    spokes = [(x - x0, y - y0) for x, y in others]
    return abs(sum(a * d - b * c for (a, b), (c, d) in pairwise(spokes))) / 2


def crosses_itself(corners: Sequence[Point]) -> bool:
    """Whether two of its edges cross where neither ends; edges that merely touch do not."""
    edges = list(zip(corners, (*corners[1:], *corners[:1]), strict=True))
    return any(_cross(one, other) for place, one in enumerate(edges) for other in edges[place + 2 :])


def _cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    return _parts(one, other) and _parts(other, one)


def _parts(edge: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Whether the line through the edge has the ends of the other on different sides, none on itself."""
    return _side(edge, other[0]) * _side(edge, other[1]) < 0.0


def _side(edge: tuple[Point, Point], point: Point) -> float:
    (x1, y1), (x2, y2) = edge
    return (x2 - x1) * (point[1] - y1) - (y2 - y1) * (point[0] - x1)
