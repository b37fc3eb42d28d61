"""The demo's scene without anybody: a drawn porch, its changing light and its clock.  Visitors live in `visitor`."""

import math
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from doorstep.sources.digits import ADVANCE, HEIGHT, drawn
from doorstep.sources.yuv import Canvas, Pixels, Samples, from_rgb

WIDTH = 640
PICTURE_HEIGHT = 480

_LIGHT_PERIOD_SECONDS = 240.0
_DIMMEST = 0.78
_CLOCK_SCALE = 2
_CLOCK_AT = (12, 12)
_CLOCK_PADDING = 4
_CLOCK_INK, _CLOCK_PAPER = 220, 24

_Colour = tuple[float, float, float]


class Porch:
    """Draws itself once; each moment after that costs a table look-up a pixel, once a second."""

    def __init__(self) -> None:
        self._day = Canvas(WIDTH, PICTURE_HEIGHT)
        self._day.fill(from_rgb(_scene()))
        self._lit = Canvas(WIDTH, PICTURE_HEIGHT)
        self._second = -1

    def draw(self, canvas: Canvas, seconds: float, now: datetime) -> None:
        """The empty porch `seconds` after the scene began; `now` is what its clock shows."""
        if int(seconds) != self._second:
            self._second = int(seconds)
            self._lit.copy_from(self._day)
            self._lit.luma[:] = _light_table(brightness(self._second))[self._day.luma]
            _draw_clock(self._lit.luma, now)
        canvas.copy_from(self._lit)


def brightness(seconds: float) -> float:
    """Of the daylight: between `_DIMMEST` and 1, there and back in four minutes."""
    swing = (1 + math.cos(2 * math.pi * seconds / _LIGHT_PERIOD_SECONDS)) / 2
    return _DIMMEST + (1 - _DIMMEST) * swing


def _light_table(light: float) -> Pixels:
    levels = np.arange(256, dtype=np.float32)
    table: Pixels = np.clip(np.rint(16 + (levels - 16) * light), 0, 255).astype(np.uint8)
    return table


def _draw_clock(luma: Pixels, now: datetime) -> None:
    text = f"{now:%H:%M:%S}"
    top, left = _CLOCK_AT
    height, width = HEIGHT * _CLOCK_SCALE, ADVANCE * len(text) * _CLOCK_SCALE
    pad = _CLOCK_PADDING
    luma[top - pad : top + height + pad, left - pad : left + width + pad] = _CLOCK_PAPER
    luma[top : top + height, left : left + width][drawn(text, _CLOCK_SCALE)] = _CLOCK_INK


# ---------------------------------------------------------------------------------------------------- the drawing


class _Easel:
    """Soft-edged shapes over each other on an R G B picture."""

    def __init__(self) -> None:
        self.rgb: Samples = np.zeros((PICTURE_HEIGHT, WIDTH, 3), np.float32)
        self.x: Samples = np.arange(WIDTH, dtype=np.float32)[None, :]
        self.y: Samples = np.arange(PICTURE_HEIGHT, dtype=np.float32)[:, None]

    def paint(self, cover: Samples, colour: _Colour | NDArray[np.float64]) -> None:
        """Lay a colour, or a whole picture, over what is there; `cover` is 0..1 a pixel."""
        rows, columns = np.flatnonzero(cover.any(axis=1)), np.flatnonzero(cover.any(axis=0))
        if not len(rows):
            return
        # Only where it covers anything: a leaf is a thousandth of the picture, and there are many.
        where = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        share = np.clip(cover[where], 0.0, 1.0)[:, :, None]
        paint = np.broadcast_to(np.asarray(colour, np.float32), self.rgb.shape)
        self.rgb[where] += share * (paint[where] - self.rgb[where])

    def rectangle(self, left: float, top: float, right: float, bottom: float) -> Samples:
        """Cover of an upright rectangle, its edges a pixel soft."""
        across = np.minimum(self.x - left, right - self.x) + 0.5
        down = np.minimum(self.y - top, bottom - self.y) + 0.5
        return _both(across, down)

    def ellipse(self, x: float, y: float, half_width: float, half_height: float, soft: float = 1.0) -> Samples:
        """Cover of an ellipse; `soft` is the width of its edge in pixels."""
        reach = 1 + 0.5 * soft / min(half_width, half_height)
        columns = slice(max(0, int(x - reach * half_width)), max(0, int(x + reach * half_width) + 2))
        rows = slice(max(0, int(y - reach * half_height)), max(0, int(y + reach * half_height) + 2))
        distance = np.hypot((self.x[:, columns] - x) / half_width, (self.y[rows] - y) / half_height)
        cover: Samples = np.zeros((PICTURE_HEIGHT, WIDTH), np.float32)
        cover[rows, columns] = np.clip((1 - distance) * min(half_width, half_height) / soft + 0.5, 0, 1)
        return cover

    def trapezium(self, top: float, bottom: float, upper: tuple[float, float], lower: tuple[float, float]) -> Samples:
        """Cover of a shape between two rows, its left and right ends given above and below."""
        depth = np.clip((self.y - top) / (bottom - top), 0, 1)
        left = upper[0] + depth * (lower[0] - upper[0])
        right = upper[1] + depth * (lower[1] - upper[1])
        across = np.minimum(self.x - left, right - self.x) + 0.5
        down = np.minimum(self.y - top, bottom - self.y) + 0.5
        return _both(across, down)


