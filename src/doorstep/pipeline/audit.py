"""Writes who watched what, behind the backs of those who watch: a catalog that stalls keeps nobody waiting."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from doorstep.core.audit import KEPT_FOR, MOST_KEPT, AuditEntry, watched
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.live_session import LiveSession
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import AuditLog, Clock

log = structlog.get_logger()

TOGETHER_SECONDS = 2.0
"""What is noted within so long is written at once: who looks for a second costs one row and one write."""

GOES_ON = timedelta(seconds=60)
"""Who comes again within so long has watched all the time: nobody drowns the log by opening and closing pages."""

MOST_LEFT = 256
"""Of those who may come again the last so many are remembered."""

RETRY_SECONDS = 5.0
SWEEP_SECONDS = 3600.0
MOST_WAITING = 2000
TOLD_SECONDS = 24 * 3600.0
KEY = "audit"
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Audit:
    """One for a server; used on the event loop only.

    What waits is bounded: of more than MOST_WAITING the oldest is lost, counted in `lost`, and the owner is told.
    """

    def __init__(
        self, entries: AuditLog, health: HealthBoard, clock: Clock, may_expire: Callable[[], bool] = lambda: True
    ) -> None:
        """`may_expire` says whether the clock is right enough to delete by age."""
        self._entries = entries
        self._health = health
        self._clock = clock
        self._may_expire = may_expire
        self._waiting: dict[str, AuditEntry] = {}
        self._watching: dict[str, AuditEntry] = {}
        self._left: deque[AuditEntry] = deque(maxlen=MOST_LEFT)
        self._wake = asyncio.Event()
        self._swept_at: float | None = None
        self.lost = 0

    def watched(self, session: LiveSession, until: datetime | None) -> None:
        """A live session began, or was over at `until`."""
        began = self._watching.get(session.id) or self._begun(watched(session, None))
        entry = replace(began, until=until)
        if until is None:
            self._watching[session.id] = entry
        else:
            self._watching.pop(session.id, None)
            self._left.append(entry)
        self.note(entry)

    def note(self, entry: AuditEntry) -> None:
        """Write it soon; one that has its id already is replaced.  Returns at once."""
        if entry.id not in self._waiting and len(self._waiting) >= MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
            self._lose()
        self._waiting[entry.id] = entry
        self._wake.set()

    async def run(self) -> None:
        """For ever: write what waits, and sweep what is too old once an hour."""
        while True:
            try:
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            await self._clock.sleep(TOGETHER_SECONDS)
            if not (await self.write_all() and await self._sweep()):
                await self._clock.sleep(RETRY_SECONDS)

    async def write_all(self) -> bool:
        """All that waits; False where the catalog fails, and then it waits on."""
        self._wake.clear()
        written = dict(self._waiting)
        try:
            if written:
                await on_disk(self._health, self._entries.save_entries, list(written.values()))
        except CatalogUnavailable as error:
            log.warning("who watches could not be written", reason=str(error), waiting=len(self._waiting))
            self._wake.set()
            return False
        for key, entry in written.items():
            if self._waiting.get(key) is entry:
                del self._waiting[key]
        return True

    async def _sweep(self) -> bool:
        """Once an hour.  False where the catalog fails."""
        now = self._clock.monotonic()
        if self._swept_at is not None and now - self._swept_at < SWEEP_SECONDS:
            return True
        before = self._clock.now() - KEPT_FOR if self._may_expire() else LONG_AGO
        try:
            await on_disk(self._health, self._entries.forget_entries, before, MOST_KEPT)
        except CatalogUnavailable as error:
            log.warning("the audit log could not be swept", reason=str(error))
            return False
        self._swept_at = now
        return True

    def _begun(self, entry: AuditEntry) -> AuditEntry:
        """The entry of a session that has begun: that of one before, where it goes on."""
        for before in reversed(self._left):
            if before.until is None or _alike(before) != _alike(entry):
                continue
            if timedelta(0) <= entry.at - before.until <= GOES_ON:
                self._left.remove(before)
                return before
        return entry

    def _lose(self) -> None:
        self.lost += 1
        what = f"{self.lost} entries of who watched what were lost: the catalog took none for too long."
        remedy = "Look at the disk of the data folder; Doorstep goes on by itself."
        if self._health.report(KEY, what, remedy, TOLD_SECONDS, minor=True):
            log.warning("who watched what is being lost: the catalog takes nothing")


def _alike(entry: AuditEntry) -> tuple[str | None, ...]:
    """What is the same of all entries of who watches one camera one way from one address."""
    return entry.who, entry.address, entry.verb, entry.camera, entry.way
