"""A start without the catalog, whose database is away: what is told, and waiting for it.

The door goes on with what the config says.  What stands in the catalog alone, people and phones among it, is taken up
as at any start: once the database is there and stays, and nobody is at the door, the server closes what it records,
writes its rows, and starts anew.
"""

import asyncio
from collections.abc import Callable

import structlog

from doorstep.app.catalog import AwaitedCatalog
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock

log = structlog.get_logger()

KEY = "catalog"
"""That of whoever writes rows: it is one trouble, told once."""

REMEDY = "What happens is kept here; once the database is there, Doorstep takes everything up by itself."
EVERY_SECONDS = 10.0
STAYS_SECONDS = 30.0
"""One that comes and goes would have the server start anew each time; meanwhile the end of the trouble is told."""

LONGEST_VISIT_SECONDS = 600.0


class Awaiting:
    """One task, which ends once the catalog is there.  Used on the event loop."""

    def __init__(
        self, catalog: AwaitedCatalog, health: HealthBoard, clock: Clock, is_quiet: Callable[[], bool] = lambda: True
    ) -> None:
        """`is_quiet` says that no event runs: a visit is not cut for it, unless it lasts for long."""
        self._catalog = catalog
        self._health = health
        self._clock = clock
        self._is_quiet = is_quiet
        self.over = asyncio.Event()

    async def run(self) -> None:
        """Look for it now and then; `over` is set once it is there, stays, and nobody is at the door."""
        while not await self._stays():
            await self._clock.sleep(EVERY_SECONDS)
        since = self._clock.monotonic()
        while not self._is_quiet() and self._clock.monotonic() - since < LONGEST_VISIT_SECONDS:
            await self._clock.sleep(1.0)
        log.info("the catalog is there: starting anew with all that it holds")
        self.over.set()
        await asyncio.Event().wait()

    async def _stays(self) -> bool:
        since = self._clock.monotonic()
        while await self._came():
            if self._clock.monotonic() - since >= STAYS_SECONDS:
                return True
            await self._clock.sleep(EVERY_SECONDS)
        return False

    async def _came(self) -> bool:
        if await asyncio.to_thread(self._catalog.come):
            self._health.clear(KEY)
            return True
        if self._health.report(KEY, self._catalog.reason, REMEDY):
            log.warning("started without the catalog", reason=self._catalog.reason)
        return False
