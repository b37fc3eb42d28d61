"""YOLOX: how it is fed and what its numbers mean.  Other families that decode alike join here; NMS is elsewhere.

Source: Megvii-BaseDetection/YOLOX, `yolox/data/data_augment.py` (preproc) and `yolox/utils/demo_utils.py`
(demo_postprocess).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from doorstep.core.detection import Thresholds
from doorstep.ports import Frame
from doorstep.vision.family import Candidates, Family, Surface
from doorstep.vision.letterbox import Batch, Letterbox, planar

STRIDES = (8, 16, 32)
PAD = 114.0
PERSON_CLASS = 0  # of the 80 of COCO
BOX_AND_OBJECTNESS = 5


@dataclass(frozen=True, slots=True)
class Yolox:
    """Float32 NCHW, B G R, raw 0..255, letterboxed top left, padded with 114; one row a cell of three grids."""

    input_name: str
    width: int
    height: int
    thresholds: Thresholds = field(default=Thresholds(open=0.35, keep=0.22))
    overlap: float | None = 0.45

    def prepare(self, frame: Frame) -> tuple[dict[str, Batch], Letterbox]:
        """The inputs by name, and how the picture lies in them."""
        letterbox = Letterbox.of(frame, self.width, self.height)
        batch = planar(letterbox.picture(frame), self.width, self.height, PAD)
        return {self.input_name: batch}, letterbox

    def candidates(self, outputs: Sequence[NDArray[np.float32]], letterbox: Letterbox, least: float) -> Candidates:
        """Rows are x, y, log w, log h, objectness, 80 classes; the last 81 have been through the sigmoid already.

        centre = (xy + cell) * stride, size = exp(wh) * stride, score = objectness * class.
        """
        rows = outputs[0][0]
        scores = rows[:, 4] * rows[:, BOX_AND_OBJECTNESS + PERSON_CLASS]
        found = np.flatnonzero(scores >= least)
        cells, strides = _grid(self.width, self.height)
        centres = (rows[found, 0:2] + cells[found]) * strides[found]
        with np.errstate(over="ignore"):  # what is no box is infinite, and for the detector to refuse
            halves = np.exp(rows[found, 2:4]) * strides[found] / 2
        boxes = np.concatenate([centres - halves, centres + halves], axis=1) / np.float32(letterbox.ratio)
        return Candidates(boxes.astype(np.float32, copy=False), scores[found])


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
    """One input [1, 3, H, W] of known size, one output [1, cells, 85]."""
    if len(surface.inputs) != 1 or len(surface.outputs) != 1 or surface.inputs[0].kind != "float32":
        return None
    match surface.inputs[0].shape, surface.outputs[0].shape:
        case (1, 3, int(height), int(width)), (1, int(rows), 85) if rows == cell_count(width, height):
            return Yolox(surface.inputs[0].name, width, height)
        case _:
            return None