def _both(across: Samples, down: Samples) -> Samples:
    cover: Samples = np.clip(across, 0, 1) * np.clip(down, 0, 1)
    return cover


def _scene() -> Samples:
    easel = _Easel()
    _draw_wall(easel)
    _draw_ground(easel)
    _draw_door(easel)
    _draw_lamp(easel)
    _draw_plant(easel)
    grain = np.random.default_rng(1977).normal(0, 1.2, (PICTURE_HEIGHT, WIDTH, 1))
    return np.clip(easel.rgb + grain.astype(np.float32), 0, 255)


def _draw_wall(easel: _Easel) -> None:
    shade = 0.86 + 0.14 * (1 - easel.y / 330)
    easel.rgb[:] = np.array([196, 178, 156], np.float32) * shade[:, :, None]
    course, brick = 22, 56
    row = np.floor(easel.y / course)
    joint_down = np.abs(easel.y / course - np.rint(easel.y / course)) * course
    shifted = easel.x / brick + 0.5 * (row % 2)
    joint_across = np.abs(shifted - np.rint(shifted)) * brick
    joints = np.clip(1.4 - np.minimum(joint_down, joint_across), 0, 1)
    tint = np.sin(np.floor(shifted) * 12.9 + row * 78.2)
    easel.rgb += 4 * tint[:, :, None]
    easel.paint(0.35 * joints, (150, 136, 122))


def _draw_ground(easel: _Easel) -> None:
    grass = np.array([112, 138, 84], np.float32) * (0.78 + 0.3 * (easel.y - 330) / 150)[:, :, None]
    easel.paint(easel.rectangle(-2, 332, WIDTH + 2, PICTURE_HEIGHT + 2), grass)
    easel.paint(easel.rectangle(-2, 322, WIDTH + 2, 333), (122, 110, 98))
    easel.paint(easel.trapezium(332, 482, (392, 560), (250, 640)), (168, 160, 150))
    for row, left, right in ((362, 365, 574), (402, 327, 596), (450, 281, 623)):
        easel.paint(0.6 * easel.rectangle(left, row, right, row + 2), (138, 131, 122))
    easel.paint(0.5 * easel.rectangle(382, 346, 572, 352), (70, 64, 58))
    easel.paint(easel.rectangle(380, 326, 572, 346), (186, 180, 172))
    easel.paint(easel.rectangle(380, 326, 572, 331), (208, 203, 196))


def _draw_door(easel: _Easel) -> None:
    easel.paint(0.35 * easel.rectangle(398, 66, 562, 328), (60, 50, 44))
    easel.paint(easel.rectangle(400, 62, 554, 327), (232, 226, 214))
    easel.paint(easel.rectangle(412, 74, 542, 327), (44, 84, 92))
    for left, top, right, bottom in ((428, 186, 470, 244), (484, 186, 526, 244), (428, 258, 470, 312)):
        _draw_panel(easel, left, top, right, bottom)
    _draw_panel(easel, 484, 258, 526, 312)
    easel.paint(easel.rectangle(428, 92, 526, 166), (30, 58, 64))
    sky = np.array([150, 176, 188], np.float32) * (1.12 - (easel.y - 92) / 260)[:, :, None]
    easel.paint(easel.rectangle(433, 97, 474, 161), sky)
    easel.paint(easel.rectangle(480, 97, 521, 161), sky)
    easel.paint(easel.ellipse(532, 218, 5, 5), (214, 182, 96))
    easel.paint(easel.rectangle(462, 174, 492, 179), (200, 170, 90))


def _draw_panel(easel: _Easel, left: float, top: float, right: float, bottom: float) -> None:
    easel.paint(easel.rectangle(left, top, right, bottom), (34, 66, 73))
    easel.paint(easel.rectangle(left + 4, top + 4, right - 3, bottom - 3), (52, 95, 103))


def _draw_lamp(easel: _Easel) -> None:
    easel.paint(0.4 * easel.ellipse(352, 122, 70, 80, soft=60), (255, 232, 176))
    easel.paint(easel.rectangle(346, 84, 358, 98), (48, 44, 42))
    easel.paint(easel.trapezium(96, 106, (344, 360), (336, 368)), (48, 44, 42))
    easel.paint(easel.trapezium(106, 142, (338, 366), (343, 361)), (255, 236, 190))
    easel.paint(easel.rectangle(342, 141, 362, 146), (48, 44, 42))


def _draw_plant(easel: _Easel) -> None:
    easel.paint(0.4 * easel.ellipse(604, 372, 40, 9, soft=6), (50, 56, 40))
    leaves = np.random.default_rng(7)
    for _ in range(70):
        x, y = 602 + leaves.normal(0, 17), 282 + leaves.normal(0, 24)
        green = 84 + leaves.uniform(-16, 34)
        easel.paint(
            easel.ellipse(x, y, leaves.uniform(4, 9), leaves.uniform(7, 15)), (green * 0.62, green, green * 0.5)
        )
    easel.paint(easel.trapezium(318, 372, (576, 632), (584, 624)), (166, 92, 62))
    easel.paint(easel.rectangle(573, 314, 635, 325), (184, 106, 74))
