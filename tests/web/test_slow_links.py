"""A viewer behind a road that carries less than the main stream has: real sockets, and a clock that runs fast."""

import asyncio
import json
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from websockets.asyncio.client import ClientConnection, connect

from doorstep.core.access import Scope
from doorstep.core.camera import StreamKind
from fakes.clock import FakeClock
from fakes.footage import FORMAT, packet
from fakes.house import FRONT, House
from fakes.poor_network import RoadOptions, TcpRoads
from fakes.served_house import run, served

PATH = f"/api/v1/cameras/{FRONT}/live/mse?stream=main&got=0"
SPEED = 4.0
"""Seconds of the house in one of ours."""

MAIN_BYTES, SMALL_BYTES = 20_000, 2_000
LINK_BYTES = 150_000
"""A second: 1.2 Mbit/s, where the main stream has 4 and the small one 0.4."""


class FastClock(FakeClock):
    """Runs by itself."""

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()

    def monotonic(self) -> float:
        return super().monotonic() + (time.monotonic() - self._began) * SPEED

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED)


@pytest.fixture
def house() -> Iterator[House]:
    with House(clock=FastClock()) as made:
        yield made


@dataclass
class Camera:
    """25 pictures a second in both streams, each with its number."""

    house: House
    put_at: list[float] = field(default_factory=list)

    async def run(self) -> None:
        self.house.packets.put(FRONT, FORMAT)
        self.house.packets.put(FRONT, replace(FORMAT, width=320), StreamKind.SUB)
        while True:
            number = len(self.put_at)
            for stream, size in ((StreamKind.MAIN, MAIN_BYTES), (StreamKind.SUB, SMALL_BYTES)):
                data = number.to_bytes(4, "big").rjust(size, b"\0")
                self.house.packets.put(FRONT, packet(40 * number, key=number % 25 == 0, data=data), stream)
            self.put_at.append(self.house.clock.monotonic())
            await asyncio.sleep(0.04 / SPEED)


@dataclass
class Page:
    """Reads as fast as the road lets it, and says what came as the page does."""

    camera: Camera
    moved_at: float | None = None
    widths: list[int] = field(default_factory=list)
    behind: list[tuple[float, float]] = field(default_factory=list)
    """When it was, and for how many seconds what came then had been there."""

    async def watch(self, socket: ClientConnection, seconds: float) -> None:
        clock, got, said, said_at = self.camera.house.clock, 0, 0, 0.0
        began = clock.monotonic()
        while (now := clock.monotonic()) - began < seconds:
            message = await socket.recv()
            if isinstance(message, str):
                self._hear(json.loads(message), now - began)
                continue
            got += len(message)
            if got - said >= 32 << 10 or now - said_at >= 0.5:
                await socket.send(json.dumps({"type": "got", "bytes": got}))
                said, said_at = got, now
            if message[4:8] == b"prft":
                (number,) = struct.unpack(">I", message[-4:])
                self.behind.append((now - began, clock.monotonic() - self.camera.put_at[number]))

    def _hear(self, told: dict[str, object], at: float) -> None:
        if told["type"] == "stream":
            assert told["stream"] == "sub"
            self.moved_at = at
        elif told["type"] == "format":
            assert isinstance(told["width"], int)
            self.widths.append(told["width"])


def test_a_link_too_slow_for_the_main_stream_shows_the_small_one_and_never_tens_of_seconds_late(house: House) -> None:
    async def act() -> None:
        page = Page(Camera(house))
        async with served(house) as client:
            filming = asyncio.ensure_future(page.camera.run())
            server = client.base_url.netloc.decode()
            road = RoadOptions(delay=0.05 / SPEED, rate=8 * LINK_BYTES * SPEED)
            with TcpRoads(("127.0.0.1", client.base_url.port or 0), back=road) as roads:
                host, port = roads.address
                async with connect(
                    f"ws://{server}{PATH}",
                    host=host,
                    port=port,
                    additional_headers=house.token(Scope.LIVE_READ),
                    compression=None,
                    max_size=None,
                ) as socket:
                    await page.watch(socket, 30)
            filming.cancel()
        told = f"moved at {page.moved_at}, worst {max(behind for _, behind in page.behind):.1f} s"
        assert page.moved_at is not None, told
        assert page.moved_at < 15, told
        assert page.widths == [FORMAT.width, 320], told
        assert max(behind for _, behind in page.behind) < 10, told
        assert min(behind for at, behind in page.behind if at > 25) < 1, told

    run(house, act)
