"""What one more WebRTC viewer costs the server, against a bare demux of the same stream, and what the first one costs.

    python -m benchmarks.live_webrtc [--viewers 8] [--rounds 5]

Packets lie in memory and are put into the feed at their times, so that the server pays for viewers and for nothing
else; who watches (aiortc, which decodes) is in another process.  CPU is the server's with viewers less that of the
same seconds without them; memory is what the process holds more with them than before.
"""

import argparse
import asyncio
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.camera_files import CAMERA_480P, CameraFile
from benchmarks.figures import of_rounds, ratio, tell
from benchmarks.live_mse import SECONDS, demuxed, held

from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId, StreamKind
from doorstep.core.media import Packet, VideoFormat
from doorstep.core.settings import LiveSettings
from doorstep.live.packet_feed import PacketFeed
from doorstep.live.webrtc import WebRtcFeed
from doorstep.media.demux import read_file
from fakes.webrtc_viewer import WebRtcViewer

CAMERA = CameraId("front")
IMPORT = """
import time, av, doorstep.live.webrtc
from benchmarks.live_mse import held
before, begin = held(), time.perf_counter()
import doorstep.live.webrtc_peer
print(time.perf_counter() - begin, (held() - before) / 2**20)
"""
clock = SystemClock()


def watch(pipe: Connection, count: int) -> None:
    """So many viewers: offers out, answers in, then a word when each has decoded a picture; until the pipe says so."""

    async def one(number: int) -> None:
        async with WebRtcViewer.new() as viewer:
            pipe.send((number, await viewer.offer()))
            await viewer.take(await answers[number])
            await viewer.decoded(1)
            pipe.send((number, ""))
            await asyncio.to_thread(over.wait)

    async def everybody() -> None:
        loop = asyncio.get_running_loop()
        answers.extend(loop.create_future() for _ in range(count))
        async with asyncio.TaskGroup() as tasks:
            for number in range(count):
                tasks.create_task(one(number))
            while (told := await asyncio.to_thread(pipe.recv)) is not None:
                answers[told[0]].set_result(told[1])
            over.set()

    over = threading.Event()
    answers: list[asyncio.Future[str]] = []
    asyncio.run(everybody())


class Served:
    """A feed, and a camera that sends a file in real time."""

    def __init__(self, path: Path) -> None:
        fmt, *packets = read_file(path, clock)
        assert isinstance(fmt, VideoFormat)
        self.format = fmt
        self.packets = [one for one in packets if isinstance(one, Packet) and one.dts < SECONDS * fmt.timescale]
        self.feed = PacketFeed()
        self.webrtc = WebRtcFeed(self.feed, LiveSettings(interfaces=("127.0.0.1",)), clock)

    async def send(self) -> float:
        """For some seconds; how much CPU this process took in them."""
        began, first = time.process_time(), self.packets[0].dts
        begin = clock.monotonic()
        self.feed.put(CAMERA, self.format)
        for packet in self.packets:
            await asyncio.sleep(begin + (packet.dts - first) / self.format.timescale - clock.monotonic())
            self.feed.put(CAMERA, packet)
        await asyncio.sleep(max(0.0, begin + SECONDS - clock.monotonic()))
        return time.process_time() - began

    async def with_viewers(self, count: int) -> tuple[float, int]:
        """CPU seconds, and how many bytes more the process held."""
        spawning = multiprocessing.get_context("spawn")
        ours, theirs = spawning.Pipe()
        viewers = spawning.Process(target=watch, args=(theirs, count))
        before = held()
        viewers.start()
        self.feed.put(CAMERA, self.format)
        for packet in self.packets[:4]:  # aiortc takes a picture for whole when the next one begins
            self.feed.put(CAMERA, packet)
        connected = 0
        while connected < count:
            number, offer = await asyncio.to_thread(ours.recv)
            if offer:
                ours.send((number, await self._answer(f"{number}", offer)))
            else:
                connected += 1
        taken = await self.send()
        more = held() - before
        for number in range(count):
            self.webrtc.hang_up(f"{number}")
        ours.send(None)
        await asyncio.to_thread(viewers.join)
        return taken, more

    async def _answer(self, session: str, offer: str) -> str:
        return await self.webrtc.answer(session, CAMERA, StreamKind.MAIN, offer, from_here=True, on_end=lambda: None)


async def measure(camera: CameraFile, counts: Sequence[int], rounds: int) -> None:
    path = camera.path()
    served = Served(path)
    floors: list[float] = []
    each: dict[int, list[float]] = {count: [] for count in counts}
    memory: dict[int, list[float]] = {count: [] for count in counts}
    running = asyncio.ensure_future(served.webrtc.run())
    await served.with_viewers(1)
    for _ in range(rounds):
        floors.append(await asyncio.to_thread(demuxed, path))
        nobody = await served.send()
        for count in counts:
            taken, more = await served.with_viewers(count)
            each[count].append((taken - nobody) / count)
            memory[count].append(more / count / 1024)
    running.cancel()
    for count in counts:
        name = f"WebRTC viewer, {camera.name}, {count} of one camera"
        share = 100 * of_rounds("", each[count], "").value / SECONDS
        tell(ratio(name, each[count], floors, "CPU, x bare demux", percent_of_a_core=share))
        tell(of_rounds(f"{name}: memory", memory[count], "KiB more a viewer"))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--viewers", type=int, default=8)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    seconds, megabytes = map(float, subprocess.check_output([sys.executable, "-c", IMPORT], text=True).split())
    tell(of_rounds("what the first WebRTC viewer costs once: import", [seconds], "s", mib_more=megabytes))
    asyncio.run(measure(CAMERA_480P, (1, chosen.viewers), chosen.rounds))


if __name__ == "__main__":
    main()
