"""Yes or no for each block of a picture: neighbours, cells, boxes.  What a block shows lives in `block_means`."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from doorstep.core.detection import Box
from doorstep.core.mask import hidden_blocks
from doorstep.core.motion_cluster import Cell, Cluster
from doorstep.core.zone import Point
from doorstep.ports import Frame
from doorstep.vision.block_means import Blocks, block_side

_CELL = 4  # blocks a side: what is that near belongs together

BlockMask = NDArray[np.bool_]


def counted(masks: Sequence[Sequence[Point]], frame: Frame, shape: tuple[int, ...]) -> BlockMask:
    """All blocks of a frame but those of which a mask, a polygon in parts of the picture, touches anything."""
    high, wide = shape
    side = block_side(frame.width, frame.height)
    across, down = frame.width / (wide * side), frame.height / (high * side)
    result = np.ones(shape, np.bool_)
    for block in hidden_blocks([[(x * across, y * down) for x, y in mask] for mask in masks], wide, high, 0).luma:
        result[block.top : block.bottom, block.left : block.right] = False
    return result


def grown(mask: BlockMask) -> BlockMask:
    """With the eight neighbours of each block."""
    down = mask.copy()
    down[1:] |= mask[:-1]
    down[:-1] |= mask[1:]
    both = down.copy()
    both[:, 1:] |= down[:, :-1]
    both[:, :-1] |= down[:, 1:]
    return both


def shrunk(mask: BlockMask) -> BlockMask:
    """Without the blocks that have a neighbour outside the mask; what lies beyond the picture is no neighbour."""
    return ~grown(~mask)


def cells(moved: BlockMask, sharp: BlockMask) -> list[Cell]:
    """Where anything moved, each block in one cell."""
    many, outlines = _counts(moved), _counts(sharp)
    found = np.nonzero(many)
    rows, columns = found[0].tolist(), found[1].tolist()
    return [Cell(*each) for each in zip(rows, columns, many[found].tolist(), outlines[found].tolist(), strict=True)]


def _counts(mask: BlockMask) -> NDArray[np.intp]:
    high, wide = mask.shape
    counts: NDArray[np.intp] = (_cells_along(high) @ mask @ _cells_along(wide).T).astype(np.intp)
    return counts


@cache
def _cells_along(side: int) -> Blocks:
    """A row for each cell, with a 1 for each of its blocks."""
    each: Blocks = (np.arange(-(-side // _CELL))[:, None] == np.arange(side) // _CELL).astype(np.float32)
    return each


def blocks_of(cluster: Cluster, moved: BlockMask) -> BlockMask:
    """Those that moved in the cells of one cluster."""
    high, wide = moved.shape
    grid = np.zeros((-(-high // _CELL), -(-wide // _CELL)), np.bool_)
    grid[[cell.row for cell in cluster.cells], [cell.column for cell in cluster.cells]] = True
    result: BlockMask = grid.repeat(_CELL, axis=0)[:high].repeat(_CELL, axis=1)[:, :wide] & moved
    return result


def box_around(mask: BlockMask, frame: Frame) -> Box:
    """The box of all its blocks, of which there is one at least, in parts of the frame."""
    side = block_side(frame.width, frame.height)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(
        int(columns[0]) * side / frame.width,
        int(rows[0]) * side / frame.height,
        min(1.0, (int(columns[-1]) + 1) * side / frame.width),
        min(1.0, (int(rows[-1]) + 1) * side / frame.height),
    )
