"""What a publisher of 4 Mbit/s costs: our RTMP listener, nginx with its rtmp module, a bare demux of the same video.

    python -m benchmarks.rtmp_intake [--rounds 3] [--publishers 4]

FFmpeg publishes in real time; only the CPU of the process that listens is counted (the demux: that reads a file at the
same pace), all in every round.  Then, flat out, what taking chunks of each size costs; and whether wrong keys get in.
"""

import argparse
import asyncio
import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from functools import partial
from pathlib import Path

import av
from benchmarks.camera_files import CAMERA_1080P, CameraFile
from benchmarks.figures import Figure, interleaved, of_rounds, ratio, tell

from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.media import Packet
from doorstep.media.demux import read_file
from doorstep.rtmp import flv
from doorstep.rtmp.chunk_reader import ChunkReader
from doorstep.rtmp.chunk_writer import ChunkWriter
from doorstep.rtmp.client_session import ClientSession
from doorstep.rtmp.events import Accepted, Refused
from doorstep.rtmp.limits import KNOWN
from doorstep.rtmp.message import Kind, Message
from doorstep.sources.address import RtmpListenAddress
from doorstep.sources.pacing import Pacer
from doorstep.sources.rtmp_door import PushedCamera
from doorstep.sources.rtmp_entrance import ListenLimits
from doorstep.sources.rtmp_listen import RtmpListenSource
from doorstep.sources.rtmp_listener import RtmpListener

GOAL = 3.0
WARM_UP_SECONDS = 2.0
MEASURED_SECONDS = 6.0
WRONG_KEYS = 500
CHUNKS = (128, 4096, 65536)

clock = SystemClock()


# ----------------------------------------------------------------------------------------- processes that are measured


class NoTap:
    """Implements `ports.FrameTap`: nobody looks."""

    def wants(self, at: float) -> bool:  # noqa: ARG002 - the port's
        """Never."""
        return False

    def put(self, frame: object) -> None:
        """Nothing comes."""


async def serve(publishers: int) -> None:
    """Our listener, and a reader for each camera as the pipeline is one; tells its port and lives until killed."""
    cameras = [PushedCamera(CameraId(f"camera-{number}"), f"key-{number}") for number in range(publishers)]
    limits = ListenLimits(failed_tries_a_minute=10 * WRONG_KEYS)
    address = RtmpListenAddress("127.0.0.1", 0, "live", tls=False)
    listener = RtmpListener(address, cameras, clock, limits=limits)
    async with asyncio.TaskGroup() as group:
        group.create_task(listener.run())
        print(f"port {await listener.listening()}", flush=True)
        for camera in cameras:
            group.create_task(read_for_ever(listener, camera.id))


async def read_for_ever(listener: RtmpListener, camera: CameraId) -> None:
    while True:
        await listener.publication(camera)
        with contextlib.suppress(Exception):
            async with aclosing(RtmpListenSource(listener, camera).stream(NoTap())) as items:
                async for _ in items:
                    pass


def demux(path: Path, cameras: int) -> None:
    """A thread for each, in real time, over and over."""
    threads = [threading.Thread(target=paced_demux, args=(path,)) for _ in range(cameras)]
    for thread in threads:
        thread.start()
        time.sleep(1 / CAMERA_1080P.rate / cameras)
    print("port 0", flush=True)
    for thread in threads:
        thread.join()


def paced_demux(path: Path) -> None:
    wait = threading.Event().wait
    while True:
        pacer = Pacer(clock)
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            base = float(stream.time_base or 1)
            for packet in container.demux(stream):
                wait(pacer.delay((packet.dts or 0) * base))


