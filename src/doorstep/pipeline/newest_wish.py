"""Turns where only the newest wish of each asker counts: who drags over a day does not wait for where he was."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from doorstep.core.errors import Overtaken

MOST_WAITING = 16


class NewestWish:
    """One turn at a time for all; on the event loop."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._turn = asyncio.Lock()
        self._newest: dict[str, object] = {}
        self._waiting = 0

    @asynccontextmanager
    async def turn(self, asker: str) -> AsyncIterator[Callable[[], None]]:
        """Yields what raises Overtaken once the same asker wished for something else.

        Raises Overtaken where he did before it is his turn, and where too many wait.
        """
        wish = object()

        def still_wanted() -> None:
            if self._newest.get(asker) is not wish:
                msg = "A newer picture was asked for."
                raise Overtaken(msg)

        if self._waiting >= self._most_waiting:
            msg = "Too many pictures are being asked for. Try again."
            raise Overtaken(msg)
        self._newest[asker] = wish
        self._waiting += 1
        try:
            async with self._turn:
                still_wanted()
                yield still_wanted
        finally:
            self._waiting -= 1
            if self._newest.get(asker) is wish:
                del self._newest[asker]
