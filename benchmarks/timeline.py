"""Pictures of the past as the timeline asks for them: one large picture, and a sheet of twelve small ones.

    python -m benchmarks.timeline [--rounds 7]

Fifteen minute files of 1080p30 at 4 Mbit/s, a key frame every two seconds, on a disk.  The picture is 1280 wide; the
sheets show two minutes, as on a track of ten minutes, and twelve minutes, as on one of six hours.  Each round asks for
other instants.  The floor decodes, scales and compresses the same key frames in this process, from memory, without a
process of its own, a catalog or files.  CPU is of both processes.
"""

import argparse
import asyncio
import os
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.camera_files import CAMERA_1080P
from benchmarks.figures import of_rounds, ratio, tell
from benchmarks.house import folder_of_our_own

from doorstep.app.past_picture_child import COMMAND
from doorstep.catalog.memory import MemoryCatalog
from doorstep.clock import SystemClock
from doorstep.core.errors import SourceEnded
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.core.past_picture import LARGEST_TILE, PreviewGrid, key_samples
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.segment import Segment
from doorstep.media.jpeg import fitting
from doorstep.media.key_picture import KeyPictures
from doorstep.media.small_picture import SmallPicture, sheet
from doorstep.mp4.recording import entry, header
from doorstep.pipeline.past_pictures import PastPictures
from doorstep.pipeline.picture_process import PictureProcess
from doorstep.sources.file import FileSource
from doorstep.stores.local import LocalStore
from fakes.footage import CAMERA, NOON, segments_of
from fakes.process_tree import holding

BEGIN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTES = 15
LARGE = 1280, 1280
TILES = 12
WORKS = {"one picture": 0, "12 small ones, every 10 s": 10, "12 small ones, every 60 s": 60}


def minute() -> tuple[VideoFormat, list[tuple[Segment, bytes]]]:
    """One minute of a camera, cut as the recorder cuts it."""
    source = FileSource(CAMERA_1080P.path(), loop=False, clock=SystemClock())
    items: list[StreamItem] = []
    with suppress(SourceEnded):
        items.extend(source._laps())  # noqa: SLF001 - its seam, without its pace
    fmt = next(item for item in items if isinstance(item, VideoFormat))
    packets = [item for item in items if isinstance(item, Packet)]
    return fmt, segments_of(packets, timescale=fmt.timescale)


def stored(folder: Path, catalog: MemoryCatalog) -> LocalStore:
    """The same minute again and again, a file each."""
    store = LocalStore(folder)
    fmt, segments = minute()
    for number in range(MINUTES):
        begin = BEGIN + timedelta(minutes=number)
        file = header(fmt, b"")
        for segment, piece in segments:
            file += entry(replace(segment, starts_at=segment.starts_at - NOON + begin), piece)
        key = f"continuous/{CAMERA}/2026/11/21/{number}.mp4"
        store.put(key, file)
        catalog.save_span(RecordedSpan(key, CAMERA, begin, begin + timedelta(minutes=1), len(file)))
    return store


class Floor:
    """Key frames of one minute in memory, decoded, scaled and compressed here."""

    def __init__(self) -> None:
        fmt, segments = minute()
        self._samples = [
            piece[key.offset : key.offset + key.size] for segment, piece in segments for key in key_samples(segment)
        ]
        self._decoder = KeyPictures(fmt)

    def picture(self) -> None:
        """One large."""
        self._small(0, LARGE).jpeg()

    def sheet(self) -> None:
        """Twelve small ones."""
        sheet([self._small(number, LARGEST_TILE) for number in range(TILES)], *LARGEST_TILE)

    def _small(self, number: int, most: tuple[int, int]) -> SmallPicture:
        found = self._decoder.picture(self._samples[number % len(self._samples)], 0.0)
        if found is None:
            msg = "a key frame could not be decoded"
            raise SystemExit(msg)
        width, height = fitting(found.width, found.height, *most)
        return SmallPicture(
            width, height, found.picture.reformat(width, height, "yuvj420p", threads=1).to_ndarray().tobytes()
        )


async def measured(past: PastPictures, rounds: int) -> dict[str, tuple[list[float], list[float], list[float]]]:
    """Wall seconds, CPU seconds of all processes, and the floor's CPU seconds, of each round."""
    floor = Floor()
    taken: dict[str, tuple[list[float], list[float], list[float]]] = {name: ([], [], []) for name in WORKS}
    for number in range(-1, rounds):
        for name, every in WORKS.items():
            at = BEGIN + timedelta(seconds=130 + 7 * number)
            begin, used = time.perf_counter(), holding(os.getpid()).cpu
            if every:
                shown = await past.previews(CAMERA, PreviewGrid(at, every, TILES), "me")
                if not all(shown.kept):
                    msg = "a small picture is missing"
                    raise SystemExit(msg)
            else:
                await past.frame(CAMERA, at, LARGE, "me")
            wall, cpu = time.perf_counter() - begin, holding(os.getpid()).cpu - used
            begin = time.process_time()
            (floor.sheet if every else floor.picture)()
            if number >= 0:
                for values, value in zip(taken[name], (wall, cpu, time.process_time() - begin), strict=True):
                    values.append(value)
    return taken


async def run(rounds: int) -> None:
    catalog, clock = MemoryCatalog(), SystemClock()
    with folder_of_our_own() as folder:
        past = PastPictures(stored(folder, catalog), {}, clock, catalog, PictureProcess(COMMAND, clock))
        running = asyncio.get_running_loop().create_task(past.run())
        try:
            begin = time.perf_counter()
            await past.frame(CAMERA, BEGIN + timedelta(seconds=30), LARGE, "me")
            tell(
                of_rounds("timeline, the first picture, with a process that begins", [time.perf_counter() - begin], "s")
            )
            taken = await measured(past, rounds)
        finally:
            running.cancel()
            await asyncio.wait([running])
    for name, (wall, cpu, floor) in taken.items():
        tell(of_rounds(f"timeline, {name}", wall, "s"))
        tell(of_rounds(f"timeline, {name}, CPU of both processes", cpu, "s"))
        tell(ratio(f"timeline, {name}, CPU to bare decoding", cpu, floor, "x"))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=7)
    asyncio.run(run(options.parse_args().rounds))


if __name__ == "__main__":
    main()
