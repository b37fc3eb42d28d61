"""Videos of trouble in which nobody ever comes: light, weather, wind, animals, a bad stream; drawn, seeded, distinct.

Each kind takes a background (rows x columns x B G R, 0..255) and dice, and gives the picture at a time in seconds.
A clip begins with a few quiet seconds, as a camera that hangs there since long.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Light = NDArray[np.float32]
Dice = np.random.Generator
PictureAt = Callable[[float], Light]

WIDTH, HEIGHT = 640, 480
QUIET_SECONDS = 6.0
GRAIN = 2.0
GRAINS = 6
_DOWN, _ACROSS = (grid.astype(np.float32) for grid in np.mgrid[:HEIGHT, :WIDTH])


@dataclass(frozen=True, slots=True)
class TroubleClip:
    """Some seconds of one kind of trouble before one background; the same seed draws the same clip."""

    kind: str
    background: Pixels
    seed: int
    seconds: float = 60.0

    def pictures(self, rate: float) -> Iterator[tuple[float, Pixels]]:
        """Time and picture, `rate` a second, with the sensor's grain on all of them."""
        dice = np.random.default_rng([self.seed, list(TROUBLE).index(self.kind)])
        still = self.background.astype(np.float32)
        troubled = TROUBLE[self.kind](still, dice)
        grain = dice.normal(0.0, GRAIN, (GRAINS, HEIGHT, WIDTH, 1)).astype(np.float32)
        for number in range(int(self.seconds * rate)):
            at = number / rate
            picture = still if at < QUIET_SECONDS else troubled(at - QUIET_SECONDS)
            moved = np.roll(grain[dice.integers(GRAINS)], int(dice.integers(HEIGHT)), axis=0)
            yield at, np.clip(picture + moved, 0.0, 255.0).astype(np.uint8)


def drawn_background(seed: int) -> Pixels:
    """A wall with a door, a path and a hedge, in colours of its own; for where no photographs are at hand."""
    dice = np.random.default_rng(seed)
    picture = np.empty((HEIGHT, WIDTH, 3), np.float32)
    horizon, door = int(dice.integers(200, 320)), int(dice.integers(60, 460))
    picture[:horizon] = dice.uniform(90, 200, 3)
    picture[horizon:] = dice.uniform(50, 150, 3)
    picture[horizon - 170 : horizon + 60, door : door + 110] = dice.uniform(20, 120, 3)
    for row in range(0, horizon, int(dice.integers(14, 40))):
        picture[row : row + 2] *= 0.8
    hedge = slice(horizon - 60, horizon + 10), slice(0, 120) if door > 260 else slice(520, WIDTH)
    picture[hedge] *= _speckled(dice, 70, 120, 6)[:, : picture[hedge].shape[1]]
    return np.clip(picture + dice.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)


# -------------------------------------------------------------------------------------------------------------- light


def light_switched(still: Light, dice: Dice) -> PictureAt:
    """A lamp goes on and off, at once or within a second, with its own colour and its own place."""
    moments = np.sort(dice.uniform(1, 50, 6))
    lamp = _bell(dice.uniform(0, WIDTH), dice.uniform(0, HEIGHT / 2), dice.uniform(150, 700))[:, :, None]
    colour = dice.uniform(0.6, 1.0, 3).astype(np.float32)
    dark, ramp = dice.uniform(0.15, 0.6), dice.uniform(0.05, 1.0)

    def at(time: float) -> Light:
        on = sum(np.clip((time - moment) / ramp, 0, 1) * (-1) ** place for place, moment in enumerate(moments))
        strength = dark + (1 - dark) * (1 - on)
        return _float(still * (strength + (1 - strength) * lamp * colour))

    return at


def infrared_switched(still: Light, dice: Dice) -> PictureAt:
    """Day to night and back: colours go, lamps beside the lens, a dark or a burnt-out picture in between."""
    moments = np.sort(dice.uniform(1, 50, 4))
    flash = dice.uniform(0.0, 2.5)
    grey = still.mean(axis=2, keepdims=True) * _bell(WIDTH / 2, HEIGHT / 2, 420)[:, :, None]
    night = np.repeat(np.clip(grey * dice.uniform(0.8, 1.6), 0, 255), 3, axis=2)

    def at(time: float) -> Light:
        passed = [time - moment for moment in moments if moment <= time]
        shown = night if len(passed) % 2 else still
        settling = max(0.0, 1 - passed[-1] / 0.75) if passed else 0.0
        return _float(shown * (1 + (flash - 1) * settling))

    return at


