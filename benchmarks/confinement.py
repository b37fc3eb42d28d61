"""Cameras read by children without secrets against cameras read by threads.  Goals: CPU x1.15, 25 MiB PSS a camera.

    python -m benchmarks.confinement [--rounds 3] [--seconds 10]

Each round runs both in a fresh process of their own, by turns.  Every camera is a file at its own pace, cut into
segments in memory, looked at four times a second for motion: what a server does before it detects anything.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.camera_files import BOTH, CAMERA_480P, CAMERA_1080P, CameraFile
from benchmarks.figures import Figure, of_rounds, percentile, ratio, tell
from benchmarks.house import memory_folder

from doorstep.app.camera_child import READERS
from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.ports import FrameTap
from doorstep.shelves.folder import FolderShelf
from doorstep.sources.confined import ConfinedSource
from doorstep.sources.nursery import Nursery
from doorstep.sources.readers import reader_of
from doorstep.sources.source_spec import SourceSpec
from doorstep.sources.threaded import threaded
from doorstep.vision.luma_difference import LumaDifference

CPU_GOAL, PSS_GOAL_MIB = 1.15, 25.0
WARM_UP_SECONDS = 4.0
BUFFER_SECONDS, BUFFER_BYTES = 20.0, 1 << 28
MIXES = {"4 x 1080p30": (CAMERA_1080P,) * 4, "12 x 480p25": (CAMERA_480P,) * 12}
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Run:
    """What one process measured of itself and its children, in the window behind the warm-up."""

    cpu_seconds: float
    pss_mib: float
    nursery_mib: float
    lateness_ms: float
    packets: int
    looks: int


# ------------------------------------------------------------------------------------------- in the process measured


class Camera:
    """One stream to segments and motion scores."""

    def __init__(self, number: int, looks: float, folder: Path) -> None:
        shelf = FolderShelf(folder / "shelf", "this boot")
        buffer = RollingBuffer(BUFFER_SECONDS, BUFFER_BYTES)
        self.buffered = BufferedCamera(CameraId(f"camera-{number}"), buffer, shelf, SystemClock())
        self.mailbox = FrameMailbox(looks, asyncio.get_running_loop())
        self.packets = 0
        self.looks = 0

    async def record(self, items: AsyncGenerator[StreamItem]) -> None:
        """All of it, into segments."""
        async with aclosing(items):
            async for item in items:
                if isinstance(item, VideoFormat):
                    self.buffered.begin(item)
                elif isinstance(item, Packet):
                    self.buffered.take(item)
                    self.packets += 1

    async def look(self) -> None:
        """At each picture that comes."""
        scorer = LumaDifference()
        while True:
            frame = await self.mailbox.take()
            await asyncio.to_thread(scorer.score, frame)
            self.looks += 1


class NobodyLooks:
    """A tap without a wish."""

    def wants(self, _at: float) -> bool:
        """Never."""
        return False

    def put(self, _frame: object) -> None:
        """What was not wanted does not come."""
        raise AssertionError


def stream_of(spec: SourceSpec, nursery: Nursery | None, tap: FrameTap, name: str) -> AsyncGenerator[StreamItem]:
    clock = SystemClock()
    if nursery is not None:
        return ConfinedSource(nursery, spec, name=name, clock=clock).stream(tap)
    return threaded(partial(reader_of(spec, clock).read, tap), name)


async def late(delays: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + 0.01
        await asyncio.sleep(0.01)
        delays.append(1000 * (loop.time() - due))


async def measured(cameras: Sequence[CameraFile], seconds: float, looks: float, folder: Path, kind: str) -> Run:
    nursery = Nursery(SystemClock(), readers=READERS) if kind == "children" else None
    delays: list[float] = []
    all_cameras = [Camera(number, looks or 1.0, folder) for number in range(len(cameras))]
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(late(delays))]
        for number, (file, camera) in enumerate(zip(cameras, all_cameras, strict=True)):
            tap: FrameTap = camera.mailbox if looks else NobodyLooks()
            spec = SourceSpec(f"{file.path().as_uri()}?loop")
            running.append(tasks.create_task(camera.record(stream_of(spec, nursery, tap, str(number)))))
            running.append(tasks.create_task(camera.look()))
            await asyncio.sleep(1 / 25 / len(cameras))
        await asyncio.sleep(WARM_UP_SECONDS)
        pids = (os.getpid(), *(nursery.pids if nursery is not None else ()))
        delays.clear()
        before, packets = cpu_of(pids), sum(camera.packets for camera in all_cameras)
        looked = sum(camera.looks for camera in all_cameras)
        await asyncio.sleep(seconds)
        run = Run(
            cpu_of(pids) - before,
            sum(map(pss_mib, pids)),
            pss_mib(pids[1]) if nursery is not None else 0.0,
            percentile(delays, 0.99),
            sum(camera.packets for camera in all_cameras) - packets,
            sum(camera.looks for camera in all_cameras) - looked,
        )
        for task in running:
            task.cancel()
    if nursery is not None:
        nursery.close()
    return run


def cpu_of(pids: Sequence[int]) -> float:
    """Of live processes, user and system (proc(5))."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def pss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise AssertionError


