"""One chime: sounds when it is told to, is tried in silence now and then, and is shown while it cannot sound.

A lane of its own, so that one that hangs keeps neither the other chimes nor the event waiting.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from doorstep.core.errors import ChimeUnavailable
from doorstep.core.house_counts import ChimeCounts
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Chime, Clock

log = structlog.get_logger()

TRY_EVERY_SECONDS = 3600.0
LONGEST_TRY_SECONDS = 10.0
HANGS = "it does not answer"


class ChimeLane:
    """Used on the event loop only.  However often it is told, at most one ring waits."""

    def __init__(self, chime: Chime, health: HealthBoard, clock: Clock) -> None:
        self._chime = chime
        self._health = health
        self._clock = clock
        self._wanted = asyncio.Event()
        self._wanted_at = 0.0
        self.counts = ChimeCounts()

    @property
    def name(self) -> str:
        """The chime's."""
        return self._chime.name

    def ring(self) -> None:
        """Sound as soon as it can; returns at once."""
        if not self._wanted.is_set():
            self._wanted_at = self._clock.monotonic()
            self._wanted.set()

    async def run(self) -> None:
        """For ever."""
        await self._check()
        while True:
            try:
                async with asyncio.timeout(TRY_EVERY_SECONDS):
                    await self._wanted.wait()
            except TimeoutError:
                await self._check()
                continue
            self._wanted.clear()
            wanted_at = self._wanted_at
            if await self._try(self._chime.ring):
                ms = round((self._clock.monotonic() - wanted_at) * 1000)
                log.info("chime rung", chime=self._chime.name, ms=ms)
                self.counts = replace(self.counts, rung=self.counts.rung + 1)
            else:
                self.counts = replace(self.counts, silent=self.counts.silent + 1)

    async def _check(self) -> None:
        """Until somebody rings, who must not wait for it: a ring shows, too, whether it sounds."""
        async with asyncio.TaskGroup() as both:
            check, wanted = both.create_task(self._try(self._chime.check)), both.create_task(self._wanted.wait())
            await asyncio.wait({check, wanted}, return_when=asyncio.FIRST_COMPLETED)
            check.cancel()
            wanted.cancel()

    async def _try(self, sound: Callable[[], Awaitable[object]]) -> bool:
        key = f"chime:{self._chime.name}"
        try:
            async with asyncio.timeout(LONGEST_TRY_SECONDS):
                await sound()
        except (ChimeUnavailable, TimeoutError) as error:
            reason = str(error) or HANGS
            if self._health.report(key, f"The bell does not sound ({self._chime.name}): {reason}", "Mend the chime."):
                log.warning("chime silent", chime=self._chime.name, reason=reason)
            return False
        self._health.clear(key)
        return True
