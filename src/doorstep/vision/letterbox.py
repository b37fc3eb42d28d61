"""Fits a picture into a model's square: scaled, top left, the rest padded.  What it means there lives by family."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doorstep.ports import Frame

Pixels = NDArray[np.uint8]
Batch = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture of width x height lies in a model's input: `scaled_*` pixels of it, from the top left corner."""

    width: int
    height: int
    scaled_width: int
    scaled_height: int
    ratio: float

    @classmethod
    def of(cls, frame: Frame, input_width: int, input_height: int) -> "Letterbox":
        """The largest that fits.  Sizes are cut off, not rounded, as in YOLOX's `preproc` (data/data_augment.py)."""
        ratio = min(input_width / frame.width, input_height / frame.height)
        scaled_width = max(1, int(frame.width * ratio))
        scaled_height = max(1, int(frame.height * ratio))
        return cls(frame.width, frame.height, scaled_width, scaled_height, ratio)

    def picture(self, frame: Frame) -> Pixels:
        """The scaled picture, rows x columns x B G R."""
        plane = frame.bgr(self.scaled_width, self.scaled_height)
        rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, plane.stride)
        return rows[:, : plane.width].reshape(self.scaled_height, self.scaled_width, 3)


def planar(picture: Pixels, input_width: int, input_height: int, pad: float) -> Batch:
    """A batch of one, channels first (NCHW), float32, the picture's own values 0..255 and `pad` around them."""
    height, width, _ = picture.shape
    batch = np.empty((1, 3, input_height, input_width), np.float32)
    batch[:, :, height:, :] = pad
    batch[:, :, :height, width:] = pad
    batch[0, :, :height, :width] = picture.transpose(2, 0, 1)
    return batch
