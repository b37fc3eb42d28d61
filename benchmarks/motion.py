"""Looking at key frames, against merely decoding them: what motion adds.  Goal: at most 1.5 times key-frame decode.

    python -m benchmarks.motion VIDEO [VIDEO ...] [--rounds 5]

Floors of the same run, interleaved: reading the packets, and decoding key frames alone.  All figures are CPU time.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import interleaved, ratio, tell

from doorstep.clock import SystemClock
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.media.decode import looking
from doorstep.media.demux import read_file
from doorstep.ports import Frame
from doorstep.vision.luma_difference import LumaDifference

GOAL = 1.5


class KeyFrameTap:
    """Wants a frame so seldom that key frames suffice, and hands it to `look`."""

    def __init__(self, look: Callable[[Frame], object]) -> None:
        self._look = look
        self.keys: set[float] = set()
        self.count = 0

    def wants(self, at: float) -> bool:
        """Key frames only, as the reader has marked them."""
        return at in self.keys

    def put(self, frame: Frame) -> None:
        """Look at once, in the source's thread, so that its time is counted."""
        self.count += 1
        self._look(frame)


def demux_only(path: Path) -> int:
    return sum(1 for item in read_file(path, SystemClock()) if isinstance(item, Packet))


def key_frames(path: Path, look: Callable[[Frame], object]) -> int:
    tap = KeyFrameTap(look)

    def marked() -> "list[StreamItem]":
        items = list(read_file(path, SystemClock()))
        timescale = next(item.timescale for item in items if isinstance(item, VideoFormat))
        tap.keys = {item.pts / timescale for item in items if isinstance(item, Packet) and item.key}
        return items

    for _ in looking(iter(marked()), tap):
        pass
    return tap.count


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("video", type=Path, nargs="+")
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    for path in chosen.video:
        report(path, chosen.rounds)


def report(path: Path, rounds: int) -> None:
    works: dict[str, Callable[[], int]] = {
        "demux": lambda: demux_only(path),
        "key-frame decode": lambda: key_frames(path, lambda _frame: None),
        "key-frame motion": lambda: key_frames(path, LumaDifference().score),
    }
    taken = interleaved(works, rounds, time.process_time)
    # What both read alike is taken off, so that the ratio is of the looking alone.
    decode = [whole - read for whole, read in zip(taken["key-frame decode"], taken["demux"], strict=True)]
    motion = [whole - read for whole, read in zip(taken["key-frame motion"], taken["demux"], strict=True)]
    tell(ratio(f"motion on key frames, {path.stem}", motion, decode, "CPU, x key-frame decode", GOAL))


if __name__ == "__main__":
    main()
