"""A camera that does what the test says: a `ports.Source` that is fed by hand, picture by picture."""

import asyncio
from collections.abc import AsyncGenerator

from doorstep.core.media import Packet, StreamItem
from doorstep.ports import Clock, FrameTap
from fakes.stand_in_frame import StandInFrame


class ScriptedSource:
    """Implements `ports.Source`; one object is every connection of its camera."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._items: asyncio.Queue[StreamItem | Exception] = asyncio.Queue()
        self._tap: FrameTap | None = None
        self.opened = 0
        self.closed = 0

    async def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        self.opened += 1
        self._tap = tap
        try:
            while True:
                item = await self._items.get()
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self._tap = None
            self.closed += 1

    def send(self, item: StreamItem | Exception) -> None:
        """The next thing that the camera does; an error ends its connection."""
        self._items.put_nowait(item)

    async def film(self, count: int, *, first: int = 0, timescale: int = 1000) -> None:
        """So many pictures, four a second, a key frame each second, with frames for whoever wants them."""
        step = timescale // 4
        for number in range(first, first + count):
            dts = number * step
            arrived = self._clock.monotonic()
            self.send(Packet(f"picture {dts}".encode(), dts, dts, step, number % 4 == 0, arrived))
            if self._tap is not None and self._tap.wants(dts / timescale):
                self._tap.put(StandInFrame(dts / timescale, arrived, name=f"picture@{dts}"))
            await self._clock.sleep(0.25)
