"""A poor network in front of a server on this machine: it delays, limits, drops (UDP) and cuts (TCP), by a seed.

`Road` is the rule for one direction; `TcpRoads` and `UdpRoads` carry bytes over two of them in a thread of their own.
Nothing overtakes anything.  TCP loses nothing: what would be lost is resent by the kernel of whoever has a real one.
"""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

Address = tuple[str, int]
PIECE_BYTES = 1400
_ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class RoadOptions:
    """One direction: seconds that each byte takes, bits a second (0: any number), the part of datagrams that is lost.

    `queue` bytes wait where they come faster than they leave: a datagram too many is dropped, TCP's sender waits.
    """

    delay: float = 0.0
    rate: float = 0.0
    loss: float = 0.0
    queue: int = 64 << 10


POOR = RoadOptions(delay=0.05, rate=5e6, loss=0.02)
"""50 ms one way (100 ms there and back), 5 Mbit/s, 2 % of the datagrams."""


class Road:
    """When what enters now comes out.  The same seed and the same traffic give the same losses."""

    def __init__(self, options: RoadOptions, seed: int) -> None:
        self._options = options
        self._random = random.Random(seed)
        self._free_at = 0.0
        self.carried = 0
        self.lost = 0
        self.turned_away = 0

    @property
    def dropped(self) -> int:
        """By chance, or because the queue was full."""
        return self.lost + self.turned_away

    def enter(self, size: int, now: float) -> float | None:
        """The moment of arrival; None where it is lost."""
        if self._random.random() < self._options.loss:
            self.lost += 1
            return None
        if self._options.rate and self.waiting(now) + size > self._options.queue:
            self.turned_away += 1
            return None
        return self.carry(size, now)

    def carry(self, size: int, now: float) -> float:
        """The moment of arrival of what is neither lost nor turned away."""
        self.carried += 1
        begin = max(now, self._free_at)
        self._free_at = begin + (8 * size / self._options.rate if self._options.rate else 0.0)
        return self._free_at + self._options.delay

    def waiting(self, now: float) -> float:
        """Bytes that have come and not left."""
        return max(0.0, self._free_at - now) * self._options.rate / 8

    def room_in(self, now: float) -> float:
        """Seconds until the queue is no longer full."""
        over = self.waiting(now) - self._options.queue
        return 8 * over / self._options.rate if over > 0 else 0.0


class _OnALoop:
    """Runs on an event loop in its own thread, so that blocking tests and playwright can use it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.call(self.open)
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_ANSWER_SECONDS)
        self._loop.close()

    def call(self, what: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """From any other thread; returns once it is done."""
        asyncio.run_coroutine_threadsafe(what(), self._loop).result(_ANSWER_SECONDS)

    async def open(self) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


class TcpRoads(_OnALoop):
    """Listens on `address` and carries each connection to `target`."""

    def __init__(
        self, target: Address, there: RoadOptions = RoadOptions(), back: RoadOptions = RoadOptions(), seed: int = 1
    ) -> None:
        super().__init__()
        self._target = target
        self._options = (there, back)
        self._roads = (Road(there, seed), Road(back, seed + 1))
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.address: Address = ("127.0.0.1", 0)
        self.refused: tuple[str, ...] = ()
        """Words in the first line of a connection's first request that have it answered with 503."""
        self.cuts: list[float] = []
        """When the connections were cut, in seconds of time.time()."""

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._met, *self.address)
        self.address = self._server.sockets[0].getsockname()[:2]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._end_all()

    def cut(self) -> None:
        """Every connection ends at once; new ones are taken."""
        self.cuts.append(time.time())
        self.call(self._end_all)

    async def _end_all(self) -> None:
        open_ones = list(self._open)
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._joined(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # cut, or one side hung up: both sides are ended below
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(PIECE_BYTES)
        if any(word.encode() in first.partition(b"\r\n")[0] for word in self.refused):
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_carried(reader, far_writer, self._roads[0], first))
                tasks.create_task(_carried(far_reader, writer, self._roads[1], b""))
        except* OSError:
            pass  # one side is gone: so is the other
        finally:
            far_writer.transport.abort()


async def _carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, road: Road, piece: bytes) -> None:
    """All bytes of one direction, each when its time has come; the end of them too."""
    on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_delivered(on_the_way, writer))
        while piece := piece or await reader.read(PIECE_BYTES):
            on_the_way.put_nowait((road.carry(len(piece), time.monotonic()), piece))
            piece = b""
            await asyncio.sleep(road.room_in(time.monotonic()))
        on_the_way.put_nowait((road.carry(0, time.monotonic()), b""))


async def _delivered(on_the_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    while True:
        arrives, piece = await on_the_way.get()
        await asyncio.sleep(max(0.0, arrives - time.monotonic()))
        if not piece:
            if writer.can_write_eof():
                writer.write_eof()
            return
        writer.write(piece)
        await writer.drain()


class UdpRoads(_OnALoop):
    """Two addresses: what comes to `near` leaves from `far` towards `far_peer`, and the other way round.

    Each side may be told the peer beforehand; a datagram from an unknown one makes it the peer.
    """

    def __init__(self, there: RoadOptions = RoadOptions(), back: RoadOptions = RoadOptions(), seed: int = 1) -> None:
        super().__init__()
        self.roads = (Road(there, seed), Road(back, seed + 1))
        self._ends = (_End(self._from_near), _End(self._from_far))

    @property
    def near(self) -> Address:
        return self._ends[0].address

    @property
    def far(self) -> Address:
        return self._ends[1].address

    def far_peer(self, address: Address) -> None:
        self._ends[1].peer = address

    def near_peer(self, address: Address) -> None:
        self._ends[0].peer = address

    async def open(self) -> None:
        near, far = self._ends
        await self._loop.create_datagram_endpoint(lambda: near, near.address)
        await self._loop.create_datagram_endpoint(lambda: far, far.address)

    async def close(self) -> None:
        for end in self._ends:
            if end.transport is not None:
                end.transport.close()
        await asyncio.sleep(0)

    def _from_near(self, datagram: bytes) -> None:
        self._carry(self.roads[0], self._ends[1], datagram)

    def _from_far(self, datagram: bytes) -> None:
        self._carry(self.roads[1], self._ends[0], datagram)

    def _carry(self, road: Road, end: "_End", datagram: bytes) -> None:
        arrives = road.enter(len(datagram), self._loop.time())
        if arrives is not None:
            self._loop.call_at(arrives, end.send, datagram)


class _End(asyncio.DatagramProtocol):
    """One socket, and who is on its other side."""

    def __init__(self, received: Callable[[bytes], None]) -> None:
        self._received = received
        self.transport: asyncio.DatagramTransport | None = None
        self.peer: Address | None = None
        self.address: Address = ("127.0.0.1", 0)

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport
        self.address = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.peer = addr[:2]
        self._received(data)

    def send(self, datagram: bytes) -> None:
        if self.transport is not None and self.peer is not None and not self.transport.is_closing():
            with suppress(OSError):
                self.transport.sendto(datagram, self.peer)