@contextmanager
def part_of_this(*arguments: str) -> Iterator[tuple[int, int]]:
    """Another process of this file: its id and port."""
    command = [sys.executable, "-m", "benchmarks.rtmp_intake", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = next(int(line.split()[1]) for line in process.stdout if line.startswith("port "))
        try:
            yield process.pid, port
        finally:
            process.kill()


NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
{module}
events {{ worker_connections 64; }}
rtmp {{ access_log off; server {{ listen 127.0.0.1:{port}; application live {{ live on; }} }} }}
"""
MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")


@contextmanager
def nginx() -> Iterator[tuple[int, int]]:
    """One process of it: its id and port."""
    with tempfile.TemporaryDirectory() as folder:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        module = f"load_module {MODULE};" if MODULE.exists() else ""
        config = Path(folder) / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, module=module, port=port), encoding="utf-8")
        with subprocess.Popen([str(shutil.which("nginx")), "-p", folder, "-c", str(config)]) as process:
            try:
                wait_for(port)
                yield process.pid, port
            finally:
                process.kill()


def wait_for(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    msg = "a server did not come up"
    raise RuntimeError(msg)


@contextmanager
def publishing(camera: CameraFile, port: int, publishers: int) -> Iterator[None]:
    """FFmpeg, copying in real time, begun one after the other within the time of a picture."""
    source = ["ffmpeg", "-loglevel", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", str(camera.path())]
    with ExitStack() as stack:
        for number in range(publishers):
            to = f"rtmp://127.0.0.1:{port}/live/key-{number}"
            process = stack.enter_context(subprocess.Popen([*source, "-c", "copy", "-f", "flv", to]))
            stack.callback(process.kill)
            time.sleep(1 / camera.rate / publishers)
        yield


def cpu_seconds(pid: int) -> float:
    """What all threads of a process have run, to the nanosecond (Linux)."""
    stats = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(stat.read_text(encoding="ascii").split()[0]) for stat in stats) / 1e9


def share(pid: int, publishers: int) -> float:
    """Per cent of one core for each publisher."""
    time.sleep(WARM_UP_SECONDS)
    before, began = cpu_seconds(pid), time.perf_counter()
    time.sleep(MEASURED_SECONDS)
    return 100 * (cpu_seconds(pid) - before) / (time.perf_counter() - began) / publishers


# ------------------------------------------------------------------------------------------------------------ figures


def in_real_time(camera: CameraFile, rounds: int, publishers: int) -> None:
    shares: dict[str, list[float]] = {}

    def measure(name: str, server: Callable[[], contextlib.AbstractContextManager[tuple[int, int]]]) -> None:
        with server() as (pid, port), publishing(camera, port, publishers if port else 0):
            shares.setdefault(name, []).append(share(pid, publishers))

    for _ in range(rounds):
        measure("demux", partial(part_of_this, "--demux", str(publishers)))
        measure("ours", partial(part_of_this, "--serve", str(publishers)))
        if shutil.which("nginx") is not None and MODULE.exists():
            measure("nginx", nginx)
    medians = {f"{name}_percent_of_a_core_each": of_rounds("", taken, "").value for name, taken in shares.items()}
    name = f"rtmp intake {camera.name}, {publishers} publishers"
    tell(ratio(name, shares["ours"], shares["demux"], "CPU, x paced demux", GOAL, **medians))
    if "nginx" in shares:
        tell(ratio(f"{name}, nginx-rtmp", shares["nginx"], shares["demux"], "CPU, x paced demux"))
        tell(ratio(f"{name}, beside nginx-rtmp", shares["ours"], shares["nginx"], "CPU, x nginx-rtmp"))


def flat_out(camera: CameraFile, rounds: int) -> None:
    packets = [item for item in read_file(camera.path(), clock) if isinstance(item, Packet)]
    seconds = len(packets) / camera.rate
    wires = {f"chunks of {size}": in_chunks(packets, size) for size in CHUNKS}
    works: dict[str, Callable[[], object]] = {name: partial(take, wire) for name, wire in wires.items()}
    taken = interleaved(works | {"demux": partial(whole_demux, camera.path())}, rounds, time.process_time)
    for name in wires:
        each = 1e6 * of_rounds("", taken[name], "").value / len(packets)
        told = {"microseconds_a_picture": each, "percent_of_a_core": 100 * each * len(packets) / 1e6 / seconds}
        tell(ratio(f"rtmp protocol alone, {name}", taken[name], taken["demux"], "CPU, x bare demux", **told))


def in_chunks(packets: Sequence[Packet], size: int) -> bytes:
    writer = ChunkWriter()
    parts = [writer.set_chunk_size(size)]
    for packet in packets:
        payload = flv.write_video(packet.data, 0, key=packet.key)
        parts.append(writer.write(6, Message(Kind.VIDEO, packet.dts * 1000 // 90_000 % 2**32, 1, payload)))
    return b"".join(parts)


def take(wire: bytes) -> None:
    """As sockets give it: a few segments at a time."""
    reader = ChunkReader()
    reader.limits = KNOWN
    view = memoryview(wire)
    for begin in range(0, len(wire), 8192):
        for message in reader.read(view[begin : begin + 8192]):
            flv.read_video(message.payload, message.timestamp)


def whole_demux(path: Path) -> None:
    with av.open(str(path)) as container:
        for _ in container.demux(container.streams.video[0]):
            pass


def wrong_keys() -> None:
    refused = 0
    with part_of_this("--serve", "1") as (_, port):
        for number in range(WRONG_KEYS):
            refused += is_refused(port, f"key-{number + 1}")
        assert not is_refused(port, "key-0"), "the right key must get in"
    share_refused = 100 * refused / WRONG_KEYS
    tell(Figure("rtmp intake, wrong keys refused", share_refused, share_refused, share_refused, "%", WRONG_KEYS))
    assert refused == WRONG_KEYS, "a wrong key got in"


def is_refused(port: int, key: str) -> bool:
    session = ClientSession(f"rtmp://127.0.0.1:{port}/live", "live", key, publish=True)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
        while True:
            peer.sendall(session.to_send())
            received = peer.recv(65536)
            events = session.receive(received)
            if not received or any(isinstance(event, Refused) for event in events):
                return True
            if any(isinstance(event, Accepted) for event in events):
                return False


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--publishers", type=int, default=4)
    options.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    options.add_argument("--demux", type=int, default=0, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve:
        asyncio.run(serve(chosen.serve))
    elif chosen.demux:
        demux(CAMERA_1080P.path(), chosen.demux)
    else:
        in_real_time(CAMERA_1080P, chosen.rounds, chosen.publishers)
        flat_out(CAMERA_1080P, chosen.rounds)
        wrong_keys()


if __name__ == "__main__":
    main()
