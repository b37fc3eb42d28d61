"""How much of the picture moved, from brightness alone.  Whether that opens a gate is decided in `core`."""

import math

import numpy as np
from numpy.typing import NDArray

from doorstep.ports import Frame, Plane

_SAMPLES_WIDE = 320  # at most, and more than half of it
_BLOCK = 8  # samples a side: their mean takes the noise out
_LEAST_CHANGE = 9.0  # levels of brightness, of a block's mean
_MOST_RESTLESS = 30.0
_RESTLESS_FACTOR = 2.0
_BACKGROUND_SECONDS = 6.0
_RESTLESS_SECONDS = 20.0
_LONGEST_STEP_SECONDS = 2.0

Blocks = NDArray[np.float32]


class LumaDifference:
    """A `ports.MotionScorer`: the part of the picture's blocks that differ from a slowly learnt background.

    Light that changes everywhere at once, by an amount or by a factor, is taken out first.  A block that keeps
    changing (leaves, a clock in the picture) is learnt to be restless and needs more.  One thread.
    """

    def __init__(self) -> None:
        self._background: Blocks | None = None
        self._restless: Blocks = np.zeros(0, np.float32)
        self._at = 0.0

    def score(self, frame: Frame) -> float:
        """0 (nothing) to 1 (everything).  The first frame, and the first of another size, scores 0."""
        blocks = block_means(frame.luma())
        background = self._background
        if background is None or background.shape != blocks.shape:
            self._background = blocks
            self._restless = np.zeros_like(blocks)
            self._at = frame.at
            return 0.0
        change = _change(blocks, background)
        needed = np.clip(_RESTLESS_FACTOR * self._restless, _LEAST_CHANGE, _MOST_RESTLESS)
        score = float(np.count_nonzero(change > needed)) / change.size
        self._learn(blocks, change, min(_LONGEST_STEP_SECONDS, max(0.0, frame.at - self._at)))
        self._at = frame.at
        return score

    def _learn(self, blocks: Blocks, change: Blocks, seconds: float) -> None:
        if self._background is not None:
            self._background = self._background + _share(seconds, _BACKGROUND_SECONDS) * (blocks - self._background)
        capped = np.minimum(change, _MOST_RESTLESS)
        self._restless = self._restless + _share(seconds, _RESTLESS_SECONDS) * (capped - self._restless)


def block_means(plane: Plane) -> Blocks:
    """Mean brightness of blocks of about 1/40 of the picture's width a side; an incomplete last row is left out."""
    step = max(1, math.ceil(plane.width / _SAMPLES_WIDE))
    rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, plane.stride)
    samples = rows[::step, : plane.width : step]
    side = min(_BLOCK, *samples.shape)
    high, wide = samples.shape[0] // side, samples.shape[1] // side
    # Down first: whole rows are added at once, which is much the cheaper way round.
    strips = samples[: high * side, : wide * side].reshape(high, side, wide * side).sum(axis=1, dtype=np.uint16)
    sums = strips.reshape(high, wide, side).sum(axis=2, dtype=np.uint16)
    means: Blocks = sums.astype(np.float32) / np.float32(side * side)
    return means


def _change(blocks: Blocks, background: Blocks) -> Blocks:
    """What neither brighter light (a shift) nor stronger light (a factor) explains, in levels."""
    difference = blocks - background
    shifted = np.abs(difference - np.median(difference))
    factor = np.median(blocks / np.maximum(background, 1.0))
    scaled = np.abs(blocks - background * np.float32(factor))
    change: Blocks = np.minimum(shifted, scaled)
    return change


def _share(seconds: float, memory: float) -> np.float32:
    """How much of something new is learnt in that time, by a memory that long."""
    return np.float32(1.0 - math.exp(-seconds / memory))
