"""What one more MSE viewer costs the server, against a bare demux of the same stream.  Goal: at most twice its CPU.

    python -m benchmarks.live_mse [--viewers 50] [--rounds 5]

The web half is whole and real: HTTP server, gate, sessions, sockets on loopback.  Packets lie in memory and are put
into the feed at their times, so that the server pays for viewers and for nothing else; who watches is in another
process, and reads whatever comes.  CPU is the server's with viewers less that of the same seconds without them; memory
is what the process holds more with them than before.
"""

import argparse
import asyncio
import base64
import multiprocessing
import resource
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import av
import uvicorn
from benchmarks.camera_files import CAMERA_480P, CameraFile
from benchmarks.figures import of_rounds, ratio, tell

from doorstep.app.http import COMMON, Uvicorn
from doorstep.cli.logs import configure_logs
from doorstep.clock import SystemClock
from doorstep.core.access import Scope
from doorstep.core.media import Packet, VideoFormat
from doorstep.media.demux import read_file
from doorstep.sources.pacing import Pacer
from fakes.house import FRONT, House

GOAL = 2.0
SECONDS = 4.0
DEMUXED_AT_ONCE = 8

clock = SystemClock()


# ------------------------------------------------------------------------------------------------------ the viewers


def read_all(port: int, token: str, count: int, ready: "multiprocessing.synchronize.Event") -> None:
    """As many as that, each a socket that is emptied as it fills; until the server closes them."""

    async def one(open_now: asyncio.Semaphore) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(bytes(16)).decode()
        lines = (
            f"GET /api/v1/cameras/{FRONT}/live/mse HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}\r\nAuthorization: Bearer {token}\r\n\r\n",
        )
        writer.write("\r\n".join(lines).encode())
        assert (await reader.readline()).split()[1] == b"101"
        open_now.release()
        while await reader.read(1 << 16):
            pass
        writer.close()

    async def everybody() -> None:
        open_now = asyncio.Semaphore(0)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(count):
                tasks.create_task(one(open_now))
            for _ in range(count):
                await open_now.acquire()
            ready.set()

    asyncio.run(everybody())


# ------------------------------------------------------------------------------------------------------- the server


class Served:
    """A server, and a camera that sends a file in real time."""

    def __init__(self, path: Path) -> None:
        fmt, *packets = read_file(path, clock)
        assert isinstance(fmt, VideoFormat)
        self.format = fmt
        self.packets = [one for one in packets if isinstance(one, Packet) and one.dts < SECONDS * fmt.timescale]
        self.house = House()
        object.__setattr__(self.house.parts, "clock", clock)

    async def send(self) -> float:
        """For some seconds; how much CPU this process took in them."""
        began, first = time.process_time(), self.packets[0].dts
        begin = clock.monotonic()
        self.house.packets.put(FRONT, self.format)
        for packet in self.packets:
            await asyncio.sleep(begin + (packet.dts - first) / self.format.timescale - clock.monotonic())
            self.house.packets.put(FRONT, packet)
        await asyncio.sleep(max(0.0, begin + SECONDS - clock.monotonic()))
        return time.process_time() - began

    async def with_viewers(self, port: int, count: int) -> tuple[float, int]:
        """CPU seconds, and how many bytes more the process held."""
        token = self.house.token(Scope.LIVE_READ)["Authorization"].removeprefix("Bearer ")
        spawning = multiprocessing.get_context("spawn")
        ready = spawning.Event()
        viewers = spawning.Process(target=read_all, args=(port, token, count, ready))
        before = held()
        viewers.start()
        await asyncio.to_thread(ready.wait)
        taken = await self.send()
        more = held() - before
        for session in self.house.live_sessions.sessions():
            self.house.live_sessions.cut(session.id)
        await asyncio.to_thread(viewers.join)
        assert viewers.exitcode == 0
        return taken, more


def held() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def demuxed(path: Path) -> float:
    """CPU seconds of one of some cameras that are read at once, each packet at its time."""
    begin = time.process_time()
    threads = [threading.Thread(target=demux, args=(path,)) for _ in range(DEMUXED_AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.process_time() - begin) / DEMUXED_AT_ONCE


def demux(path: Path) -> None:
    pacer, wait = Pacer(clock), threading.Event().wait
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        base = float(stream.time_base or 1)
        for packet in container.demux(stream):
            at = (packet.dts or 0) * base
            if at >= SECONDS:
                break
            wait(pacer.delay(at))


async def measure(camera: CameraFile, counts: Sequence[int], rounds: int) -> None:
    path = camera.path()
    served = Served(path)
    listening = socket.create_server(("127.0.0.1", 0))
    server = Uvicorn(uvicorn.Config(served.house.app, **COMMON))
    floors: list[float] = []
    each: dict[int, list[float]] = {count: [] for count in counts}
    memory: dict[int, list[float]] = {count: [] for count in counts}
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve([listening]))
        await served.with_viewers(listening.getsockname()[1], 1)
        for _ in range(rounds):
            floors.append(await asyncio.to_thread(demuxed, path))
            nobody = await served.send()
            for count in counts:
                taken, more = await served.with_viewers(listening.getsockname()[1], count)
                each[count].append((taken - nobody) / count)
                memory[count].append(more / count / 1024)
        server.should_exit = True
    for count in counts:
        name = f"MSE viewer, {camera.name}, {count} of one camera"
        share = 100 * of_rounds("", each[count], "").value / SECONDS
        tell(ratio(name, each[count], floors, "CPU, x bare demux", GOAL, percent_of_a_core=share))
        tell(of_rounds(f"{name}: memory", memory[count], "KiB more a viewer"))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--viewers", type=int, default=50)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    configure_logs(as_json=False)  # else each socket writes a line, which the server of an owner does not
    asyncio.run(measure(CAMERA_480P, (5, chosen.viewers), chosen.rounds))


if __name__ == "__main__":
    main()
