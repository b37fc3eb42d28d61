"""Fits a picture into a model's square: scaled, the rest padded.  What it means there lives by family."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from doorstep.ports import Plane

Pixels = NDArray[np.uint8]
Batch = NDArray[np.float32]


class Picture(Protocol):
    """What of a `ports.Frame` a model is fed with."""

    @property
    def width(self) -> int:
        """In pixels."""
        ...

    @property
    def height(self) -> int:
        """In pixels."""
        ...

    def bgr(self, width: int, height: int) -> Plane:
        """As `ports.Frame.bgr`."""
        ...


@dataclass(frozen=True, slots=True)
class GreyPicture:
    """Nothing to see, for trying a model out."""

    width: int
    height: int

    def bgr(self, width: int, height: int) -> Plane:
        """Grey."""
        return Plane(memoryview(bytes([114]) * (3 * width * height)), 3 * width, height, 3 * width)


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture of width x height lies in a model's input: `scaled_*` pixels of it, from `left`, `top` on."""

    width: int
    height: int
    scaled_width: int
    scaled_height: int
    ratio: float
    left: int = 0
    top: int = 0

    @classmethod
    def of(cls, frame: Picture, input_width: int, input_height: int) -> "Letterbox":
        """The largest that fits, top left.  Cut off, not rounded, as in YOLOX's `preproc` (data/data_augment.py)."""
        ratio = min(input_width / frame.width, input_height / frame.height)
        scaled_width = max(1, int(frame.width * ratio))
        scaled_height = max(1, int(frame.height * ratio))
        return cls(frame.width, frame.height, scaled_width, scaled_height, ratio)

    @classmethod
    def centred(cls, frame: Picture, input_width: int, input_height: int) -> "Letterbox":
        """The largest that fits, in the middle.  Rounded as in ultralytics' `LetterBox` (data/augment.py)."""
        ratio = min(input_width / frame.width, input_height / frame.height)
        scaled_width = max(1, round(frame.width * ratio))
        scaled_height = max(1, round(frame.height * ratio))
        left = round((input_width - scaled_width) / 2 - 0.1)
        top = round((input_height - scaled_height) / 2 - 0.1)
        return cls(frame.width, frame.height, scaled_width, scaled_height, ratio, left, top)

    @classmethod
    def stretched(cls, frame: Picture, input_width: int, input_height: int) -> "Letterbox":
        """All of the input, the aspect lost; for models that answer in pixels of the picture."""
        return cls(frame.width, frame.height, input_width, input_height, 1.0)

    def in_picture(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes (n x 4: left, top, right, bottom) from pixels of the input to pixels of the picture."""
        corner = np.array([self.left, self.top] * 2, np.float32)
        return ((boxes - corner) / np.float32(self.ratio)).astype(np.float32, copy=False)

    def picture(self, frame: Picture) -> Pixels:
        """The scaled picture, rows x columns x B G R."""
        plane = frame.bgr(self.scaled_width, self.scaled_height)
        rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, plane.stride)
        return rows[:, : plane.width].reshape(self.scaled_height, self.scaled_width, 3)


def planar(letterbox: Letterbox, frame: Picture, input_width: int, input_height: int, pad: float) -> Batch:
    """A batch of one, channels first (NCHW), B G R, float32, the picture's own values 0..255, `pad` around them."""
    batch = np.empty((1, 3, input_height, input_width), np.float32)
    right, bottom = letterbox.left + letterbox.scaled_width, letterbox.top + letterbox.scaled_height
    batch[:, :, : letterbox.top] = pad
    batch[:, :, bottom:] = pad
    batch[:, :, letterbox.top : bottom, : letterbox.left] = pad
    batch[:, :, letterbox.top : bottom, right:] = pad
    batch[0, :, letterbox.top : bottom, letterbox.left : right] = letterbox.picture(frame).transpose(2, 0, 1)
    return batch


def of_one(batch: Batch) -> Batch:
    """R G B and 0..1 of a batch that is B G R and 0..255."""
    return batch[:, ::-1] * np.float32(1 / 255)
