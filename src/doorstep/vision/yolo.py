"""YOLOX: how it is fed and what its numbers mean.  NMS is elsewhere.

Source: Megvii-BaseDetection/YOLOX, `yolox/data/data_augment.py` (preproc) and `yolox/utils/demo_utils.py`
(demo_postprocess).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from doorstep.core.detection import Thresholds
from doorstep.vision.family import PERSON_CLASSES, Candidates, Family, Inputs, Outputs, Surface, best_of
from doorstep.vision.letterbox import Letterbox, Picture, planar

STRIDES = (8, 16, 32)
PAD = 114.0
BOX_AND_OBJECTNESS = 5


@dataclass(frozen=True, slots=True)
class Yolox:
    """Float32 NCHW, B G R, raw 0..255, letterboxed top left, padded with 114; one row a cell of three grids."""

    input_name: str
    width: int
    height: int
    thresholds: Thresholds = field(default=Thresholds(open=0.35, keep=0.22))
    overlap: float | None = 0.45

    def prepare(self, frame: Picture) -> tuple[Inputs, Letterbox]:
        """The inputs by name, and how the picture lies in them."""
        letterbox = Letterbox.of(frame, self.width, self.height)
        return {self.input_name: planar(letterbox, frame, self.width, self.height, PAD)}, letterbox

    def candidates(
        self, outputs: Outputs, letterbox: Letterbox, least: float, classes: Sequence[int] = PERSON_CLASSES
    ) -> Candidates:
        """Rows are x, y, log w, log h, objectness, classes; all from objectness on have been through the sigmoid.

        centre = (xy + cell) * stride, size = exp(wh) * stride, score = objectness * class.
        """
        rows = outputs[0][0]
        scores = rows[:, 4] * best_of(rows[:, BOX_AND_OBJECTNESS:], classes)
        found = np.flatnonzero(scores >= least)
        cells, strides = _grid(self.width, self.height)
        centres = (rows[found, 0:2] + cells[found]) * strides[found]
        with np.errstate(over="ignore"):  # what is no box is infinite, and for the detector to refuse
            halves = np.exp(rows[found, 2:4]) * strides[found] / 2
        boxes = np.concatenate([centres - halves, centres + halves], axis=1)
        return Candidates(letterbox.in_picture(boxes), scores[found])


@cache
def _grid(width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Column and row of each cell, n x 2, and its stride, n x 1: grid after grid, each row-major."""
    cells, strides = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


def cell_count(width: int, height: int) -> int:
    """How many rows YOLOX answers with: one anchor a cell (3549 at 416 x 416); YOLOv5 has three."""
    return sum((width // stride) * (height // stride) for stride in STRIDES)


def recognise_yolox(surface: Surface) -> Family | None:
    """One picture of known size in, one output [1, cells, 5 + classes]."""
    if surface.picture is None or len(surface.inputs) != 1 or len(surface.outputs) != 1:
        return None
    name, width, height = surface.picture
    rows = (cell_count(width, height), BOX_AND_OBJECTNESS + surface.classes)
    return Yolox(name, width, height) if surface.outputs[0].shape == (1, *rows) else None
