"""What encoding a camera anew would cost on this machine, measured before the owner switches it on."""

import threading
import time
from collections.abc import Generator, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from doorstep.core.media import StreamItem
from doorstep.media.encode import TIMESCALE, H264Encoder
from doorstep.ports import Frame, FrameTap
from doorstep.sources.reencoded import ReencodedSource

_HALF_MASKED = (((0.0, 0.0), (0.5, 0.0), (0.7, 1.0), (0.0, 1.0)),)
_TILE = 32
_NOISE, _NOISES = 11, 5
_AS_CAMERAS_DO = "veryfast"  # arithmetic coding and deblocking, which a decoder must pay for


def reencode_cost(width: int, height: int, rate: int, seconds: float = 2.0) -> float:
    """Percent of one core that decoding, masking and encoding `rate` pictures a second takes; it may exceed 100.

    Width and height are even.  Blocks for about twice that part of `seconds`, and counts every thread of this process:
    ask while it does nothing else.  The picture is as dear as a busy street by day: some 4 Mbit/s in 1080p30.
    """
    recorded = _Recorded(synthetic_stream(width, height, rate, max(2, round(rate * seconds))))
    source = ReencodedSource(recorded, masks=_HALF_MASKED, clock=_StandingClock())
    before = time.process_time()
    for _ in source.read(_NoTap(), threading.Event()):
        pass
    return 100 * (time.process_time() - before) * rate / recorded.pictures


def synthetic_stream(width: int, height: int, rate: int, count: int) -> list[StreamItem]:
    """A format and `count` packets: a wall, leaves in the wind, a busy shape that walks by, and a noisy sensor."""
    encoder = H264Encoder(width, height, rate, preset=_AS_CAMERAS_DO)
    items: list[StreamItem] = [encoder.format]
    random = np.random.default_rng(7)
    wall = _tiled(random.integers(60, 190, (_TILE, _TILE)), width, height)
    shape = _tiled(random.integers(30, 220, (_TILE, _TILE)), width // 6, height // 2)
    leaves = _tiled(random.integers(60, 190, (_TILE, _TILE)), width, height // 4)
    noises = [random.integers(-_NOISE, _NOISE + 1, (height, width)).astype(np.int16) for _ in range(_NOISES)]
    packed = np.full((height * 3 // 2, width), 128, np.uint8)
    for number in range(count):
        picture = wall // 4 + 90
        left = number * width // 200 % (width - shape.shape[1])
        picture[height // 3 : height // 3 + shape.shape[0], left : left + shape.shape[1]] = shape
        picture[: height // 4] = np.roll(leaves, (number * 5, number * 7), axis=(0, 1))
        packed[:height] = picture + noises[number % _NOISES]
        items += encoder.encode(packed, number * TIMESCALE // rate, 0.0)[1]
    return items


def _tiled(tile: NDArray[np.int64], width: int, height: int) -> NDArray[np.int16]:
    """A texture of four by four pixels a grain over the whole size."""
    grains = tile.repeat(4, axis=0).repeat(4, axis=1).astype(np.int16)
    side = grains.shape[0]
    return np.tile(grains, (height // side + 1, width // side + 1))[:height, :width]


class _StandingClock:
    """By it nobody is ever late: a machine that is too slow must tell so, and not leave pictures out."""

    def now(self) -> datetime:
        return datetime.min.replace(tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Nobody waits."""


class _Recorded:
    """A camera out of memory, as fast as it is asked."""

    def __init__(self, items: Sequence[StreamItem]) -> None:
        self._items = items
        self.pictures = len(items) - 1

    def read(self, _tap: FrameTap, _stop: threading.Event) -> Generator[StreamItem]:
        """From its first item to its last."""
        yield from self._items


class _NoTap:
    def wants(self, _at: float) -> bool:
        return False

    def put(self, frame: Frame) -> None:
        """Never called."""
