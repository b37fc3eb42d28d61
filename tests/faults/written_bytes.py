"""How much a server writes to its disk: for each byte of video that it keeps, and while nobody is at the door.

python tests/faults/written_bytes.py --record always --seconds 600   (or visitor: an event that does not end)
python tests/faults/written_bytes.py --record events --seconds 600 --trace   (an hour of nobody; what writes it)

Two rulers: /proc/PID/io of the server, which counts each page each time that it is made dirty, so one that is synced
half full and written again counts twice; and, where root can mount one, a small ext4 of its own for the data folder,
whose device counts metadata and journal too.  The buffer lies in memory.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import av
import numpy as np

from doorstep.core.camera import CameraId
from doorstep.core.errors import MediaInvalid
from doorstep.mp4.recording import read_recording
from doorstep.stores.local import LocalStore
from fakes.loop_disk import LoopDisk, loop_disk, why_not
from fakes.process_tree import tree_of
from fakes.server_process import ServerProcess, wait_for
from fakes.traced_server import TracedServer
from faults.disk_trace import calls_of, written_by_path

MEMORY = Path("/dev/shm")  # noqa: S108 - the buffer's own folder is made in it, and removed
CAMERA = (
    '[[camera]]\nid = "cam-{number}"\nname = "Camera {number}"\nsource = "file://{path}?loop"\nrecord = "{record}"\n'
)
SETTLING = 5.0


@dataclass(frozen=True, slots=True)
class Written:
    """What happened in `seconds`: bytes that the server wrote, that reached the device (None without one), bytes of
    video kept, and bytes by file.
    """

    seconds: float
    written: int
    on_device: int | None
    kept: int
    by_path: dict[str, int]


@contextmanager
def _memory() -> Iterator[Path]:
    if not MEMORY.is_dir():
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


def measured(
    folder: Path,
    record: str,
    seconds: float,
    cameras: int,
    mbit: float,
    *,
    durability: float = 1.0,
    trace: bool = False,
) -> Written:
    """Cameras of so many megabits a second, before which nothing moves; synced every `durability` seconds."""
    film = _film(folder / "film.mp4", mbit)
    setting = "always" if record == "always" else "events"
    config = f"[store]\ndurability = {durability}\n"
    config += "".join(CAMERA.format(number=number, path=film, record=setting) for number in range(cameras))
    with _memory() as memory, _disk(folder / "data") as disk:
        own = {"RUNTIME_DIRECTORY": str(memory)}
        server = (
            TracedServer(folder / "data", config, folder / "trace", own)
            if trace
            else ServerProcess(folder / "data", config, own)
        )
        server.start()
        try:
            wait_for(lambda: all(camera["state"] == "live" for camera in server.cameras()), 60, "all cameras live")
            _live_on(server, SETTLING, cameras if record == "visitor" else 0)
            begun, lines = _counted(server.pid, folder / "data", disk), _lines(folder / "trace")
            began = time.monotonic()
            _live_on(server, seconds, cameras if record == "visitor" else 0)
            spent = time.monotonic() - began
            ended = _counted(server.pid, folder / "data", disk)
        finally:
            server.kill()
        written, on_device, kept = (after - before for after, before in zip(ended, begun, strict=True))
        by_path = _by_path(folder, lines) if trace else {}
    return Written(spent, written, on_device if disk else None, kept, by_path)


@contextmanager
def _disk(folder: Path) -> Iterator[LoopDisk | None]:
    if why_not():
        yield None
        return
    with loop_disk(folder, 2 << 30) as disk:
        yield disk


def _live_on(server: ServerProcess, seconds: float, visited: int) -> None:
    """Wait; before so many cameras somebody moves all the time."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        with server.client() as client:
            for number in range(visited):
                client.post(f"/cameras/cam-{number}/motion").raise_for_status()
        time.sleep(min(2.0, left) if visited else left)


def _film(path: Path, mbit: float) -> Path:
    """Six seconds of the same noise, a key frame a second."""
    chance = np.random.default_rng(1)
    rate, width, height = 25, 640, 480
    grain = [chance.integers(90, 166, (height * 3 // 2, width), np.uint8) for _ in range(5)]
    with av.open(str(path), "w") as container:
        kilobits = round(mbit * 1000)
        params = f"keyint={rate}:min-keyint={rate}:scenecut=0:bframes=0:vbv-maxrate={kilobits}:vbv-bufsize={kilobits}"
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "x264-params": params})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", kilobits * 1000
        for number in range(6 * rate):
            frame = av.VideoFrame.from_ndarray(grain[number % len(grain)], format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _counted(server: int, data: Path, disk: LoopDisk | None) -> tuple[int, int, int]:
    """Bytes written by the process, bytes on the device, bytes of video in the recordings."""
    return _written_by(server), disk.written if disk else 0, _kept(data)


def _written_by(server: int) -> int:
    """Bytes that the server and its children caused to be written to a disk, since each began."""
    total = 0
    for process in tree_of(server):
        try:
            words = Path(f"/proc/{process}/io").read_text().split()
        except OSError:
            continue
        total += int(words[words.index("write_bytes:") + 1])
    return total


def _kept(data: Path) -> int:
    """Bytes of the samples in all recordings, as far as they are whole."""
    store, kept = LocalStore(data / "recordings"), 0
    for key in [key for key in store.keys() if key.endswith(".mp4")]:  # noqa: SIM118 - a store is no dict
        with suppress(MediaInvalid):
            index = read_recording(partial(store.read, key), store.size(key), CameraId("any"))
            kept += sum(sum(recorded.segment.samples.sizes) for recorded in index.segments)
    return kept


def _lines(trace: Path) -> int:
    """How many lines the trace has by now."""
    return sum(1 for _ in trace.open("rb")) if trace.exists() else 0


def _by_path(folder: Path, lines: int) -> dict[str, int]:
    time.sleep(1.0)  # the tracer writes its last lines
    calls = [call for call in calls_of(folder / "trace", folder) if call.done >= lines]
    found = written_by_path(calls)
    syncs = sum(call.kind in {"fsync", "fdatasync"} for call in calls)
    named = {str(Path(path).relative_to(folder)): count for path, count in sorted(found.items())}
    return named | {"(syncs)": syncs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", choices=["events", "always", "visitor"], default="events")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--mbit", type=float, default=4.0)
    parser.add_argument("--durability", type=float, default=1.0)
    parser.add_argument("--trace", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(
            Path(folder),
            chosen.record,
            chosen.seconds,
            chosen.cameras,
            chosen.mbit,
            durability=chosen.durability,
            trace=chosen.trace,
        )
    figures = {
        "record": chosen.record,
        "durability_s": chosen.durability,
        "seconds": round(found.seconds, 1),
        "written_bytes": found.written,
        "kept_bytes": found.kept,
        "written_per_kept_byte": round(found.written / found.kept, 3) if found.kept else None,
        "on_device_bytes": found.on_device,
        "on_device_per_kept_byte": round(found.on_device / found.kept, 3) if found.kept and found.on_device else None,
        "written_mb_an_hour": round(found.written * 3600 / found.seconds / 1e6, 3),
        "on_device_mb_an_hour": round((found.on_device or 0) * 3600 / found.seconds / 1e6, 3),
        "calls": found.by_path,
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
