"""The one way out of the house that clips and parts share: threads of its own, and what is known of the line."""

import asyncio
import random
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, wait
from dataclasses import dataclass, replace
from threading import Event as Flag
from typing import TypeVar

import structlog

from doorstep.core.errors import BlobMissing, StoreRefused, StoreUnavailable
from doorstep.core.event import EventId
from doorstep.core.health_rules import Trouble
from doorstep.core.off_site_line import OffSiteLine
from doorstep.core.off_site_refusals import OffSiteRefusals
from doorstep.core.upload import BegunUpload, Body
from doorstep.ports import Clock, OffSite

log = structlog.get_logger()

UNPAID_SECONDS = 60.0
ENDS_SECONDS = 0.5
"""Within so long whoever waits for an answer hears that the server ends."""

STOPPING = "Doorstep is stopping."
Result = TypeVar("Result")
OnSent = Callable[[str, int, EventId | None], None]
"""Told what was sent ("part", "picture" or "clip"), how many bytes, and of which event; on the loop, never raises."""


def unheard(_what: str, _size: int, _event: EventId | None) -> None:
    """Where nobody counts."""


def no_note(_begun: BegunUpload) -> None:
    """Of what is small and sent at once."""


@dataclass(frozen=True, slots=True)
class Postage:
    """Who counts what is sent, and says whether one more call may be paid this month; both on the loop, at once."""

    on_sent: OnSent = unheard
    may_pay: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing to send: what it is ("part", "picture" or "clip"), of which event, under which key."""

    what: str
    event: EventId
    key: str
    body: Body
    begun: BegunUpload | None = None
    note: Callable[[BegunUpload], None] = no_note


class WayOut:
    """Used on the event loop.  Nothing here keeps the loop, the threads for the disk or a detector waiting."""

    def __init__(self, off_site: OffSite, threads: Executor, clock: Clock, postage: Postage | None = None) -> None:
        self._off_site = off_site
        self._threads = threads
        self._clock = clock
        self._postage = postage or Postage()
        self._line = OffSiteLine()
        self._refusals = OffSiteRefusals()
        self._ends = Flag()
        self.on_works: list[Callable[[], None]] = []
        """Called when the line works again after it did not; at once, never raises."""

    @property
    def works(self) -> bool:
        """Whether the last try did; where it did not one at a time tries."""
        return self._line.works

    @property
    def refused_events(self) -> frozenset[EventId]:
        """Those of which a clip or picture was refused, and not taken since."""
        return self._refusals.events

    @property
    def resting_events(self) -> frozenset[EventId]:
        """Those of them that are not tried yet."""
        return self._refusals.resting(self._clock.monotonic())

    def part_rests(self, event: EventId) -> bool:
        """Whether a part of this event was refused a moment ago."""
        return self._refusals.rests(("part", event), self._clock.monotonic())

    def seconds_to_wait(self, *, urgent: bool) -> float:
        """Before the next try; 0 for now."""
        if not self._postage.may_pay():
            return UNPAID_SECONDS
        return max(0.0, self._line.next_try(urgent=urgent) - self._clock.monotonic())

    async def in_thread(self, call: Callable[[], Result]) -> Result:
        """What it returns or raises, from a thread of the way's own."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def waited_for(self, call: Callable[[], Result]) -> Result:
        """The same for a thread that waits: no longer than the server runs, whatever the other end does.

        Raises StoreUnavailable, too, once it ends.
        """
        future = self._threads.submit(call)
        while not self._ends.is_set():
            wait([future], ENDS_SECONDS)
            if future.done():
                return future.result()
        raise StoreUnavailable(STOPPING)

    async def send(self, parcel: Parcel) -> bool:
        """As `OffSite.send`.

        Raises StoreUnavailable where the line does not work, and `works` is false then; StoreRefused where the server
        takes not this one, or nothing; else it is the house that does not give its bytes: StoreUnavailable for now,
        BlobMissing for good.
        """
        watched = _WatchedBody(parcel.body, self._ends)
        body = replace(parcel.body, read=watched.read)
        try:
            lies = await self.in_thread(lambda: self._off_site.send(parcel.key, body, parcel.begun, parcel.note))
        except (StoreUnavailable, BlobMissing) as error:
            if watched.trouble is not None:
                raise watched.trouble from error
            self._failed(parcel, error)
            raise
        self._refusals.taken((parcel.what, parcel.event))
        self._worked()
        self._postage.on_sent(parcel.what, parcel.body.size, parcel.event)
        return lies

    async def size_there(self, key: str) -> int | None:
        """Of what lies there; None where nobody here may look.  Raises StoreUnavailable where nobody answers."""
        try:
            return await self.in_thread(lambda: self._off_site.size(key))
        except StoreRefused:
            return None
        except BlobMissing:
            return -1  # nothing readable: not what we sent

    def trouble(self, waits: str) -> Trouble | None:
        """What the owner is told; `waits` are the words for what waits, empty for nothing."""
        now = self._clock.monotonic()
        return self._line.trouble(now, waits) or self._refusals.trouble(now)

    def end(self) -> None:
        """Whoever still reads for a sending stops at the next piece."""
        self._ends.set()

    def _worked(self) -> None:
        worked_before = self._line.works
        self._line.worked()
        if not worked_before:
            log.info("what goes off-site is taken again")
            for told in self.on_works:
                told()

    def _failed(self, parcel: Parcel, error: StoreUnavailable | BlobMissing) -> None:
        refused, now = isinstance(error, StoreRefused), self._clock.monotonic()
        if refused and not self._refusals.refused((parcel.what, parcel.event), str(error), now):
            log.warning("one thing is not taken off-site", what=parcel.what, event_id=parcel.event, reason=str(error))
            return
        loud = log.warning if self._line.works else log.debug
        loud("nothing goes off-site", reason=str(error))
        jitter = random.random()  # noqa: S311 - jitter, not a secret
        self._line.failed(str(error), now, jitter, refused=refused)


class _WatchedBody:
    """Knows whether it was the house that did not give a body's bytes, and ends with the server."""

    def __init__(self, body: Body, ends: Flag) -> None:
        self._body = body
        self._ends = ends
        self.trouble: StoreUnavailable | BlobMissing | None = None

    def read(self, offset: int, length: int) -> Iterator[bytes]:
        """As the body's own; in a thread."""
        try:
            yield from self._pieces(offset, length)
        except (StoreUnavailable, BlobMissing) as error:
            self.trouble = error
            raise

    def _pieces(self, offset: int, length: int) -> Iterator[bytes]:
        for piece in self._body.read(offset, length):
            if self._ends.is_set():
                raise StoreUnavailable(STOPPING)
            yield piece
