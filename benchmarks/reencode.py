"""What masks cost: painting alone, sources that own their pictures, and a network camera that is encoded anew.

    python -m benchmarks.reencode [--rounds 5]

The re-encode is what `doorstep check` measures before the owner switches it on, beside a bare decode of the same size.
"""

import argparse
import time
from functools import partial

import numpy as np
from benchmarks.figures import interleaved, of_rounds, tell

from doorstep.core.media import Packet, VideoFormat
from doorstep.media.decode import Eye
from doorstep.media.mask import Paint, unpacked
from doorstep.ports import Frame
from doorstep.sources.reencode_cost import reencode_cost, synthetic_stream

SIZES = ((640, 480, 15), (640, 480, 25), (1280, 720, 25), (1920, 1080, 30))
RECTANGLE = ((0.1, 0.1), (0.5, 0.1), (0.5, 0.6), (0.1, 0.6))
TRIANGLES = tuple(((0.1 + at / 10, 0.1), (0.2 + at / 10, 0.3), (0.1 + at / 10, 0.9)) for at in range(5))
PICTURES = 20


class EveryFrame:
    """A tap to which everything is decoded."""

    def wants(self, _at: float) -> bool:
        """Each of them."""
        return True

    def put(self, frame: Frame) -> None:
        """Decoded: that was the work."""


def paint(painter: Paint, width: int, height: int) -> None:
    picture = unpacked(np.zeros((height * 3 // 2, width), np.uint8))
    for _ in range(PICTURES):
        painter.shown(picture)


def decode(items: list[VideoFormat | Packet]) -> None:
    eye: Eye | None = None
    for item in items:
        if isinstance(item, VideoFormat):
            eye = Eye(item, EveryFrame())
        elif eye is not None:
            eye.take(item)


def painting(rounds: int) -> None:
    width, height = 1920, 1080
    works = {
        f"{words}, turned by {rotation}": partial(paint, Paint(width, height, masks, rotation), width, height)
        for words, masks in (("no mask", ()), ("a rectangle", (RECTANGLE,)), ("five triangles", TRIANGLES))
        for rotation in (0, 90, 180)
    }
    for name, times in interleaved(works, rounds, time.process_time).items():
        milliseconds = [1000 * seconds / PICTURES for seconds in times]
        tell(of_rounds(f"a 1080p picture, {name}", milliseconds, "ms of CPU"))


def encoding_anew(rounds: int) -> None:
    for width, height, rate in SIZES:
        items = [item for item in synthetic_stream(width, height, rate, rate) if isinstance(item, VideoFormat | Packet)]
        decoding = interleaved({"decode": partial(decode, items)}, rounds, time.process_time)["decode"]
        percent = [reencode_cost(width, height, rate, seconds=1.0) for _ in range(rounds)]
        tell(
            of_rounds(
                f"a camera of {width}x{height} at {rate} a second, encoded anew",
                percent,
                "% of a core",
                bare_decode=100 * sorted(decoding)[len(decoding) // 2],
            )
        )


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    painting(rounds)
    encoding_anew(rounds)


if __name__ == "__main__":
    main()