def headlights(still: Light, dice: Dice) -> PictureAt:
    """Cars pass at night: two lamps and their beam sweep over a dark picture, each its own way."""
    night = still * np.float32(dice.uniform(0.1, 0.3))
    starts, lasts = np.sort(dice.uniform(0, 52, 7)), dice.uniform(1.0, 4.0, 7)
    ways, rows, gaps = dice.choice([-1, 1], 7), dice.uniform(80, 400, 7), dice.uniform(12, 70, 7)

    def at(time: float) -> Light:
        lit = night
        for start, last, way, row, gap in zip(starts, lasts, ways, rows, gaps, strict=True):
            part = (time - start) / last
            if 0 <= part <= 1:
                x = (part if way > 0 else 1 - part) * (WIDTH + 300) - 150
                lamps = _bell(x - gap / 2, row, gap / 3) + _bell(x + gap / 2, row, gap / 3)
                beam = _bell(x + way * 120, row + 40, 110 + gap)
                lit = lit + (still * 0.8 + 10) * beam[:, :, None] + 255 * lamps[:, :, None]
        return _float(lit)

    return at


def shadows(still: Light, dice: Dice) -> PictureAt:
    """Clouds' soft edges and the harder shadow of something that passes out of view."""
    clouds = _speckled(dice, HEIGHT, 2 * WIDTH, 160)
    speed, depth = dice.uniform(5, 60), dice.uniform(0.2, 0.5)
    start, pace, wide = dice.uniform(3, 30), dice.uniform(60, 300), dice.uniform(40, 200)

    def at(time: float) -> Light:
        scrolled = np.roll(clouds, -int(speed * time), axis=1)[:, :WIDTH]
        lit = 1 - depth * np.clip((scrolled - 0.9) * 6, 0, 1)
        edge = (time - start) * pace - wide
        thrown = np.clip(1 - np.abs(_ACROSS[:, :, None] + 0.4 * _DOWN[:, :, None] - edge) / wide, 0, 0.25) * 4
        return _float(still * lit * (1 - 0.45 * thrown))

    return at


# ------------------------------------------------------------------------------------------------- weather and wind


def rain(still: Light, dice: Dice) -> PictureAt:
    """Streaks that fall with the wind, new ones in every picture; heavier and lighter."""
    slant, most = dice.uniform(-0.4, 0.4), int(dice.integers(100, 700))

    def at(time: float) -> Light:
        wet = still * np.float32(0.85)
        count = int(most * (0.6 + 0.4 * np.sin(time / 5)))
        x, y = dice.uniform(-50, WIDTH + 50, count), dice.uniform(-40, HEIGHT, count)
        long, bright = dice.uniform(10, 45, count), dice.uniform(15, 70, count)
        for part in np.linspace(0, 1, 24):
            rows, columns = (y + part * long).astype(int), (x + slant * part * long).astype(int)
            seen = (rows >= 0) & (rows < HEIGHT) & (columns >= 0) & (columns < WIDTH)
            wet[rows[seen], columns[seen]] += bright[seen, None].astype(np.float32) * np.float32(0.6)
        return _float(wet)

    return at


def snow(still: Light, dice: Dice) -> PictureAt:
    """Flakes, near ones large and quick, that sway as they fall."""
    count = int(dice.integers(60, 250))
    x, y, near = dice.uniform(0, WIDTH, count), dice.uniform(0, HEIGHT, count), dice.uniform(0.15, 1.0, count) ** 2
    wind, phase = dice.uniform(-60, 60), dice.uniform(0, 6, count)

    def at(time: float) -> Light:
        white = np.zeros((HEIGHT, WIDTH), np.float32)
        columns = (x + wind * time + 20 * np.sin(time + phase)) % WIDTH
        rows = (y + (40 + 260 * near) * time) % HEIGHT
        for column, row, size in zip(columns, rows, 1 + 7 * near, strict=True):
            _stamp(white, column, row, size, 1.0)
        return _float(still * (1 - 0.8 * white[:, :, None]) + 190 * white[:, :, None])

    return at


