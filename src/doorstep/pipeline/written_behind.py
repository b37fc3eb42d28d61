"""What holds in memory at once and is written when the disk lets it: whoever changes it waits for nothing."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from doorstep.core.errors import CatalogUnavailable, StoreUnavailable
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock

log = structlog.get_logger()

RETRY_SECONDS = 5.0


class WrittenBehind:
    """Used on the event loop.  While it cannot be written that is a minor problem, which goes when it can."""

    def __init__(
        self, key: str, what: str, write: Callable[[str], Awaitable[None]], health: HealthBoard, clock: Clock
    ) -> None:
        """`write` brings a part in line with how it is then, `on_disk`.  Raises StoreUnavailable, CatalogUnavailable.

        `key` is the problem's, and `what` begins its words.
        """
        self._key = key
        self._what = what
        self._write = write
        self._health = health
        self._clock = clock
        self._due: dict[str, int] = {}
        self._count = 0
        self._wake = asyncio.Event()

    def due(self, part: str) -> None:
        """It changed, or is gone.  Never blocks."""
        self._count += 1
        self._due[part] = self._count
        self._wake.set()

    def is_written(self, part: str) -> bool:
        """As it is now."""
        return part not in self._due

    async def run(self) -> None:
        """Write what is due, for ever; what cannot be written is tried again."""
        while True:
            while not await self.write_all():
                await self._clock.sleep(RETRY_SECONDS)
            await self._wake.wait()
            self._wake.clear()

    async def write_all(self) -> bool:
        """What is due, as far as the disk lets us; whether that was all."""
        while self._due:
            part, count = next(iter(self._due.items()))
            try:
                await self._write(part)
            except (CatalogUnavailable, StoreUnavailable) as error:
                self.tell(self._what, error)
                return False
            self._health.clear(self._key)
            if self._due.get(part) == count:  # else it changed meanwhile
                del self._due[part]
        return True

    def tell(self, what: str, error: CatalogUnavailable | StoreUnavailable) -> None:
        """The disk does not take it, or does not give it: `what` that means, until it is written."""
        remedy = "It is tried again by itself; look at the disk."
        if self._health.report(self._key, f"{what}: {error}", remedy, minor=True):
            log.warning("what changed is not stored", problem=self._key, reason=str(error))
