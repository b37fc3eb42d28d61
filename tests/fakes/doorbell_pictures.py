"""What a doorbell's camera would have made of a good photograph: night, noise, a wide lens, a narrow view, the sun.

Pictures are rows x columns x B G R of bytes; light is linear 0..1 (sRGB undone by a power of 2.2).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import radians, tan

import numpy as np
from numpy.typing import NDArray

from doorstep.core.detection import Box

Pixels = NDArray[np.uint8]
Light = NDArray[np.float32]

GAMMA = 2.2
LUMA = np.array([0.114, 0.587, 0.299], np.float32)  # B G R, ITU-R BT.601
LENS_DEGREES = 150.0
PORTRAIT = 9 / 16
TILT_DEGREES = 6.0


@dataclass(frozen=True, slots=True)
class Photograph:
    """A picture by daylight and the boxes of its persons; `persons` is empty where nobody is, or nobody knows where."""

    pixels: Pixels
    persons: tuple[Box, ...] = ()
    seed: int = 0

    @property
    def main(self) -> Box:
        """The largest person; without any the middle."""
        return max(self.persons, key=lambda box: box.area, default=Box(0.4, 0.3, 0.6, 0.9))


def infrared(photo: Photograph) -> Pixels:
    """Night: no colour, lamps beside the lens that light the middle four times as much as the corners, some noise."""
    light = (_light(photo.pixels) @ LUMA)[:, :, None]
    lamps = 0.25 + 0.75 * np.exp(-1.4 * _polar(photo.pixels)[2] ** 2)[:, :, None]
    lit: Light = np.asarray(np.repeat(light * lamps, 3, axis=2), np.float32)
    return _noisy(lit, photo.seed, electrons=250.0, coloured=False)


def noisy(photo: Photograph) -> Pixels:
    """Dusk at a high gain: exposed well, and few electrons a pixel."""
    return _noisy(_light(photo.pixels), photo.seed, electrons=120.0)


def low_light(photo: Photograph) -> Pixels:
    """A twelfth of the light that the picture needs, and what the sensor adds: brightness about a third, noisy."""
    return _noisy(_light(photo.pixels) * np.float32(1 / 12), photo.seed, electrons=1000.0)


def barrel(photo: Photograph) -> Pixels:
    """A lens of 150 degrees from corner to corner: equidistant (r = f * angle), what is far out squeezed towards it.

    A photograph shows people as they are wherever they stand, as a stereographic lens does (r = 2 f * tan(angle / 2),
    true to shapes); this one makes them wider than high at the sides: by a quarter at 60 degrees, a third in a corner.
    """
    half = radians(LENS_DEGREES / 2)
    across, down, radius = _polar(photo.pixels)
    source = np.tan(radius * half / 2) / tan(half / 2)
    scale = np.divide(source, radius, out=np.ones_like(source), where=radius > 1e-6)
    return _sampled(photo.pixels, across * scale, down * scale)


def fisheye(photo: Photograph) -> Pixels:
    """The same lens, were the photograph a flat wall before it: far harsher, all of it shown, black around it."""
    half = radians(LENS_DEGREES / 2)
    height, width = photo.pixels.shape[:2]
    wide, high = width / np.hypot(width, height), height / np.hypot(width, height)
    across, down, radius = _polar(photo.pixels)
    angle = radius * np.arctan(min(wide, high) * tan(half)) / min(wide, high)
    source = np.tan(np.minimum(angle, radians(85))) / tan(half)
    scale = np.divide(source, radius, out=np.ones_like(source), where=radius > 1e-6)
    across, down = across * scale, down * scale
    inside = (np.abs(across) <= wide) & (np.abs(down) <= high)
    shown = _sampled(photo.pixels, across, down)
    shown[~inside] = 0
    return shown


def portrait(photo: Photograph) -> Pixels:
    """Higher than wide, 9:16, around the largest person; the person is cut where he is wider than that."""
    height, width = photo.pixels.shape[:2]
    narrow = min(width, round(height * PORTRAIT))
    middle = (photo.main.left + photo.main.right) / 2 * width
    left = min(max(0, round(middle - narrow / 2)), width - narrow)
    return np.ascontiguousarray(photo.pixels[:, left : left + narrow])


def tilted(photo: Photograph) -> Pixels:
    """Mounted crookedly, by six degrees to either side."""
    turn = radians(TILT_DEGREES if photo.seed % 2 else -TILT_DEGREES)
    across, down, _ = _polar(photo.pixels)
    return _sampled(
        photo.pixels, across * np.cos(turn) - down * np.sin(turn), across * np.sin(turn) + down * np.cos(turn)
    )


def backlit(photo: Photograph) -> Pixels:
    """The sun behind the visitor: what is bright burns out, what is dark turns black, glare veils his head."""
    light: Light = _light(photo.pixels) ** np.float32(1.5)
    shade = _around(photo, photo.persons or (photo.main,))
    head = Box(photo.main.left, photo.main.top, photo.main.right, (photo.main.top + photo.main.bottom) / 2)
    lit = light * (3.0 - 2.5 * shade)[:, :, None] + np.float32(0.15) * _around(photo, (head,))[:, :, None]
    return _noisy(lit, photo.seed, electrons=2000.0)


VARIANTS: dict[str, Callable[[Photograph], Pixels]] = {
    "infrared": infrared,
    "noise": noisy,
    "low light": low_light,
    "barrel": barrel,
    "portrait": portrait,
    "tilted": tilted,
    "backlit": backlit,
}
"""What a doorbell sees; `fisheye` is harsher than that, and only told."""


# ------------------------------------------------------------------------------------------------- light and lenses


def _light(pixels: Pixels) -> Light:
    table = ((np.arange(256) / 255) ** GAMMA).astype(np.float32)
    return table[pixels]


def _noisy(light: Light, seed: int, *, electrons: float, coloured: bool = True) -> Pixels:
    """Shot noise of so many electrons at full scale, three of the sensor's own, then the camera's curve."""
    dice = np.random.default_rng(seed)
    shape = light.shape if coloured else (*light.shape[:2], 1)
    counted = light * electrons
    spread = np.sqrt(np.maximum(counted, 0.0) + 9.0)
    counted = counted + spread * dice.standard_normal(shape, np.float32)
    shown = np.clip(counted / electrons, 0.0, 1.0) ** np.float32(1 / GAMMA)
    pixels: Pixels = (255 * shown + 0.5).astype(np.uint8)
    return pixels


def _polar(pixels: Pixels) -> tuple[Light, Light, Light]:
    """Of each pixel: right of and below the middle, and how far from it, in half diagonals."""
    height, width = pixels.shape[:2]
    half = np.float32(np.hypot(width, height) / 2)
    down, across = np.mgrid[:height, :width].astype(np.float32)
    across, down = (across - (width - 1) / 2) / half, (down - (height - 1) / 2) / half
    return across, down, np.hypot(across, down).astype(np.float32)


def _sampled(pixels: Pixels, across: Light, down: Light) -> Pixels:
    """The picture at these places (as of `_polar`), bilinear; its edge goes on outside."""
    height, width = pixels.shape[:2]
    half = np.hypot(width, height) / 2
    columns = np.clip(across * half + (width - 1) / 2, 0, width - 1)
    rows = np.clip(down * half + (height - 1) / 2, 0, height - 1)
    left, top = np.minimum(columns.astype(int), width - 2), np.minimum(rows.astype(int), height - 2)
    right_part, low_part = (columns - left)[:, :, None], (rows - top)[:, :, None]
    upper = pixels[top, left] * (1 - right_part) + pixels[top, left + 1] * right_part
    lower = pixels[top + 1, left] * (1 - right_part) + pixels[top + 1, left + 1] * right_part
    sampled: Pixels = (upper * (1 - low_part) + lower * low_part + 0.5).astype(np.uint8)
    return sampled


def _around(photo: Photograph, boxes: Sequence[Box]) -> Light:
    """1 in the middle of the boxes, 0 far from them, soft in between (a bell as wide as the box)."""
    height, width = photo.pixels.shape[:2]
    down, across = np.mgrid[:height, :width].astype(np.float32)
    bell = np.zeros((height, width), np.float32)
    for box in boxes:
        middle = ((box.left + box.right) / 2 * width, (box.top + box.bottom) / 2 * height)
        wide, high = max(1.0, (box.right - box.left) * width / 2), max(1.0, box.height * height / 2)
        away = np.hypot((across - middle[0]) / wide, (down - middle[1]) / high)
        bell = np.maximum(bell, np.exp(-0.5 * away**2))
    return bell


def boxes_of(corners: Sequence[Sequence[float]], width: int, height: int) -> tuple[Box, ...]:
    """Boxes given in pixels: left, top, right, bottom."""
    return tuple(
        Box(max(0.0, x0 / width), max(0.0, y0 / height), min(1.0, x1 / width), min(1.0, y1 / height))
        for x0, y0, x1, y1 in corners
    )
