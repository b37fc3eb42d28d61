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
from doorstep.ports import Frame
from doorstep.vision.family import Candidates, Family, Surface
from doorstep.vision.letterbox import Batch, Letterbox, planar

INPUT: Final = "bgr_0_to_255"
"""Our converter's name for an input that the graph itself normalises; another NanoDet would need other pixels."""
STRIDES: Final = (8, 16, 32)
CLASSES: Final = 80
PERSON_CLASS: Final = 0  # of the 80 of COCO
BINS: Final = 11
SIDES: Final = 4
PAD: Final = 0.0


@dataclass(frozen=True, slots=True)
class Nanodet:
    """Float32 NCHW, B G R, raw 0..255, letterboxed top left, padded with black; two outputs a stride, by place."""

    width: int
    height: int
    classes: tuple[int, ...]
    distances: tuple[int, ...]
    thresholds: Thresholds = field(default=Thresholds(open=0.38, keep=0.28))
    overlap: float | None = 0.45

    def prepare(self, frame: Frame) -> tuple[dict[str, Batch], Letterbox]:
        """The inputs by name, and how the picture lies in them."""
        letterbox = Letterbox.of(frame, self.width, self.height)
        return {INPUT: planar(letterbox.picture(frame), self.width, self.height, PAD)}, letterbox

    def candidates(self, outputs: Sequence[NDArray[np.float32]], letterbox: Letterbox, least: float) -> Candidates:
        """Classes are n x 80 and through the sigmoid; distances n x 44: 11 bins for left, top, right, bottom.

        centre = (cell + 0.5) * stride - 0.5, distance = (mean of 0..10 weighted by the bins' softmax) * stride.
        """
        boxes, scores = [], []
        for stride, classes, distances in zip(STRIDES, self.classes, self.distances, strict=True):
            score = outputs[classes][0, :, PERSON_CLASS]
            found = np.flatnonzero(score >= least)
            centres = _centres(self.width, self.height, stride)[found]
            sides = _expected(outputs[distances][0, found].reshape(-1, SIDES, BINS)) * np.float32(stride)
            boxes.append(np.concatenate([centres - sides[:, :2], centres + sides[:, 2:]], axis=1))
            scores.append(score[found])
        scaled = np.concatenate(boxes) / np.float32(letterbox.ratio)
        return Candidates(scaled.astype(np.float32, copy=False), np.concatenate(scores))


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
    if len(surface.inputs) != 1 or (surface.inputs[0].name, surface.inputs[0].kind) != (INPUT, "float32"):
        return None
    match surface.inputs[0].shape:
        case (1, 3, int(height), int(width)):
            places = {output.shape: place for place, output in enumerate(surface.outputs)}
        case _:
            return None
    cells = [(width // stride) * (height // stride) for stride in STRIDES]
    wanted = [(1, count, values) for values in (CLASSES, SIDES * BINS) for count in cells]
    if len(surface.outputs) != len(wanted) or set(places) != set(wanted):
        return None
    found = tuple(places[shape] for shape in wanted)
    return Nanodet(width, height, found[: len(cells)], found[len(cells) :])
