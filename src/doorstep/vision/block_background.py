"""What the blocks of a picture show while nobody is there, and how restless each of them is.  Learns by the second."""

import math

import numpy as np

from doorstep.vision.block_mask import BlockMask
from doorstep.vision.block_means import Blocks, middle

_SETTLES_SECONDS = 6.0
_RESTLESS_SECONDS = 30.0
_PARKED_SECONDS = 45.0
_LONGEST_STEP_SECONDS = 2.0
_LEAST_CHANGE = 5.0  # levels
_MOST_NEEDED = 40.0
_RESTLESS_FACTOR = 4.0
_GRAIN_FACTOR = 5.0


class BlockBackground:
    """Of one size of picture.  Whatever comes into it becomes a part of it once it has stood still for 45 s.

    All rates are by the second, so that it learns alike from four pictures a second and from a key frame now and then.
    """

    def __init__(self, blocks: Blocks) -> None:
        self.mean = blocks.copy()
        self._shown = blocks.copy()
        self._stood_for = np.zeros_like(blocks)
        self._restless = np.zeros_like(blocks)
        self._residual: Blocks | None = None
        self._learnt = 1

    def needed(self, least: float) -> Blocks:
        """How large what light leaves unexplained has to be for each block to have moved, in levels.

        At least so much, and more than the block's own restlessness.
        """
        needed: Blocks = np.clip(_RESTLESS_FACTOR * self._restless, least, _MOST_NEEDED)
        return needed

    def learn(self, blocks: Blocks, lit: Blocks, residual: Blocks, things: BlockMask, seconds: float) -> None:
        """From a picture that came `seconds` after the last; `lit` is the mean under its light.

        Where `things` are, nothing is learnt but the light, and that as slowly as elsewhere: faster would be twice.
        """
        seconds = min(_LONGEST_STEP_SECONDS, max(0.0, seconds))
        if self._residual is not None:
            restless = np.abs(residual - self._residual)
            np.minimum(restless, np.float32(_MOST_NEEDED), out=restless)
            restless -= self._restless
            restless *= _share(seconds, _RESTLESS_SECONDS)
            self._restless += restless
        self._residual = residual
        self._learnt += 1
        change = blocks - self.mean
        change[things] = (lit - self.mean)[things]
        change *= max(_share(seconds, _SETTLES_SECONDS), np.float32(1 / self._learnt))
        self.mean += change
        self._park(blocks, things, seconds)

    def _park(self, blocks: Blocks, things: BlockMask, seconds: float) -> None:
        shown, shows = self._shown[things], blocks[things]
        still = np.abs(shows - shown) < np.maximum(np.float32(_LEAST_CHANGE), _RESTLESS_FACTOR * self._restless[things])
        stood_for = np.where(still, self._stood_for[things] + np.float32(seconds), np.float32(0.0))
        self._stood_for.fill(0.0)
        self._stood_for[things] = stood_for
        self._shown[things] = np.where(still, shown + _share(seconds, _SETTLES_SECONDS) * (shows - shown), shows)
        parked = self._stood_for >= _PARKED_SECONDS
        self.mean[parked] = blocks[parked]


def above_grain(residual: Blocks, counted: BlockMask) -> float:
    """More levels than this picture's grain, which half of the blocks show that count."""
    grain = middle(np.abs(residual[::3, ::3][counted[::3, ::3]]))
    return min(max(_LEAST_CHANGE, _GRAIN_FACTOR * grain), _MOST_NEEDED)


def _share(seconds: float, memory: float) -> np.float32:
    """How much of something new is learnt in that time, by a memory that long."""
    return np.float32(1.0 - math.exp(-seconds / memory))
