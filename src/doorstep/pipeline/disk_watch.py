"""Looks how the disk of the recordings is, and tells the owner when it keeps from recording.  Rules live in `core`."""

import asyncio
from collections.abc import Callable

import structlog

from doorstep.core.disk_kind import WrittenBytes
from doorstep.core.disk_state import MAY_RECORD, DiskLevel, DiskReading, disk_words, next_level, retention_bytes
from doorstep.core.errors import StoreUnavailable
from doorstep.own_threads import OwnThreads
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock

log = structlog.get_logger()

EVERY_SECONDS = 2.0
ANSWER_WITHIN_SECONDS = 3.0
KEY = "disk"


class DiskWatch:
    """One task; used on the event loop.

    `ask` blocks and writes nothing (`stores.local.LocalStore.disk_reading`).  A disk that hangs keeps one thread of
    our own waiting and nobody else: the threads in which the rest works are not touched, nor is a second one begun.
    """

    def __init__(
        self,
        ask: Callable[[], DiskReading],
        health: HealthBoard,
        clock: Clock,
        answer_within: float = ANSWER_WITHIN_SECONDS,
        count: Callable[[], int] | None = None,
    ) -> None:
        """`count` are the bytes written so far, which never blocks: `written` makes a figure per day of them."""
        self._count = count
        self._ask = ask
        self._health = health
        self._clock = clock
        self._answer_within = answer_within
        self._asked: asyncio.Future[DiskReading] | None = None
        self.level = DiskLevel.WELL
        self.reading: DiskReading | None = None
        self.written = WrittenBytes()
        self.on_level: Callable[[DiskLevel, str], None] = _nobody
        """Told when the level changes, with the words for the owner, "" when all is well again."""

    @property
    def may_record(self) -> bool:
        """Whether anything can be written now."""
        return self.level in MAY_RECORD

    def retention_bytes(self, max_bytes: int, used: int) -> int:
        """What all recordings may take now: less than `max_bytes` while the disk is nearly full; from any thread."""
        return retention_bytes(max_bytes, used, self.reading)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await self._clock.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Once; returns within the time that the disk has to answer."""
        self.reading = await self._answer()
        if self._count is not None:
            self.written.observe(self._count(), self._clock.monotonic())
        before, self.level = self.level, next_level(self.level, self.reading)
        what, remedy = disk_words(self.level, self.reading)
        if what:
            self._health.report(KEY, what, remedy, minor=self.may_record)
        else:
            self._health.clear(KEY)
        if self.level is not before:
            if what:
                log.warning("the disk is in trouble", level=self.level, before=before, reason=what)
            else:
                log.info("the disk is well again", before=before)
            self.on_level(self.level, what)

    async def _answer(self) -> DiskReading | None:
        """None from a disk that does not answer in time, or cannot be asked."""
        asked = self._asked = self._asked or asyncio.wrap_future(OwnThreads("disk").submit(self._ask))
        try:
            async with asyncio.timeout(self._answer_within):
                return await asyncio.shield(asked)
        except (TimeoutError, StoreUnavailable):
            return None
        except asyncio.CancelledError:
            asked.cancel()  # the house ends: nobody hears the answer
            raise
        finally:
            if asked.done():
                self._asked = None


def _nobody(*_told: object) -> None:
    """Who listens before somebody does."""
