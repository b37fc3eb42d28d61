"""Clips out of the rolling buffer over HTTP, against a bare sendfile server of the same bytes.

    python -m benchmarks.clip [--rounds 21] [--recording]

Goals: 5 and 15 minutes within 1.5 times, 30 seconds within 3 times, a ZIP within 2.5 times, the first byte within
20 ms (p95).  System B's recipe (ffmpeg joins one-second segments) stands beside it.  The buffer is filled before the
server starts (it finds it as after a crash).  Both servers are processes of their own, and each request is a
connection of its own.  With --recording eight cameras of 1080p30 are recorded by the same server all the while, the
one with the full buffer among them, which takes its part of the cores; without it nothing else runs.
"""

import argparse
import http.client
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks.camera_files import CAMERA_1080P
from benchmarks.figures import Figure, interleaved, of_rounds, percentile, ratio, tell
from benchmarks.house import config_of, folder_of_our_own, memory_folder, server_of

from doorstep.app.buffer_folder import boot_id
from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.shelves.folder import FolderShelf
from doorstep.sources.file import FileSource
from fakes.clock import FakeClock
from fakes.server_process import ServerProcess

LENGTHS = {30: 3.0, 300: 1.5, 900: 1.5}
ZIP_LENGTH, ZIP_GOAL = 300, 2.5
FIRST_BYTE_GOAL = 20.0
BUFFER_SECONDS = 930
RECORDING_CAMERAS = 8
SETTLING_SECONDS = 20.0
PIECE = 1 << 20

BARE_SERVER = """
import socket, sys
with open(sys.argv[1], "rb") as file, socket.create_server(("127.0.0.1", 0)) as listening:
    size = file.seek(0, 2)
    print(listening.getsockname()[1], flush=True)
    while True:
        connection, _ = listening.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while b"\\r\\n\\r\\n" not in connection.recv(65536):
                pass
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n" % size)
            connection.sendfile(file)
"""


# --------------------------------------------------------------------------------------------------- what is there


def fill(buffer: Path) -> datetime:
    """Lay minutes of 1080p30 at 4 Mbit/s on the shelf, as a server did that was killed just now; when they end."""
    ends_at = datetime.now(UTC)
    clock = FakeClock(ends_at - timedelta(seconds=BUFFER_SECONDS))
    camera = BufferedCamera(
        CameraId("camera-0"), RollingBuffer(2 * BUFFER_SECONDS, 1 << 40), FolderShelf(buffer, boot_id()), clock
    )
    began, timescale = clock.monotonic(), 1
    for item in endless(CAMERA_1080P.path()):
        if isinstance(item, VideoFormat):
            timescale = item.timescale
            camera.begin(item)
            continue
        if not isinstance(item, Packet):
            continue
        if item.dts > BUFFER_SECONDS * timescale:
            break
        clock.advance(began + item.dts / timescale - clock.monotonic())
        camera.take(at_its_time(item, clock))
    camera.end()
    return ends_at


def at_its_time(packet: Packet, clock: FakeClock) -> Packet:
    return Packet(packet.data, packet.pts, packet.dts, packet.duration, packet.key, clock.monotonic())


def endless(path: Path) -> Iterator[StreamItem]:
    """A looped file without its pacing."""
    return FileSource(path, loop=True, clock=SystemClock())._laps()  # noqa: SLF001 - its seam, not its speed


