"""How sharp a part of a picture is, from brightness alone.  What a sharp picture is worth: `core/still_choice`."""

import numpy as np

from doorstep.core.detection import Box
from doorstep.ports import Frame

# Larger boxes are averaged down to about so many rows: a near person is not blurred for having more pixels.
_ROWS = 160
_LEAST_SIDE = 3


def sharpness(frame: Frame, box: Box) -> float:
    """Variance of the Laplacian (4 neighbours) of the box's luma, 0 for what is flat or too small to say.

    After Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.  Safe from any thread;
    under a millisecond for a person in a 1080p picture.
    """
    plane = frame.luma()
    rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, plane.stride)
    left, right = int(box.left * plane.width), int(box.right * plane.width)
    cut = rows[int(box.top * plane.height) : int(box.bottom * plane.height), left:right]
    side = max(1, cut.shape[0] // _ROWS)
    high, wide = cut.shape[0] // side, cut.shape[1] // side
    if min(high, wide) < _LEAST_SIDE:
        return 0.0
    blocks = cut[: high * side, : wide * side].reshape(high, side, wide, side)
    luma = blocks.sum(axis=(1, 3), dtype=np.uint32).astype(np.float32) / np.float32(side * side)
    around = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    return float(np.var(around - 4.0 * luma[1:-1, 1:-1]))
