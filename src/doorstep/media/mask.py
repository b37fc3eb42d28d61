"""Turns and masks raw pictures before anybody sees them.  Which pixels a mask hides is told in `core.mask`."""

from collections.abc import Sequence
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from doorstep.core.mask import HiddenBlocks, hidden_blocks
from doorstep.core.zone import Point

Pixels = NDArray[np.uint8]
Masks = Sequence[Sequence[Point]]

HIDDEN_LUMA, HIDDEN_CHROMA = 32, 128
"""A dark grey in every range and colour space of YCbCr."""


@dataclass(frozen=True, slots=True)
class Planes:
    """One yuv420p picture: brightness height x width, both even, U and V half of each; views are welcome."""

    luma: Pixels
    u: Pixels
    v: Pixels


class Paint:
    """What is done to each picture of one size, prepared once.  One thread."""

    def __init__(self, width: int, height: int, masks: Masks, rotation: int) -> None:
        """Even width and height as they come; `rotation` in degrees clockwise: 0, 90, 180, 270."""
        self._turns = -rotation // 90 % 4  # numpy turns the other way
        self.width, self.height = (height, width) if self._turns % 2 else (width, height)
        self._hidden = hidden_blocks(masks, self.width, self.height)

    def shown(self, picture: Planes) -> Pixels:
        """A new picture, turned and masked, as encoders take it: (height * 3 / 2) x width, brightness, then U, V."""
        width, height = self.width, self.height
        packed = np.empty((height * 3 // 2, width), np.uint8)
        canvas = unpacked(packed)
        for under, plane in ((canvas.luma, picture.luma), (canvas.u, picture.u), (canvas.v, picture.v)):
            under[:] = np.rot90(plane, self._turns)
        hide(canvas, self._hidden)
        return packed


def hide(picture: Planes, hidden: HiddenBlocks) -> None:
    """Paint over what is hidden, in place."""
    for block in hidden.luma:
        picture.luma[block.top : block.bottom, block.left : block.right] = HIDDEN_LUMA
    for block in hidden.chroma:
        for plane in (picture.u, picture.v):
            plane[block.top : block.bottom, block.left : block.right] = HIDDEN_CHROMA


def unpacked(packed: Pixels) -> Planes:
    """The planes in a contiguous picture of (height * 3 / 2) x width: views of it."""
    height, width = packed.shape[0] * 2 // 3, packed.shape[1]
    quarter = (height // 2, width // 2)
    flat = packed.reshape(-1)
    u, v = height * width, height * width * 5 // 4
    return Planes(packed[:height], flat[u:v].reshape(quarter), flat[v:].reshape(quarter))


def planes_of(frame: av.VideoFrame) -> Planes:
    """A decoded picture of any format as yuv420p, limited range; an odd last row or column is left out.

    The planes may be views of the frame: nobody writes into them.  Raises ValueError for a picture below 2 x 2.
    """
    width, height = frame.width // 2 * 2, frame.height // 2 * 2
    if not width or not height:
        msg = f"a picture of {frame.width}x{frame.height} is too small"
        raise ValueError(msg)
    picture = frame if frame.format.name == "yuv420p" else frame.reformat(format="yuv420p", threads=1)
    luma, u, v = (
        np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height].reshape(
            plane.height, plane.line_size
        )
        for plane in picture.planes
    )
    half = (slice(height // 2), slice(width // 2))
    return Planes(luma[:height, :width], u[half], v[half])