def shake(still: Light, dice: Dice) -> PictureAt:
    """The mount trembles in gusts, or when the door is slammed: the whole picture moves by some pixels."""
    strength, quick = dice.uniform(1.5, 9.0), dice.uniform(3, 11)
    slams = dice.uniform(0, 54, 4)

    def at(time: float) -> Light:
        gust = strength * max(0.0, np.sin(time / dice.uniform(2.0, 2.5))) + sum(
            12 * np.exp(-3 * (time - slam)) for slam in slams if slam <= time
        )
        down, across = gust * np.sin(quick * time), 0.7 * gust * np.cos(1.3 * quick * time)
        return _shifted(still, float(down), float(across))

    return at


def leaves(still: Light, dice: Dice) -> PictureAt:
    """A branch before a part of the picture, whose leaves sway each on their own and together in gusts."""
    count, reach = int(dice.integers(60, 220)), dice.uniform(4, 25)
    middle, spread = dice.uniform((0, 0), (WIDTH, HEIGHT / 2)), dice.uniform(60, 160)
    x, y = dice.normal(middle[0], spread, count), dice.normal(middle[1], spread / 2, count)
    size, phase, own = dice.uniform(4, 12, count), dice.uniform(0, 6, count), dice.uniform(1.0, 3.0, count)
    green = np.array([0.25, dice.uniform(0.4, 0.8), dice.uniform(0.2, 0.6)], np.float32) * 150

    def at(time: float) -> Light:
        cover = np.zeros((HEIGHT, WIDTH), np.float32)
        gust = reach * (0.4 + 0.6 * np.sin(time / 3) ** 2)
        columns, rows = x + gust * np.sin(own * time + phase), y + 0.5 * gust * np.cos(own * time * 1.2 + phase)
        for column, row, wide in zip(columns, rows, size, strict=True):
            _stamp(cover, column, row, wide, 0.9)
        return _float(still * (1 - cover[:, :, None]) + green * cover[:, :, None])

    return at


# ------------------------------------------------------------------------------------------ close to the lens, stream


def insects(still: Light, dice: Dice) -> PictureAt:
    """Moths that dart past the lens, out of focus and lit by it, in a dim picture."""
    dim = still * np.float32(dice.uniform(0.25, 1.0))
    count, bright = int(dice.integers(1, 5)), dice.choice([-90.0, 150.0])
    turns, phase = dice.uniform(0.5, 3.0, (count, 4)), dice.uniform(0, 6, (count, 4))
    size = dice.uniform(6, 45, count)

    def at(time: float) -> Light:
        glow = np.zeros((HEIGHT, WIDTH), np.float32)
        for (a, b, c, d), (p, q, r, s), wide in zip(turns, phase, size, strict=True):
            column = WIDTH * (0.5 + 0.4 * np.sin(a * time + p) + 0.25 * np.sin(2.3 * b * time + q))
            row = HEIGHT * (0.5 + 0.4 * np.sin(c * time + r) + 0.25 * np.sin(2.9 * d * time + s))
            glow += _bell(column, row, wide)
        return _float(dim + bright * np.minimum(glow, 1.0)[:, :, None])

    return at


def spider(still: Light, dice: Dice) -> PictureAt:
    """It climbs over the glass: a blurred body on eight legs that bend, by night lit white, by day dark."""
    lit = bool(dice.integers(2))
    base = still * np.float32(0.3 if lit else 1.0)
    colour = 220.0 if lit else 25.0
    start, way, pace = dice.uniform((0, 0), (WIDTH, HEIGHT)), dice.uniform(0, 6.28), dice.uniform(8, 60)
    size = dice.uniform(10, 38)

    def at(time: float) -> Light:
        turn = way + 0.6 * np.sin(time / 4)
        walked = pace * max(0.0, time - 2 + np.sin(time))
        column = (start[0] + walked * np.cos(turn)) % WIDTH
        row = (start[1] + walked * np.sin(turn)) % HEIGHT
        body = _bell(column, row, size)
        for leg in range(8):
            angle = turn + (leg - 3.5) * 0.45 + (3.14 if leg % 2 else 0.0) + 0.25 * np.sin(5 * time + leg)
            for part in np.linspace(1, 3.2, 9):
                _stamp(body, column + part * size * np.cos(angle), row + part * size * np.sin(angle), size / 5, 0.8)
        body = np.minimum(body, 1.0)[:, :, None]
        return _float(base * (1 - body) + colour * body)

    return at


