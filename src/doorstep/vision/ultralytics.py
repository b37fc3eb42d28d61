"""YOLOv5, YOLOv8 to 12, and end-to-end YOLOv10 and 26: how they are fed, what their numbers mean.  NMS is elsewhere.

Source: ultralytics/yolov5 `models/yolo.py` (Detect), ultralytics/ultralytics `nn/modules/head.py` (Detect, v10Detect)
and `cfg/default.yaml`.  Their weights are AGPL-3.0: the owner's own file, never fetched.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doorstep.core.detection import Thresholds
from doorstep.vision.family import PERSON_CLASSES, Candidates, Family, Inputs, Outputs, Surface, best_of
from doorstep.vision.letterbox import Letterbox, Picture, of_one, planar
from doorstep.vision.yolo import cell_count

PAD: Final = 114.0
BOX: Final = 4
ANCHORS: Final = 3
END_TO_END_ROW: Final = 6


@dataclass(frozen=True, slots=True)
class _Fed:
    """Float32 NCHW, R G B, 0..1, letterboxed in the middle, padded with 114 / 255."""

    input_name: str
    width: int
    height: int

    def prepare(self, frame: Picture) -> tuple[Inputs, Letterbox]:
        """The inputs by name, and how the picture lies in them."""
        letterbox = Letterbox.centred(frame, self.width, self.height)
        return {self.input_name: of_one(planar(letterbox, frame, self.width, self.height, PAD))}, letterbox


@dataclass(frozen=True, slots=True)
class Yolov5(_Fed):
    """One row for each of three anchors a cell."""

    # Not measured here: the authors' 0.25 keeps, and opening wants a little more.
    thresholds: Thresholds = field(default=Thresholds(open=0.40, keep=0.25))
    overlap: float | None = 0.45

    def candidates(
        self, outputs: Outputs, letterbox: Letterbox, least: float, classes: Sequence[int] = PERSON_CLASSES
    ) -> Candidates:
        """Rows are cx, cy, w, h in pixels of the input, objectness, classes; score = objectness * class."""
        rows = outputs[0][0]
        scores = rows[:, BOX] * best_of(rows[:, BOX + 1 :], classes)
        found = np.flatnonzero(scores >= least)
        return Candidates(letterbox.in_picture(_corners(rows[found, :BOX])), scores[found])


@dataclass(frozen=True, slots=True)
class Yolov8(_Fed):
    """YOLOv8, 9, 11 and 12: one column a cell, no objectness."""

    thresholds: Thresholds = field(default=Thresholds(open=0.40, keep=0.25))
    overlap: float | None = 0.7

    def candidates(
        self, outputs: Outputs, letterbox: Letterbox, least: float, classes: Sequence[int] = PERSON_CLASSES
    ) -> Candidates:
        """Columns are cx, cy, w, h in pixels of the input, then classes, through the sigmoid already."""
        rows = outputs[0][0].T
        scores = best_of(rows[:, BOX:], classes)
        found = np.flatnonzero(scores >= least)
        return Candidates(letterbox.in_picture(_corners(rows[found, :BOX])), scores[found])


@dataclass(frozen=True, slots=True)
class EndToEnd(_Fed):
    """YOLOv10, YOLO26, or an export with suppression inside: nothing is left to suppress."""

    thresholds: Thresholds = field(default=Thresholds(open=0.40, keep=0.25))
    overlap: float | None = None

    def candidates(
        self, outputs: Outputs, letterbox: Letterbox, least: float, classes: Sequence[int] = PERSON_CLASSES
    ) -> Candidates:
        """Rows are left, top, right, bottom in pixels of the input, score, class."""
        rows = outputs[0][0]
        found = np.flatnonzero((rows[:, BOX] >= least) & np.isin(rows[:, BOX + 1], classes))
        return Candidates(letterbox.in_picture(rows[found, :BOX]), rows[found, BOX])


def _corners(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Left, top, right, bottom of boxes that are centre and size."""
    with np.errstate(over="ignore"):  # what is no box is infinite, and for the detector to refuse
        halves = boxes[:, 2:] / 2
        return np.concatenate([boxes[:, :2] - halves, boxes[:, :2] + halves], axis=1)


def recognise_ultralytics(surface: Surface) -> Family | None:
    """One picture of known size in; out [1, 3 * cells, 5 + classes], [1, 4 + classes, cells] or [1, any, 6]."""
    if surface.picture is None or len(surface.inputs) != 1 or len(surface.outputs) != 1:
        return None
    name, width, height = surface.picture
    cells = cell_count(width, height)
    shape = surface.outputs[0].shape
    if shape == (1, ANCHORS * cells, BOX + 1 + surface.classes):
        return Yolov5(name, width, height)
    if shape == (1, BOX + surface.classes, cells):
        return Yolov8(name, width, height)
    match shape:
        # So many rows are no list of what was found, but the cells of another family that tells one class, unnamed.
        case (1, int(rows), int(row)) if row == END_TO_END_ROW and rows not in {cells, ANCHORS * cells}:
            return EndToEnd(name, width, height)
        case _:
            return None
