"""A picture as mean brightness of blocks: small, cheap to compare, most of the noise taken out."""

import numpy as np
from numpy.typing import NDArray

from doorstep.ports import Plane

MOST_BLOCKS = 80
"""Along the longer side of a picture."""

_MOST_SAMPLES = 4  # of a block, in each direction

Blocks = NDArray[np.float32]


def block_side(width: int, height: int) -> int:
    """In pixels, of a picture of that size."""
    return max(1, -(-max(width, height) // MOST_BLOCKS))


def block_means(plane: Plane) -> Blocks:
    """Levels 0..255, a row of blocks after the other; an incomplete last row or column of blocks is left out."""
    side = block_side(plane.width, plane.height)
    high, wide = max(1, plane.height // side), max(1, plane.width // side)
    across, down = min(side, plane.width), min(side, plane.height)
    rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, plane.stride)
    rows = rows[: high * down, : wide * across]
    # Down first: whole rows are added at once, which is much the cheaper way round.
    lines = _sampled(down)
    strips = rows[lines[0] :: down].astype(np.uint16)
    for line in lines[1:]:
        strips += rows[line::down]
    columns = _sampled(across)
    sums = strips[:, columns[0] :: across].astype(np.float32)
    for column in columns[1:]:
        sums += strips[:, column::across]
    sums *= np.float32(1 / (len(lines) * len(columns)))
    return sums


def _sampled(side: int) -> range:
    """Which pixels of a block's side are looked at: a few, evenly apart."""
    count = min(side, _MOST_SAMPLES)
    return range(0, side // count * count, side // count)


def smoothed(blocks: Blocks) -> Blocks:
    """Each block's mean with its eight neighbours, the border's with itself beyond it."""
    down = blocks.copy()
    down[1:] += blocks[:-1]
    down[:-1] += blocks[1:]
    down[:1] += blocks[:1]
    down[-1:] += blocks[-1:]
    mean = down.copy()
    mean[:, 1:] += down[:, :-1]
    mean[:, :-1] += down[:, 1:]
    mean[:, :1] += down[:, :1]
    mean[:, -1:] += down[:, -1:]
    mean *= np.float32(1 / 9)
    return mean


def middle(values: Blocks) -> float:
    """The one that half of them do not exceed, 0 where there are none; a fifth of the time of `np.median`."""
    half = values.size // 2
    return float(np.partition(values.ravel(), half)[half]) if values.size else 0.0
