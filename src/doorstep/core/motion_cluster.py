"""What belongs together of what changed, and is it a thing or a light?  Cells in, boxes out; pixels are elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from doorstep.core.detection import Box
from doorstep.core.region import MOST_BOXES


@dataclass(frozen=True, slots=True)
class Cell:
    """A few blocks of a picture: how many of them changed, and how many of those no smooth light explains."""

    row: int
    column: int
    moved: int
    sharp: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """Cells that touch, at a side or a corner."""

    cells: tuple[Cell, ...]

    def is_thing(self, least: float) -> bool:
        """Whether at least so many blocks have an outline, and as many of them as a thing of that size has.

        A thing has edges where light fades: a square of n blocks has 4 * sqrt(n) of them along its sides.
        """
        moved = sum(cell.moved for cell in self.cells)
        return sum(cell.sharp for cell in self.cells) >= max(least, sqrt(moved))


def clusters(cells: Sequence[Cell]) -> tuple[Cluster, ...]:
    """Each cell in one cluster; two cells that touch are in the same."""
    wide = max((cell.column for cell in cells), default=0) + 2  # one more: nothing touches over the end of a row
    around = (-wide - 1, -wide, -wide + 1, -1, 1, wide - 1, wide, wide + 1)
    waiting = {cell.row * wide + cell.column: cell for cell in cells}
    found: list[Cluster] = []
    while waiting:
        _, first = waiting.popitem()
        together = [first]
        for cell in together:  # grows while it is walked through
            place = cell.row * wide + cell.column
            for step in around:
                neighbour = waiting.pop(place + step, None)
                if neighbour is not None:
                    together.append(neighbour)
        found.append(Cluster(tuple(together)))
    return tuple(found)


def few(boxes: Sequence[Box], most: int = MOST_BOXES) -> tuple[Box, ...]:
    """At most so many boxes that hold all of these, largest first; the smallest join whom they widen least."""
    by_area = sorted(boxes, key=lambda box: -box.area)
    kept = by_area[:most]
    for box in by_area[most:]:
        hulls = [box.hull(other) for other in kept]
        nearest = min(range(len(kept)), key=lambda at: hulls[at].area - kept[at].area)
        kept[nearest] = hulls[nearest]
    return tuple(sorted(kept, key=lambda box: -box.area))
