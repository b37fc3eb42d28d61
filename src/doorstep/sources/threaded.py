"""One thread that reads a camera -> an async generator of what it read.  How to read is each source's matter."""

import threading
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass
from typing import Protocol

from doorstep.core.media import StreamItem
from doorstep.ports import FrameTap

Read = Callable[[threading.Event], Generator[StreamItem]]
"""Reads one connection, blocking, until it is over or the event is set; notices the event within half a second."""


class BlockingSource(Protocol):
    """What every source that reads in a thread, or in a confined child, offers beside `ports.Source`."""

    def read(self, tap: FrameTap, stop: threading.Event) -> Generator[StreamItem]:
        """One connection, as `Read`."""
        ...


@dataclass(frozen=True, slots=True)
class HandoverBounds:
    """How much may wait for the loop, before the connection ends loudly."""

    packets: int = 600
    bytes: int = 32 * 2**20


async def threaded(read: Read, name: str, bounds: HandoverBounds = HandoverBounds()) -> AsyncGenerator[StreamItem]:
    """Everything that `read` yields, in order, then what it raised; SourceLost when it merely stopped.

    SourceOverrun where more waits than the bounds allow.

    The thread lives from the first item asked for until the generator is closed, which it waits for, a second at most.
    """
    from doorstep.sources.handover import Handover  # noqa: PLC0415 - with asyncio; who reads in a child needs neither

    handover = Handover(bounds)
    thread = threading.Thread(target=handover.fill, args=(read,), name=name, daemon=True)
    thread.start()
    try:
        while True:
            yield await handover.take()
    finally:
        if await handover.stopped():
            thread.join()  # a few instructions are left of it