def compression(still: Light, dice: Dice) -> PictureAt:
    """A starved encoder: blocks of 8 lose their detail and drift, and every key frame sets them right at once."""
    interval, harm = dice.uniform(1, 10), dice.uniform(3, 14)
    coarse = still.reshape(HEIGHT // 8, 8, WIDTH // 8, 8, 3).mean(axis=(1, 3))
    flat = coarse.repeat(8, axis=0).repeat(8, axis=1)
    gop, drift = -1, np.zeros((HEIGHT // 8, WIDTH // 8, 1))

    def at(time: float) -> Light:
        nonlocal gop, drift
        if int(time / interval) != gop:
            gop, drift = int(time / interval), np.zeros_like(drift)
        part = (time / interval) % 1
        drift = drift * 0.9 + dice.normal(0, harm * 0.4, drift.shape)
        return _float(still * (1 - 0.7 * part) + flat * 0.7 * part + drift.repeat(8, axis=0).repeat(8, axis=1))

    return at


TROUBLE: dict[str, Callable[[Light, Dice], PictureAt]] = {
    "light switched": light_switched,
    "infrared switched": infrared_switched,
    "headlights": headlights,
    "moving shadows": shadows,
    "rain": rain,
    "snow": snow,
    "shake": shake,
    "leaves": leaves,
    "insects": insects,
    "spider": spider,
    "compression": compression,
}


# ------------------------------------------------------------------------------------------------------------ drawing


def _float(picture: "NDArray[np.floating]") -> Light:
    return picture.astype(np.float32, copy=False)


def _bell(column: float, row: float, wide: float) -> Light:
    """1 in its middle, 0.6 at `wide` pixels from it."""
    across = np.exp(-0.5 * ((_ACROSS[0] - column) / wide) ** 2)
    down = np.exp(-0.5 * ((_DOWN[:, 0] - row) / wide) ** 2)
    return np.outer(down, across).astype(np.float32)


def _stamp(cover: Light, column: float, row: float, radius: float, most: float) -> None:
    """A soft disc; what lies outside the picture is left out."""
    reach = int(radius * 1.5) + 1
    top, left = max(0, int(row) - reach), max(0, int(column) - reach)
    part = cover[top : max(0, int(row) + reach + 1), left : max(0, int(column) + reach + 1)]
    if part.size:
        down, across = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
        away = np.hypot(down - row, across - column) / radius
        np.maximum(part, most * np.clip(1.5 - away, 0, 1), out=part, casting="same_kind")


def _shifted(picture: Light, down: float, across: float) -> Light:
    """By parts of pixels; the edge goes on outside."""
    rows, columns = (
        np.clip(np.arange(HEIGHT) - down, 0, HEIGHT - 1.001),
        np.clip(np.arange(WIDTH) - across, 0, WIDTH - 1.001),
    )
    top, left = rows.astype(int), columns.astype(int)
    low, right = (rows - top).astype(np.float32)[:, None, None], (columns - left).astype(np.float32)[None, :, None]
    mixed = picture[top] * (1 - low) + picture[top + 1] * low
    return _float(mixed[:, left] * (1 - right) + mixed[:, left + 1] * right)


def _speckled(dice: Dice, high: int, wide: int, size: int) -> Light:
    """Smooth spots of about `size` pixels around 0.8, that join at both sides; rows x columns x 1."""
    rows, columns = -(-high // size) + 1, -(-wide // size)
    knots = dice.uniform(0.4, 1.2, (rows, columns))
    knots = np.concatenate([knots, knots[:, :1]], axis=1)
    down, across = np.arange(high) / size, np.arange(wide) * columns / wide
    top, left = down.astype(int), across.astype(int)
    low, right = (down - top)[:, None], (across - left)[None, :]
    upper = knots[top][:, left] * (1 - right) + knots[top][:, left + 1] * right
    lower = knots[top + 1][:, left] * (1 - right) + knots[top + 1][:, left + 1] * right
    return _float((upper * (1 - low) + lower * low)[:, :, None])
