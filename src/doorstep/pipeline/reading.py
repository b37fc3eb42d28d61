"""Reads one connection of a source to its end: a stall is a loss, and a flood leaves the others their turn."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from doorstep.core.errors import MediaInvalid, SourceLost
from doorstep.core.media import Packet, StreamItem
from doorstep.ports import FrameTap, Source

STALL_SECONDS = 10.0
FIRST_PICTURE_SECONDS = 60.0
"""A connection begins with a key frame, and some cameras send one that rarely.  Sources see silence by themselves."""

REARM_SECONDS = 1.0
TURN_ITEMS = 32
TURN_BYTES = 1 << 20


async def read_to_the_end(source: Source, tap: FrameTap, take: Callable[[StreamItem], None]) -> None:
    """Hand everything that comes to `take`, until the source raises.

    Raises what the source raises, and SourceLost where no picture came for ten seconds (sound and formats are none),
    no first one within a minute, or where `take` finds times that cannot be a video's.
    """
    loop = asyncio.get_running_loop()
    turn = _Turn()
    armed: float | None = None
    try:
        async with asyncio.timeout(FIRST_PICTURE_SECONDS) as stall, aclosing(source.stream(tap)) as items:
            async for item in items:
                if isinstance(item, Packet) and (armed is None or loop.time() - armed >= REARM_SECONDS):
                    armed = loop.time()
                    stall.reschedule(armed + STALL_SECONDS)
                take(item)
                if turn.is_over(item):
                    await asyncio.sleep(0)
    except TimeoutError as error:
        msg = f"no picture came for {FIRST_PICTURE_SECONDS if armed is None else STALL_SECONDS:.0f} s"
        raise SourceLost(msg) from error
    except MediaInvalid as error:
        raise SourceLost(str(error)) from error


class _Turn:
    """How much one camera may hand over before the loop serves the others: what waits is taken without a pause."""

    def __init__(self) -> None:
        self._items = 0
        self._bytes = 0

    def is_over(self, item: StreamItem) -> bool:
        self._items += 1
        if isinstance(item, Packet):
            self._bytes += len(item.data)
        if self._items < TURN_ITEMS and self._bytes < TURN_BYTES:
            return False
        self._items = self._bytes = 0
        return True
