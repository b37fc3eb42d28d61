"""NanoDet-g as `nanodet_convert.py` writes it: how it is fed and what its numbers mean.  NMS is elsewhere.

Source: RangiLyu/nanodet 0.3, `nanodet/data/transform/warp.py` (letterbox, black border) and
`nanodet/model/head/gfl_head.py` (Integral, distance2bbox; Generalized Focal Loss, arXiv 2006.04388).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorstep.core.detection import Thresholds
from doorstep.vision.classes import COCO_CLASSES
from doorstep.vision.family import PERSON_CLASSES, Candidates, Family, Inputs, Outputs, Surface, best_of
from doorstep.vision.letterbox import Letterbox, Picture, planar

INPUT: Final = "bgr_0_to_255"
"""Our converter's name for an input that the graph itself normalises; another NanoDet would need other pixels."""
STRIDES: Final = (8, 16, 32)
BINS: Final = 11
SIDES: Final = 4
PAD: Final = 0.0


@dataclass(frozen=True, slots=True)
class Nanodet:
    """Float32 NCHW, B G R, raw 0..255, letterboxed top left, padded with black; two outputs a stride, by place."""

    width: int
    height: int
    scores: tuple[int, ...]
    distances: tuple[int, ...]
    thresholds: Thresholds = field(default=Thresholds(open=0.38, keep=0.28))
    overlap: float | None = 0.45

    def prepare(self, frame: Picture) -> tuple[Inputs, Letterbox]:
        """The inputs by name, and how the picture lies in them."""
        letterbox = Letterbox.of(frame, self.width, self.height)
        return {INPUT: planar(letterbox, frame, self.width, self.height, PAD)}, letterbox

    def candidates(
        self, outputs: Outputs, letterbox: Letterbox, least: float, classes: Sequence[int] = PERSON_CLASSES
    ) -> Candidates:
        """Scores are n x 80 and through the sigmoid; distances n x 44: 11 bins for left, top, right, bottom.

        centre = (cell + 0.5) * stride - 0.5, distance = (mean of 0..10 weighted by the bins' softmax) * stride.
        """
        boxes, scores = [], []
        for stride, of_cells, distances in zip(STRIDES, self.scores, self.distances, strict=True):
            score = best_of(outputs[of_cells][0], classes)
            found = np.flatnonzero(score >= least)
            centres = _centres(self.width, self.height, stride)[found]
            sides = _expected(outputs[distances][0, found].reshape(-1, SIDES, BINS)) * np.float32(stride)
            boxes.append(np.concatenate([centres - sides[:, :2], centres + sides[:, 2:]], axis=1))
            scores.append(score[found])
        return Candidates(letterbox.in_picture(np.concatenate(boxes)), np.concatenate(scores))


def _expected(bins: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean bin, n x 4, of n x 4 x 11 logits."""
    weights = np.exp(bins - bins.max(axis=2, keepdims=True))
    mean: NDArray[np.float32] = weights @ np.arange(BINS, dtype=np.float32) / weights.sum(axis=2)
    return mean


@cache
def _centres(width: int, height: int, stride: int) -> NDArray[np.float32]:
    """Column and row of each cell's centre in pixels of the input, n x 2, row-major."""
    rows, columns = np.mgrid[: height // stride, : width // stride]
    cells = np.stack([columns.ravel(), rows.ravel()], axis=1)
    return ((cells + 0.5) * stride - 0.5).astype(np.float32)


def recognise_nanodet(surface: Surface) -> Family | None:
    """One input of our converter's name, [1, 3, H, W]; for each stride an output [1, n, 80] and one [1, n, 44]."""
    if surface.picture is None or len(surface.inputs) != 1 or surface.picture[0] != INPUT:
        return None
    _, width, height = surface.picture
    places = {output.shape: place for place, output in enumerate(surface.outputs)}
    cells = [(width // stride) * (height // stride) for stride in STRIDES]
    wanted = [(1, count, values) for values in (COCO_CLASSES, SIDES * BINS) for count in cells]
    if len(surface.outputs) != len(wanted) or set(places) != set(wanted):
        return None
    found = tuple(places[shape] for shape in wanted)
    return Nanodet(width, height, found[: len(cells)], found[len(cells) :])
