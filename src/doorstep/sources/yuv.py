"""Drawn pictures as an encoder wants them: yuv420p, limited range, BT.601.  What is drawn is not its business."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Samples = NDArray[np.float32]

# ITU-R BT.601, 2.5.1, scaled to 16..235 and 16..240.
_FROM_RGB = np.array(
    [[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]], dtype=np.float32
) / np.float32(255.0)
_OFFSETS = np.array([16.0, 128.0, 128.0], dtype=np.float32)


def from_rgb(rgb: Samples) -> Samples:
    """Rows x columns x Y U V, out of rows x columns x R G B of 0..255."""
    return (rgb @ _FROM_RGB.T + _OFFSETS).astype(np.float32)


def halved(samples: Samples) -> Samples:
    """The mean of each two by two samples; sides are even."""
    height, width = samples.shape[:2]
    squares = samples.reshape(height // 2, 2, width // 2, 2, *samples.shape[2:])
    means: Samples = squares.mean(axis=(1, 3), dtype=np.float32)
    return means


class Canvas:
    """One yuv420p picture: brightness above, U and V below it, all in one array as encoders take it."""

    def __init__(self, width: int, height: int) -> None:
        self.pixels: Pixels = np.full((height * 3 // 2, width), 128, np.uint8)
        self.luma = self.pixels[:height]
        quarter = (height // 2, width // 2)
        self.u = self.pixels[height : height * 5 // 4].reshape(quarter)
        self.v = self.pixels[height * 5 // 4 :].reshape(quarter)

    def fill(self, yuv: Samples) -> None:
        """Take a whole picture, rows x columns x Y U V."""
        self.luma[:] = _rounded(yuv[:, :, 0])
        colours = halved(yuv[:, :, 1:])
        self.u[:] = _rounded(colours[:, :, 0])
        self.v[:] = _rounded(colours[:, :, 1])

    def copy_from(self, other: "Canvas") -> None:
        """Become the same picture."""
        self.pixels[:] = other.pixels


def _rounded(samples: Samples) -> Pixels:
    return np.clip(np.rint(samples), 0, 255).astype(np.uint8)
