"""RT-DETR and D-FINE as their authors export them: how they are fed and what their numbers mean.

Source: lyuwenyu/RT-DETR `rtdetr_pytorch/tools/export_onnx.py`, Peterande/D-FINE `tools/deployment/export_onnx.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from doorstep.core.detection import Thresholds
from doorstep.vision.family import PERSON_CLASSES, Candidates, Family, Inputs, Outputs, Surface
from doorstep.vision.letterbox import Letterbox, Picture, of_one, planar

SIZES: Final = "orig_target_sizes"
OUTPUTS: Final = ("labels", "boxes", "scores")


@dataclass(frozen=True, slots=True)
class Detr:
    """Float32 NCHW, R G B, 0..1, stretched; beside it the picture's width and height, in whose pixels boxes come."""

    input_name: str
    width: int
    height: int
    order: tuple[int, ...]
    """Where labels, boxes and scores stand among the outputs."""
    # Not measured here: the authors draw from 0.4 or 0.6 on.
    thresholds: Thresholds = field(default=Thresholds(open=0.50, keep=0.35))
    overlap: float | None = None

    def prepare(self, frame: Picture) -> tuple[Inputs, Letterbox]:
        """The inputs by name, and how the picture lies in them."""
        letterbox = Letterbox.stretched(frame, self.width, self.height)
        picture = of_one(planar(letterbox, frame, self.width, self.height, 0.0))
        return {self.input_name: picture, SIZES: np.array([[frame.width, frame.height]], np.int64)}, letterbox

    def candidates(
        self, outputs: Outputs, letterbox: Letterbox, least: float, classes: Sequence[int] = PERSON_CLASSES
    ) -> Candidates:
        """Labels n, boxes n x 4 (left, top, right, bottom), scores n."""
        labels, boxes, scores = (outputs[place][0] for place in self.order)
        found = np.flatnonzero((scores >= least) & np.isin(labels, classes))
        return Candidates(letterbox.in_picture(boxes[found]), scores[found])


def recognise_detr(surface: Surface) -> Family | None:
    """A picture of known size and `orig_target_sizes` in; labels, boxes and scores out."""
    sizes = [each for each in surface.inputs if each.name == SIZES]
    outputs = [output.name for output in surface.outputs]
    if surface.picture is None or len(surface.inputs) != 2 or len(sizes) != 1 or sizes[0].kind != "int64":
        return None
    if sorted(outputs) != sorted(OUTPUTS):
        return None
    return Detr(*surface.picture, tuple(outputs.index(name) for name in OUTPUTS))
