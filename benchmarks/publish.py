"""How small `doorstep publish` is, and what an outage adds to it.  Goal: at most 70 MiB (PSS), in an outage too.

    python -m benchmarks.publish [--seconds 8]

Each kind of camera publishes to an ingest in this process, from a process of its own: the Pi's camera by the tests'
stand-in for picamera2 (whose program is another process, as on a Pi), and a file of 640x480 at 25 pictures a second.
PSS shares the pages of libraries among the processes that map them; RSS, told beside it, is what one alone would take.
The outage fills the buffer to its 32 MiB with video of a bit rate that no Pi Zero sends, to get there soon.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.camera_files import BOTH
from benchmarks.figures import Figure, tell

from fakes.motion_house import house
from fakes.rtmp_ingest import Ingest

GOAL_MEBIBYTES = 70.0
KEY = "benchmark"
STAND_IN = Path(__file__).resolve().parents[1] / "tests" / "fakes" / "picamera2_stand_in"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Case:
    """What is published, and whether motion is told beside it."""

    name: str
    source: str
    motion: bool = False


@contextmanager
def publishing(case: Case, port: int, motion: str, folder: Path) -> Iterator[int]:
    """The id of the publishing process."""
    python = folder / "python3"
    environment = f"PYTHONSAFEPATH=1 PYTHONPATH='{STAND_IN}' STAND_IN='{{}}'"
    python.write_text(f"#!/bin/sh\nshift\nexec env {environment} '{sys.executable}' \"$@\"\n")
    python.chmod(0o755)
    words = [case.source, str(port), motion if case.motion else "", str(python)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "benchmarks.publish_child", *words], stderr=log)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def memory(pid: int) -> tuple[float, float]:
    """PSS and RSS in MiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    told = {line.split()[0]: int(line.split()[1]) / 1024 for line in lines[1:]}
    return told["Pss:"], told["Rss:"]


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def steady(case: Case, seconds: float) -> None:
    """Memory and processor time while all is well."""
    with tempfile.TemporaryDirectory() as folder, house() as heard:
        async with Ingest(KEY) as ingest:
            with publishing(case, ingest.port, heard.url, Path(folder)) as pid:
                await until_published(ingest, 50, 60)
                began, frames = processor_seconds(pid), len(ingest.frames)
                readings = []
                for _ in range(max(1, round(2 * seconds))):
                    await asyncio.sleep(0.5)
                    readings.append(memory(pid))
                used = processor_seconds(pid) - began
                beside = {
                    "rss": max(rss for _, rss in readings),
                    "core_percent": 100 * used / seconds,
                    "frames_a_second": (len(ingest.frames) - frames) / seconds,
                    "motion_reports": len(heard.asked),
                }
    pss = [pss for pss, _ in readings]
    tell(Figure(f"publish {case.name}", max(pss), min(pss), max(pss), "MiB PSS", len(pss), GOAL_MEBIBYTES, beside))


async def outage(seconds: float) -> None:
    """The same with a full buffer."""
    path = large_video()
    with tempfile.TemporaryDirectory() as folder:
        async with Ingest(KEY) as ingest:
            with publishing(Case("", f"file://{path}?loop"), ingest.port, "", Path(folder)) as pid:
                await until_published(ingest, 10, 60)
                before = memory(pid)[0]
                await ingest.die()
                readings = []
                for _ in range(round(2 * seconds)):
                    await asyncio.sleep(0.5)
                    readings.append(memory(pid))
                await ingest.rise()
    pss = [pss for pss, _ in readings]
    beside = {"before": before, "rss": max(rss for _, rss in readings)}
    figure = "publish, 32 MiB of outage held"
    tell(Figure(figure, max(pss), pss[0], max(pss), "MiB PSS", len(pss), GOAL_MEBIBYTES, beside))


def large_video() -> Path:
    """30 Mbit/s of noise, a key frame a second."""
    path = BOTH[0].path().with_name("noise.mp4")
    if not path.exists():
        picture = [
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=1280x720:r=25,noise=alls=60:allf=t",
            "-t",
            "8",
            "-pix_fmt",
            "yuv420p",
        ]
        coder = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-b:v", "30M", "-f", "mp4"]
        unfinished = path.with_suffix(".new")
        subprocess.run(["ffmpeg", "-y", "-v", "error", *picture, *coder, str(unfinished)], check=True)
        unfinished.replace(path)
    return path


async def until_published(ingest: Ingest, frames: int, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while len(ingest.frames) < frames:  # noqa: ASYNC110 - another process sends them
            await asyncio.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    small = next(camera for camera in BOTH if camera.width == 640)
    for case in (
        Case("picamera (stand-in)", "picamera://?size=640x480&fps=15"),
        Case("picamera (stand-in) with motion", "picamera://?size=640x480&fps=15", motion=True),
        Case("file", f"file://{small.path()}?loop"),
        Case("file with motion", f"file://{small.path()}?loop", motion=True),
        Case("demo", "demo://"),
    ):
        asyncio.run(steady(case, options.seconds))
    asyncio.run(outage(12.0))


if __name__ == "__main__":
    main()
