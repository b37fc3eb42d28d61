"""Packets to segments on a shelf in memory, against a bare demux of the same file.  Goal: at most 1.5 times its CPU.

    python -m benchmarks.segmenting [--rounds 9] [--paced-rounds 3]

Two ways to ask: paced, as cameras are read (each packet at its time, a thread a camera: what a server pays), and flat
out (a file from end to end as fast as it goes: what the code costs, with warm caches and nothing to wait for).
"""

import argparse
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path

import av
from benchmarks.camera_files import BOTH, SECONDS, CameraFile
from benchmarks.figures import interleaved, of_rounds, ratio, tell
from benchmarks.house import memory_folder

from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.media.demux import read_file
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.shelves.folder import FolderShelf
from doorstep.sources.pacing import Pacer

GOAL = 1.5
BUFFER_SECONDS = 20.0
BUFFER_BYTES = 1 << 30
CAMERAS = 8
PACED_SECONDS = 4.0

Item = StreamItem
Feed = Callable[[Iterator[Item]], None]

clock = SystemClock()
numbers = count()


# ------------------------------------------------------------------------------------------------------- flat out


def demux(path: Path) -> None:
    with av.open(str(path)) as container:
        for _ in container.demux(container.streams.video[0]):
            pass


def read(path: Path) -> None:
    for _ in read_file(path, clock):
        pass


def segment(items: Iterator[Item], folder: Path) -> None:
    camera = buffered(folder)
    for item in items:
        if isinstance(item, VideoFormat):
            camera.begin(item)
        else:
            camera.take(item)
    camera.end()


def buffered(folder: Path) -> BufferedCamera:
    shelf = FolderShelf(folder / "shelf", "this boot")
    return BufferedCamera(
        CameraId(f"camera-{next(numbers)}"), RollingBuffer(BUFFER_SECONDS, BUFFER_BYTES), shelf, clock
    )


def write_only(seconds: Sequence[Sequence[bytes]], folder: Path) -> None:
    """What no shelf in memory can do without: a file a second, removed when the buffer is full."""
    plain = folder / "plain"
    plain.mkdir(exist_ok=True)
    for number, parts in enumerate(seconds):
        descriptor = os.open(plain / f"{number}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.writev(descriptor, parts)
        os.close(descriptor)
        if number >= BUFFER_SECONDS:
            (plain / f"{number - int(BUFFER_SECONDS)}").unlink()
    for left in plain.iterdir():
        left.unlink()


def flat_out(camera: CameraFile, rounds: int) -> None:
    path = camera.path()
    items = list(read_file(path, clock))
    packets = [item for item in items if isinstance(item, Packet)]
    per_second = [
        [packet.data for packet in packets[first : first + camera.rate]]
        for first in range(0, len(packets), camera.rate)
    ]
    with memory_folder() as folder:
        taken = interleaved(
            {
                "demux": partial(demux, path),
                "read": partial(read, path),
                "segment": lambda: segment(iter(items), folder),
                "whole": lambda: segment(read_file(path, clock), folder),
                "write": partial(write_only, per_second, folder),
            },
            rounds,
            time.process_time,
        )
    floor = taken["demux"]
    each = {name: 1e6 * sorted(times)[len(times) // 2] / len(packets) for name, times in taken.items()}
    tell(
        ratio(
            f"segmenting {camera.name}, flat out",
            taken["whole"],
            floor,
            "CPU, x bare demux",
            GOAL,
            microseconds_a_packet=each["whole"],
            floor_microseconds=each["demux"],
        )
    )
    for name, words in (
        ("read", "own reading alone (format, times, packets)"),
        ("segment", "packets in memory to shelf alone"),
        ("write", "bare write of the same bytes to memory"),
    ):
        tell(
            ratio(
                f"segmenting {camera.name}, flat out: {words}",
                taken[name],
                floor,
                "CPU, x bare demux",
                microseconds_a_packet=each[name],
            )
        )


# ---------------------------------------------------------------------------------------------------------- paced


def paced_demux(path: Path, seconds: float) -> None:
    pacer, wait = Pacer(clock), threading.Event().wait
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        base = float(stream.time_base or 1)
        for packet in container.demux(stream):
            at = (packet.dts or 0) * base
            if at >= seconds:
                break
            wait(pacer.delay(at))


def paced(items: Iterator[Item], seconds: float) -> Iterator[Item]:
    pacer, wait, timescale = Pacer(clock), threading.Event().wait, 1
    for item in items:
        if isinstance(item, VideoFormat):
            timescale = item.timescale
        elif isinstance(item, Packet):
            at = item.dts / timescale
            if at >= seconds:
                break
            wait(pacer.delay(at))
        yield item


def on_threads(work: Callable[[], None], rate: int) -> None:
    """As many at once as there are cameras, begun one after the other within the time of a picture."""
    threads = [threading.Thread(target=work) for _ in range(CAMERAS)]
    between = threading.Event()
    for thread in threads:
        thread.start()
        between.wait(1 / rate / CAMERAS)
    for thread in threads:
        thread.join()


def in_real_time(camera: CameraFile, rounds: int) -> None:
    path = camera.path()
    seconds = PACED_SECONDS
    with memory_folder() as folder:
        taken = interleaved(
            {
                "demux": lambda: on_threads(lambda: paced_demux(path, seconds), camera.rate),
                "whole": lambda: on_threads(
                    lambda: segment(paced(read_file(path, clock), seconds), folder), camera.rate
                ),
            },
            rounds,
            time.process_time,
            warm_up=0,
        )
    share = 100 / seconds / CAMERAS
    tell(
        ratio(
            f"segmenting {camera.name}, paced, {CAMERAS} cameras",
            taken["whole"],
            taken["demux"],
            "CPU, x bare demux",
            GOAL,
            floor_percent_of_a_core_each=of_rounds("", taken["demux"], "").value * share,
            percent_of_a_core_each=of_rounds("", taken["whole"], "").value * share,
        )
    )


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--paced-rounds", type=int, default=3)
    chosen = options.parse_args()
    assert SECONDS > PACED_SECONDS
    for camera in BOTH:
        in_real_time(camera, chosen.paced_rounds)
        flat_out(camera, chosen.rounds)


if __name__ == "__main__":
    main()