@contextmanager
def bare_server(path: Path) -> Iterator[int]:
    """Its port."""
    process = subprocess.Popen([sys.executable, "-c", BARE_SERVER, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        with process.stdout:
            yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


# ------------------------------------------------------------------------------------------------------ downloads


class Download:
    """One GET over a new connection into the same memory each time."""

    def __init__(self, port: int, target: str, token: str = "") -> None:
        self._address = ("127.0.0.1", port)
        lines = [f"GET {target} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close"]
        lines += [f"Authorization: Bearer {token}"] if token else []
        self._request = "\r\n".join([*lines, "", ""]).encode()
        self._memory = memoryview(bytearray(PIECE))
        self.first_byte: list[float] = []
        self.size = 0

    def __call__(self) -> None:
        """Take it whole, and note when its first byte came."""
        begin = time.perf_counter()
        with socket.create_connection(self._address, timeout=30) as connection:
            connection.sendall(self._request)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert answer.status == 200, answer.read()
            self.size = answer.readinto(self._memory[:1])
            self.first_byte.append(time.perf_counter() - begin)
            while count := answer.readinto(self._memory):
                self.size += count


def fetched(port: int, target: str, token: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", target, headers={"Authorization": f"Bearer {token}"})
    content = connection.getresponse().read()
    connection.close()
    return content


def span_of(end: datetime, seconds: int) -> str:
    start = end - timedelta(seconds=seconds)
    return f"start={start:%Y-%m-%dT%H:%M:%S.%fZ}&end={end:%Y-%m-%dT%H:%M:%S.%fZ}"


def measure(server: ServerProcess, memory: Path, ends_at: datetime, seconds: int, rounds: int, kind: str = "") -> None:
    """One length and one kind: whole, and the first byte."""
    target = f"/api/v1/cameras/camera-0/clip?{span_of(ends_at - timedelta(seconds=5), seconds)}{kind}"
    port = int(server.url.rsplit(":", 1)[1])
    ours = Download(port, target, server.token())
    path = memory / f"{seconds}.mp4"
    path.write_bytes(fetched(port, target, server.token()))
    with bare_server(path) as bare_port:
        bare = Download(bare_port, "/")
        taken = interleaved({"bare": bare, "ours": ours}, rounds, time.perf_counter, warm_up=2)
    assert ours.size == bare.size == path.stat().st_size
    path.unlink()
    beside = {"megabytes": ours.size / 1e6, "ms": 1000 * of_rounds("", taken["ours"], "").value}
    name, goal = f"clip of {seconds} s, 1080p30", LENGTHS[seconds]
    if kind:
        name, goal = f"ZIP of {seconds} s, 1080p30", ZIP_GOAL
    tell(ratio(f"{name}, whole", taken["ours"], taken["bare"], "time, x bare sendfile", goal, **beside))
    first = [1000 * moment for moment in ours.first_byte[-rounds:]]
    floor = 1000 * of_rounds("", bare.first_byte[-rounds:], "").value
    p95 = percentile(first, 0.95)
    middle = of_rounds("", first, "").value
    name = f"{name}, first byte, p95"
    beside = {"median": middle, "bare_sendfile_ms": floor}
    tell(Figure(name, p95, min(first), max(first), "ms", len(first), FIRST_BYTE_GOAL, beside))


def measure_recipe(folder: Path, memory: Path, seconds: int, rounds: int) -> None:
    """System B: one-second segments in shared memory, joined by ffmpeg into a file, which a web server then sends."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        return
    quiet = [ffmpeg, "-v", "fatal", "-y"]
    cut = ["-stream_loop", str(seconds // 60), "-i", str(CAMERA_1080P.path()), "-c", "copy", "-t", str(seconds)]
    subprocess.run([*quiet, *cut, "-f", "segment", "-segment_time", "1", str(memory / "b%05d.ts")], check=True)
    names = sorted(memory.glob("b*.ts"))
    (memory / "list").write_text("".join(f"file '{name}'\n" for name in names))
    joined = folder / "joined.mp4"
    join = [*quiet, "-f", "concat", "-safe", "0", "-i", str(memory / "list"), "-c", "copy", str(joined)]

    def recipe() -> None:
        subprocess.run(join, check=True)

    with bare_server(memory / "list") as port:
        bare = Download(port, "/")
        taken = interleaved({"bare": bare, "recipe": recipe}, rounds, time.perf_counter)
    values = [1000 * one for one in taken["recipe"]]
    tell(of_rounds(f"system B's recipe, {seconds} s, before its first byte", values, "ms"))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=21)
    options.add_argument("--recording", action="store_true", help="with eight cameras at work")
    chosen = options.parse_args()
    with folder_of_our_own() as folder, memory_folder() as memory:
        buffer = memory / "buffer"
        ends_at = fill(buffer)
        roomy = f'[buffer]\ndirectory = "{buffer}"\nseconds = {2 * BUFFER_SECONDS}\n'
        sources = [f"file://{CAMERA_1080P.path()}?loop"] * (RECORDING_CAMERAS if chosen.recording else 1)
        server = server_of(folder, config_of(sources, more=roomy, enabled=chosen.recording))
        try:
            server.start()
            time.sleep(SETTLING_SECONDS if chosen.recording else 0.0)
            each = partial(measure, server, memory, ends_at, rounds=chosen.rounds)
            for seconds in LENGTHS:
                each(seconds)
            each(ZIP_LENGTH, kind="&format=zip")
        finally:
            server.kill()
        measure_recipe(folder, memory, ZIP_LENGTH, min(5, chosen.rounds))


if __name__ == "__main__":
    main()
