"""One tells, many listen, and nobody waits for them: for onlookers, who may miss some of it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_WAITING = 200


class Listening(AsyncIterator[T], Generic[T]):
    """What one onlooker has not heard yet; of more than its bound the oldest is lost, and counted in `lost`."""

    def __init__(self, most: int) -> None:
        self._waiting: deque[T] = deque(maxlen=most)
        self._arrived = asyncio.Event()
        self.lost = 0

    def put(self, item: T) -> None:
        """Never blocks."""
        self.lost += len(self._waiting) == self._waiting.maxlen
        self._waiting.append(item)
        self._arrived.set()

    async def __anext__(self) -> T:
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()


class Broadcast(Generic[T]):
    """Used on the event loop only."""

    def __init__(self) -> None:
        self._listeners: list[Listening[T]] = []

    def tell(self, item: T) -> None:
        """To everybody who listens now.  Returns at once, and never raises."""
        for listener in self._listeners:
            listener.put(item)

    @contextmanager
    def listening(self, most: int = MOST_WAITING) -> Iterator[Listening[T]]:
        """A block in which one listens."""
        listener = Listening[T](most)
        self._listeners.append(listener)
        try:
            yield listener
        finally:
            self._listeners.remove(listener)
