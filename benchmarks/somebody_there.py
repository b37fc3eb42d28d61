"""A server while somebody is in view of every camera, the dearest minute of its day: CPU and memory of all of it.

    python -m benchmarks.somebody_there [--seconds 40] [--limits]

Four cameras of 640x480 at 25, at one and at four looks a second, read from files in real time by children as the
server does it.  Beside the CPU stands what the bare model costs at as many looks, in the same minute.  `--limits`
repeats it in a memory group of 1 GB, and with one camera of 1080p30 in one of 512 MB, the buffer a quarter
of it: what counts there is that nothing is refused or killed (Linux, memory cgroup version 1, as root).
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from benchmarks.camera_files import FILMED, CameraFile
from benchmarks.figures import Figure, tell
from benchmarks.house import config_of, folder_of_our_own, memory_folder, models, server_of

from fakes.process_tree import holding
from fakes.server_process import ServerProcess, wait_for

GROUPS = Path("/sys/fs/cgroup/memory")
SETTLE_SECONDS = 12.0
VISIT = 93.0, 119.0
"""Seconds of the filmed scene in which somebody is always in view (eye, tolerance 0.7 s)."""
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Load:
    """What the server has to do; `limit` is in MiB."""

    name: str
    cameras: int
    file: CameraFile
    looks_per_second: float
    limit: int | None = None


SMALL = CameraFile("visit-480p25", 640, 480, 25, 1_500_000, VISIT)
LARGE = CameraFile("visit-1080p30", 1920, 1080, 30, 4_000_000, VISIT)
LOADS = (Load("4 x 640x480@25, 1 look/s", 4, SMALL, 1.0), Load("4 x 640x480@25, 4 looks/s", 4, SMALL, 4.0))
LIMITED = (
    Load("4 x 640x480@25, 4 looks/s in 1 GB", 4, SMALL, 4.0, 1024),
    Load("1 x 1080p30, 4 looks/s in 512 MB", 1, LARGE, 4.0, 512),
)


@contextmanager
def memory_group(mib: int | None) -> Iterator[Path | None]:
    """This process and what it starts may hold so much; out of it again at the end."""
    if mib is None:
        yield None
        return
    group = Path(tempfile.mkdtemp(prefix="doorstep-bench-", dir=GROUPS))
    (group / "memory.limit_in_bytes").write_text(str(mib * MIB))
    (group / "cgroup.procs").write_text(str(os.getpid()))
    try:
        yield group
    finally:
        (GROUPS / "cgroup.procs").write_text(str(os.getpid()))
        group.rmdir()


def bare_look_seconds() -> float:
    """CPU of one run of the bare model, one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = next(models().glob("yolox*.onnx"), None) or next(models().glob("*.onnx"))
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    node = session.get_inputs()[0]
    picture = np.full(node.shape, 114, np.float32)
    session.run(None, {node.name: picture})
    begin = time.process_time()
    for _ in range(20):
        session.run(None, {node.name: picture})
    return (time.process_time() - begin) / 20


def looks_of(server: ServerProcess) -> float:
    """How many looks all cameras have had."""
    with server.client() as client:
        text = client.get(f"{server.url}/metrics").text
    lines = (line.split() for line in text.splitlines() if line.startswith("doorstep_camera_looks_total"))
    return sum(float(words[-1]) for words in lines)


def measure(load: Load, seconds: float) -> Figure:
    """Of the whole tree of processes, once every camera has an event."""
    sources, bare = [f"file://{load.file.path()}?loop"] * load.cameras, bare_look_seconds()
    more = f"[detection]\nlooks_per_second = {load.looks_per_second:g}\n"
    with folder_of_our_own() as folder, memory_folder() as shelf, memory_group(load.limit) as group:
        server = server_of(folder, buffer_of(shelf / "buffer", load.limit) + config_of(sources, None, more))
        server.start()
        try:
            wait_for(lambda: len({event["camera"] for event in server.events()}) == load.cameras, 120, "events")
            time.sleep(SETTLE_SECONDS)
            begin, looks, before = time.monotonic(), looks_of(server), holding(server.pid)
            time.sleep(seconds)
            passed, looked, after = time.monotonic() - begin, looks_of(server) - looks, holding(server.pid)
        finally:
            server.stop()
        cpu = 100 * (after.cpu - before.cpu) / passed
        beside: dict[str, float | str] = {
            "looks_a_second": looked / passed,
            "bare_model_percent": 100 * bare * looked / passed,
            "pss_mib": after.pss / MIB,
            "own_mib": after.anonymous / MIB,
        }
        if group is not None:
            beside["group_peak_mib"] = int((group / "memory.max_usage_in_bytes").read_text()) / MIB
            beside["killed"] = float((group / "memory.oom_control").read_text().split()[-1])
    return Figure(f"somebody there, {load.name}, CPU", cpu, cpu, cpu, "% of a core", 1, beside=beside)


def buffer_of(folder: Path, limit: int | None) -> str:
    """A quarter of the group's memory, as "auto" takes it where the group is of version 2."""
    most = "" if limit is None else f'max_bytes = "{limit // 4} MB"\n'
    return f'[buffer]\ndirectory = "{folder}"\n{most}\n'


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--seconds", type=float, default=40.0)
    options.add_argument("--limits", action="store_true")
    chosen = options.parse_args()
    if not FILMED.exists():
        sys.exit(f"nobody is filmed here: {FILMED.name} is missing")
    for load in LOADS + (LIMITED if chosen.limits else ()):
        tell(measure(load, chosen.seconds))


if __name__ == "__main__":
    main()