# --------------------------------------------------------------------------------------------- in the one that asks


def run_of(kind: str, mix: str, seconds: float, looks: float) -> Run:
    command = [sys.executable, "-m", "benchmarks.confinement", "--one", kind, mix, "--seconds", str(seconds)]
    done = subprocess.run([*command, "--looks", str(looks)], check=True, stdout=subprocess.PIPE, timeout=120)
    return Run(**json.loads(done.stdout))


def compare(mix: str, rounds: int, seconds: float, looks: float) -> None:
    count = len(MIXES[mix])
    runs: dict[str, list[Run]] = {"threads": [], "children": []}
    for _ in range(rounds):
        for kind, done in runs.items():
            done.append(run_of(kind, mix, seconds, looks))
    threads, children = runs["threads"], runs["children"]
    what = f"confinement, {mix}, {looks:g} looks a second"
    least = min(run.packets for run in children) / max(run.packets for run in threads)
    tell(
        ratio(
            f"{what}: CPU",
            [run.cpu_seconds for run in children],
            [run.cpu_seconds for run in threads],
            "children, x threads",
            CPU_GOAL,
            threads_percent_of_a_core_each=100 * of_rounds("", [r.cpu_seconds for r in threads], "").value
            / seconds / count,
            children_percent_of_a_core_each=100 * of_rounds("", [r.cpu_seconds for r in children], "").value
            / seconds / count,
            packets_to_threads=least,
            looks_each_second=children[-1].looks / seconds / count,
            looks_each_second_threads=threads[-1].looks / seconds / count,
        )
    )  # fmt: skip
    more = [
        (one.pss_mib - one.nursery_mib - other.pss_mib) / count for one, other in zip(children, threads, strict=True)
    ]
    tell(
        of_rounds(
            f"{what}: memory",
            more,
            "MiB PSS more for each camera",
            PSS_GOAL_MIB,
            nursery_once_mib=children[-1].nursery_mib,
            all_threads_mib=threads[-1].pss_mib,
            all_children_mib=children[-1].pss_mib,
        )
    )
    for kind, done in runs.items():
        late_ms = [run.lateness_ms for run in done]
        middle = of_rounds("", late_ms, "").value
        tell(Figure(f"{what}: loop lateness, {kind}", middle, min(late_ms), max(late_ms), "ms p99", rounds))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--looks", type=float, default=4.0)
    options.add_argument("--one", nargs=2)
    chosen = options.parse_args()
    if chosen.one:
        kind, mix = chosen.one
        with memory_folder() as folder:
            run = asyncio.run(measured(MIXES[mix], chosen.seconds, chosen.looks, folder, kind))
        print(json.dumps({name: getattr(run, name) for name in Run.__slots__}))
        return
    for camera in BOTH:
        camera.path()
    begin = time.monotonic()
    for mix in MIXES:
        compare(mix, chosen.rounds, chosen.seconds, chosen.looks)
    print(f"{time.monotonic() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
