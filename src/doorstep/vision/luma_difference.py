"""How much of the picture moved and where, from brightness alone.  Whether that opens a gate is decided in `core`."""

from collections.abc import Sequence

import numpy as np

from doorstep.core.detection import Box
from doorstep.core.light_step import LightStep
from doorstep.core.motion_cluster import clusters, few
from doorstep.core.zone import Point
from doorstep.ports import Frame
from doorstep.vision.block_background import BlockBackground, above_grain
from doorstep.vision.block_mask import BlockMask, blocks_of, box_around, cells, counted, grown, shrunk
from doorstep.vision.block_means import Blocks, block_means, smoothed
from doorstep.vision.light import Explained, explained, locally_lit

LEAST_AREA = 0.0006
_SUDDEN = 12.0  # levels from one picture to the next
_UNSEEN = np.zeros((0, 0), np.float32)


class LumaDifference:
    """A `ports.MotionScorer`: the blocks that neither light, nor grain, nor a shaking camera make differ.

    They are compared with a background that is learnt: see `BlockBackground`.  A lamp, or a change to infrared, begins
    it anew, and once more when the camera has settled.  Frames come at any rate.  One thread.
    """

    def __init__(self, masks: Sequence[Sequence[Point]] = (), least_area: float = LEAST_AREA) -> None:
        """What a mask, a polygon in parts of the picture, touches never counts.

        Nor does what is smaller than `least_area`, in parts of the picture.
        """
        self._masks = masks
        self._least_area = least_area
        self._light = LightStep()
        self._regions: tuple[Box, ...] = ()
        self._at = 0.0
        self._count(_UNSEEN > 0)
        self._begin(_UNSEEN, 0.0)

    @property
    def regions(self) -> Sequence[Box]:
        """Where it moved in the frame that was scored last, largest first, at most 16.

        None while the camera gets used to a new light: until then anything may look as if it moved.
        """
        return self._regions

    def score(self, frame: Frame) -> float:
        """0 (nothing) to 1 (everything).  The first frame, and the first of another size, scores 0."""
        blocks = block_means(frame.luma())
        another_size = self._counted.shape != blocks.shape
        if another_size:
            self._count(counted(self._masks, frame, blocks.shape))
        seen = smoothed(blocks * self._counted)  # so that nothing under a mask ever tells anything
        if another_size:
            self._begin(seen, frame.at)
            return 0.0
        light = explained(seen, self._background.mean, self._told)
        residual = (seen - light.expected) * self._counted
        least = above_grain(residual, self._counted)
        # What was smoothed is a block wider on each side; what is thinner than a block, as rain is, is then gone.
        moved = shrunk(np.abs(residual) > self._background.needed(least) + light.slack)
        things = self._things(moved, seen, light, least, frame)
        settled = self._light.settles(self._at)
        if self._light.observe(self._at, frame.at, self._changed(moved, seen)):
            self._begin(seen, frame.at)
            return 0.0
        score = float(np.count_nonzero(things)) / things.size
        if self._light.settles(frame.at):
            self._regions = ()
        elif settled:
            self._begin(seen, frame.at)
            return score
        self._background.learn(seen, light.lit, residual, grown(things), frame.at - self._at)
        self._seen = seen
        self._at = frame.at
        return score

    def _count(self, where: BlockMask) -> None:
        self._counted = where
        self._told = where if where.all() else shrunk(shrunk(where))  # beside a mask its edge would seem to move

    def _begin(self, seen: Blocks, at: float) -> None:
        self._background = BlockBackground(seen)
        self._seen = seen
        self._at = at
        self._regions = ()

    def _things(self, moved: BlockMask, seen: Blocks, light: Explained, least: float, frame: Frame) -> BlockMask:
        """The blocks of what counts; their boxes go to `regions`."""
        self._regions = ()
        things = np.zeros_like(moved)
        if not moved.any():
            return things
        local = seen - locally_lit(seen, light.expected)
        sharp = moved & (np.abs(local) > least + light.slack) & (local * (seen - light.expected) > 0)
        fewest = max(1.0, self._least_area * moved.size)
        found = [blocks_of(each, moved) for each in clusters(cells(moved, sharp)) if each.is_thing(fewest)]
        self._regions = few([box_around(each, frame) for each in found])
        for each in found:
            things |= each
        return things

    def _changed(self, moved: BlockMask, seen: Blocks) -> float:
        """The part of what counts at all that is not as it was, or was not so a picture ago."""
        changed = moved | (np.abs(seen - self._seen) > _SUDDEN)
        return float(np.count_nonzero(changed)) / max(1, int(np.count_nonzero(self._counted)))
