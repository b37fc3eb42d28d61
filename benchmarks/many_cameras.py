"""Many cameras in one process, from packet to buffer and look: what each one costs, and that none loses anything.

    python -m benchmarks.many_cameras [--seconds 60] [--short 15] [--cameras 4 8 12 16] [--threads]

One camera in four is 1080p30 at 4 Mbit/s, the others are 640x480 at 25 and 1.5 Mbit/s: files in real time, each opened
and decoded in a child of its own as the server does it, then through the server's own pipelines, with the buffer in
memory, four looks a second with the real motion scorer, and no detector.  `--threads` reads them in threads instead.
Each number of cameras has a server process of its own; the largest one runs for `--seconds`, the others for `--short`.
Lost is every packet that came and that no segment holds; CPU and memory are of that process and all that it started.
How late the loop was is exact here, not in buckets.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC

from benchmarks.camera_files import CAMERA_480P, CAMERA_1080P, CameraFile
from benchmarks.figures import Figure, percentile, tell
from benchmarks.house import folder_of_our_own, memory_folder

from doorstep.app.camera_child import READERS
from doorstep.app.cameras import CameraFactory, Shared
from doorstep.app.rtmp_intake import RtmpIntake
from doorstep.app.sources import Sources
from doorstep.app.storage import Storage
from doorstep.catalog.memory import MemoryCatalog
from doorstep.cli.memory import share_heaps
from doorstep.cli.run import SWITCH_SECONDS
from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.disk_kind import DiskKind
from doorstep.core.settings import BufferSettings, CameraSettings, ServerSettings, Settings
from doorstep.live.mjpeg import MjpegFeed
from doorstep.live.packet_feed import PacketFeed
from doorstep.pipeline.buffer_shares import BufferShares
from doorstep.pipeline.cameras import Cameras
from doorstep.pipeline.detection_switch import DetectionSwitch
from doorstep.pipeline.disk_watch import DiskWatch
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.explanations import Explanations
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.ports import Clock, Source
from doorstep.shelves.folder import FolderShelf
from doorstep.sources.address import FileAddress, parse_source
from doorstep.sources.file import FileSource
from doorstep.sources.nursery import Nursery
from doorstep.sources.rtmp_play import Watching
from doorstep.stores.local import LocalStore
from fakes.process_tree import Holding, holding

LARGE_ONE_IN = 4
LATENESS_GOAL_MS = 20.0
BUFFER_BYTES = 400_000_000
BUFFER_SECONDS = 30.0
SETTLE_SECONDS = 3.0
EVERY_SECONDS = 0.1
LONGEST_START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Run:
    """What one number of cameras cost, children and all; CPU in percent of a core."""

    cameras: int
    seconds: float
    packets: int
    expected: int
    lost: int
    drops: int
    gaps: int
    looks: int
    cpu_percent: float
    pss_mib: float
    processes: int
    threads: int
    lateness_ms: tuple[float, float, float]


def kinds(count: int) -> Sequence[CameraFile]:
    return [CAMERA_1080P if number % LARGE_ONE_IN == 0 else CAMERA_480P for number in range(count)]


class Kept:
    """Counts the pictures that reached the shelf, as each segment does."""

    def __init__(self, buffered: BufferedCamera) -> None:
        self._buffered = buffered
        self._inner = buffered.on_segment
        buffered.on_segment = self.count
        self.pictures = 0

    def count(self) -> None:
        """One more segment."""
        newest = self._buffered.buffer.newest
        self.pictures += len(newest.samples) if newest is not None else 0
        self._inner()

    @property
    def all(self) -> int:
        """With those of the open second."""
        newest = self._buffered.open_second()
        return self.pictures + (len(newest[0].samples) if newest else 0)


OpenSource = Callable[[CameraSettings, str], Source]


@contextmanager
def server_opener(clock: Clock, health: HealthBoard, *, threads: bool) -> Iterator[OpenSource]:
    """How the server opens a camera; with `threads` as it did before there were children."""
    if threads:
        yield lambda _camera, address: _in_a_thread(address, clock)
        return
    nursery = Nursery(clock, readers=READERS)
    try:
        rtmp = RtmpIntake(clock, None, Watching(PacketFeed(), _nobody), health)
        yield Sources(clock, UTC, None, nursery, rtmp).open
    finally:
        nursery.close()


def _in_a_thread(address: str, clock: Clock) -> Source:
    parsed = parse_source(address)
    assert isinstance(parsed, FileAddress)
    return FileSource(parsed.path, loop=parsed.loop, clock=clock)


async def _nobody(_camera: str, _token: str) -> bool:
    return False


async def measured(count: int, seconds: float, *, threads: bool = False) -> Run:
    clock = SystemClock()
    health = HealthBoard(clock)
    with (
        folder_of_our_own() as data,
        memory_folder() as buffer,
        ThreadPoolExecutor(2) as looks,
        server_opener(clock, health, threads=threads) as open_source,
    ):
        settings = Settings(
            server=ServerSettings(data=data, timezone="UTC"),
            buffer=BufferSettings(seconds=BUFFER_SECONDS),
            cameras=tuple(
                CameraSettings(CameraId(f"camera-{number}"), f"Camera {number}", f"file://{kind.path()}?loop")
                for number, kind in enumerate(kinds(count))
            ),
        )
        catalog = MemoryCatalog()
        rows = EventRows(catalog, health, clock)
        store = LocalStore(data / "recordings")
        storage = Storage(
            store=store,
            shelf=FolderShelf(buffer, "benchmark"),
            shares=BufferShares(BUFFER_BYTES, BUFFER_SECONDS, DiskKind.MEMORY, health, clock),
            disk=DiskWatch(store.disk_reading, health, clock),
            durability=1.0,
        )
        shared = Shared(
            settings=settings,
            storage=storage,
            live=MjpegFeed(clock),
            packets=PacketFeed(),
            rows=rows,
            explanations=Explanations(catalog, rows, health, clock),
            outbox=Outbox(RecipientBook.of([]), rows, health, clock),
            health=health,
            clock=clock,
            detector=lambda: None,
            looks=looks,
            open_source=open_source,
            link_to=lambda event: event.id,
            detection=DetectionSwitch(store, health, clock),
        )
        factory = CameraFactory(shared, {})
        cameras = Cameras([factory.make(camera) for camera in settings.cameras], clock, health)
        kept = [Kept(buffered) for buffered in factory.buffers.values()]
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(cameras.run()), tasks.create_task(rows.run())]
            run = await _watched(cameras, kept, seconds)
            for task in running:
                task.cancel()
        return run


async def _watched(cameras: Cameras, kept: Sequence[Kept], seconds: float) -> Run:
    async with asyncio.timeout(LONGEST_START_SECONDS):
        while not all(status.counts.packets for status in cameras.cameras()):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.1)
    await asyncio.sleep(SETTLE_SECONDS)
    before = sum(status.counts.packets for status in cameras.cameras())
    held, begin = holding(os.getpid()), time.perf_counter()
    late = await _lateness(seconds)
    statuses = cameras.cameras()
    took, now = time.perf_counter() - begin, holding(os.getpid())
    _check_whole(held, now)
    packets = sum(status.counts.packets for status in statuses)
    expected = round(sum(kind.rate for kind in kinds(len(statuses))) * took)
    return Run(
        cameras=len(statuses),
        seconds=took,
        packets=packets - before,
        expected=expected,
        lost=packets - sum(each.all for each in kept),
        drops=sum(status.counts.overruns + status.counts.lost_segments for status in statuses),
        gaps=sum(status.counts.gaps + status.counts.connections - 1 for status in statuses),
        looks=sum(status.counts.looks for status in statuses),
        cpu_percent=100 * (now.cpu - held.cpu) / took,
        pss_mib=now.pss / 2**20,
        processes=now.processes,
        threads=now.threads,
        lateness_ms=(percentile(late, 0.5) * 1000, percentile(late, 0.99) * 1000, max(late) * 1000),
    )


async def _lateness(seconds: float) -> list[float]:
    late, end = [], time.monotonic() + seconds
    while (begin := time.monotonic()) < end:
        await asyncio.sleep(EVERY_SECONDS)
        late.append(max(0.0, time.monotonic() - begin - EVERY_SECONDS))
    return late


def _check_whole(before: Holding, after: Holding) -> None:
    """Raises SystemExit where a process came or went meanwhile: its CPU would be missing."""
    if before.processes != after.processes:
        msg = f"{before.processes} processes became {after.processes} while they were measured"
        raise SystemExit(msg)


def in_a_process(count: int, seconds: float, *, threads: bool) -> Run:
    """One number of cameras, measured in a process that did nothing else."""
    command = [sys.executable, "-m", "benchmarks.many_cameras", "--only", str(count), "--seconds", str(seconds)]
    command += ["--threads"] if threads else []
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    told = json.loads(done.stdout.splitlines()[-1])
    return Run(**{**told, "lateness_ms": tuple(told["lateness_ms"])})


def slope(runs: Sequence[Run], values: Sequence[float]) -> tuple[float, float]:
    """By least squares: what one more camera adds, and the farthest any run lies from that line, in parts of it."""
    counts = [run.cameras for run in runs]
    middle, mean = sum(counts) / len(counts), sum(values) / len(values)
    spread = sum((count - middle) ** 2 for count in counts)
    each = sum((count - middle) * (value - mean) for count, value in zip(counts, values, strict=True)) / max(spread, 1)
    line = [mean + each * (count - middle) for count in counts]
    return each, max(abs(value - on) / on for value, on in zip(values, line, strict=True))


def told(runs: Sequence[Run]) -> None:
    most = runs[-1]
    for run in runs:
        beside: dict[str, float | str] = {
            "seconds": run.seconds,
            "packets": run.packets,
            "of_expected": run.packets / run.expected,
            "handover_drops": run.drops,
            "gaps": run.gaps,
            "looks": run.looks,
            "processes": run.processes,
            "threads": run.threads,
        }
        name = f"{run.cameras} cameras"
        tell(Figure(f"{name}, packets lost", run.lost, run.lost, run.lost, "packets", 1, 0, beside))
        half, most_of_all, worst = run.lateness_ms
        tell(Figure(f"{name}, loop lateness p99", most_of_all, half, worst, "ms (min: p50)", 1, LATENESS_GOAL_MS))
        tell(Figure(f"{name}, CPU", run.cpu_percent, run.cpu_percent, run.cpu_percent, "% of a core", 1))
        tell(Figure(f"{name}, memory", run.pss_mib, run.pss_mib, run.pss_mib, "MiB PSS", 1))
    if len(runs) > 1:
        for what, unit, values in (
            ("CPU", "% of a core", [run.cpu_percent for run in runs]),
            ("memory", "MiB PSS", [run.pss_mib for run in runs]),
        ):
            each, off = slope(runs, values)
            name = f"{what} per added camera, up to {most.cameras}"
            tell(Figure(name, each, each, each, unit, len(runs), None, {"farthest_from_the_line": off}))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--short", type=float, default=15.0)
    options.add_argument("--cameras", type=int, nargs="+", default=[4, 8, 12, 16])
    options.add_argument("--threads", action="store_true", help="read in threads, to compare")
    options.add_argument("--only", type=int, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.only is not None:
        share_heaps()
        sys.setswitchinterval(SWITCH_SECONDS)
        print(
            json.dumps(asdict(asyncio.run(measured(chosen.only, chosen.seconds, threads=chosen.threads)))), flush=True
        )
        return
    counts = sorted(chosen.cameras)
    told(
        [
            in_a_process(count, chosen.short if count < counts[-1] else chosen.seconds, threads=chosen.threads)
            for count in counts
        ]
    )


if __name__ == "__main__":
    main()
