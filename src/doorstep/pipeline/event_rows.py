"""Keeps the catalog's rows of events and minute files up to date, and tries again when it does not answer."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from doorstep.core.clock_state import Dating
from doorstep.core.delivery import Delivery
from doorstep.core.detection import Box
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.gap import Gap
from doorstep.core.ledger import LedgerEntry
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.redating import dated_event
from doorstep.pipeline.clock_watch import ClockWatch
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.loose_rows import LONGEST_MEMORY, LooseRows
from doorstep.pipeline.row_dating import RowDating
from doorstep.pipeline.unwritten import Unwritten
from doorstep.ports import Catalog, Clock

log = structlog.get_logger()

RETRY_SECONDS = 5.0
MOST_REMEMBERED = 200  # that are over and written: late words come of alerts, of which as many are remembered


class EventRows:
    """The newest state of events and deliveries, written behind; used on the event loop only.

    Rules, recorder and outbox each change their own part of an event; here the parts meet, so that no writer
    overwrites another's.  An event is `unfinished` in the catalog until its recording is whole and its best still
    written, also when it is over: that is how the next start knows what to mend.  A full memory drops the oldest, which
    can be read back from its recording.

    What is told while the clock waits to be set is marked, and put right then, before anything else is written.
    """

    def __init__(self, catalog: Catalog, health: HealthBoard, clock: Clock, watch: ClockWatch | None = None) -> None:
        """Without a watch the clock is trusted.  `on_written` is told each row that was; never raises or blocks."""
        self._catalog = catalog
        self._health = health
        self._clock = clock
        self._latest: dict[EventId, Event] = {}
        self._in_catalog: set[EventId] = set()
        self._recording: set[EventId] = set()
        self._without_still: set[EventId] = set()
        self._unwritten: dict[EventId, Unwritten] = {}
        self._writing = asyncio.Lock()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.on_written: Callable[[Event], None] = lambda _event: None
        self._dating = RowDating(watch)
        self._loose = LooseRows(catalog, health, self._dating)
        if watch is not None:
            watch.on_dated.append(self.redate)
            self._wake.set()

    def latest(self, event_id: EventId) -> Event | None:
        """An event of this run as it is now, running or not long over."""
        return self._latest.get(event_id)

    def had_row(self, event_id: EventId) -> bool:
        """Whether it was in the catalog once: where it is not now, its row was removed and will not come."""
        return event_id in self._in_catalog

    def are_closed(self) -> bool:
        """Whether no event of this run goes on."""
        return all(event.ended_at is not None for event in self._latest.values())

    def adopt(self, event: Event) -> None:
        """Know an event of a former run, as the catalog has it."""
        self._in_catalog.add(event.id)
        self._latest.setdefault(event.id, event)

    def decided(self, event: Event) -> None:
        """The rules opened or closed it, or found another cause; what the shell knows of it stays."""
        known = self._latest.get(event.id)
        self._set(self._merged(event) if known is not None else replace(event, guess=self._dating.guess))

    def extended(self, event: Event) -> None:
        """It goes on: kept in memory alone, for a row a look would wear out an SD card."""
        merged = self._merged(event)
        known = self._latest.get(event.id)
        if known is not None and known.causes == merged.causes:
            self._latest[event.id] = merged
            if event.id in self._unwritten:
                self._unwritten[event.id].event = merged
        else:
            self._set(merged)

    def replaced(self, event: Event) -> None:
        """All of it is known anew, after a recovery."""
        self._set(event)

    def records(self, event_id: EventId) -> None:
        """A recording of it is under way: until `recorded` says that it is whole, or `not_recorded`."""
        self._recording.add(event_id)

    def recorded(
        self, event_id: EventId, recording: Recording, pre_roll_seconds: float, *, whole: bool = False
    ) -> None:
        """The recording grew or is whole; its bytes are synced."""
        if whole:
            self._recording.discard(event_id)
        event = self._latest.get(event_id)
        if event is not None:
            self._set(replace(event, recording=recording, pre_roll_seconds=pre_roll_seconds))

    def not_recorded(self, event_id: EventId) -> None:
        """Nothing came of its recording."""
        self._recording.discard(event_id)
        event = self._latest.get(event_id)
        if event is not None:
            self._set(event)

    def still_waits(self, event_id: EventId) -> None:
        """A still of it is to be written: until `has_still` says that it was, or `no_still`."""
        if event_id in self._latest:
            self._without_still.add(event_id)

    def has_still(self, event_id: EventId, box: Box | None, *, waits: bool = False) -> None:
        """Its pictures are in the store, with somebody in `box`; a better one `waits` already or not."""
        if not waits:
            self._without_still.discard(event_id)
        event = self._latest.get(event_id)
        if event is not None:
            self._set(replace(event, has_still=True, box=box))

    def no_still(self, event_id: EventId) -> None:
        """What waited will not be written."""
        self._without_still.discard(event_id)
        event = self._latest.get(event_id)
        if event is not None:
            self._set(event)

    def ledger(self, event_id: EventId, *entries: LedgerEntry) -> None:
        """Stages were reached."""
        event = self._latest.get(event_id)
        if event is not None:
            self._set(replace(event, ledger=(*event.ledger, *entries)))

    def delivery(self, delivery: Delivery) -> None:
        """A delivery was made or changed; written in one transaction with its event, alone where that is forgotten."""
        event = self._latest.get(delivery.alert.event) if delivery.alert.event else None
        if event is not None:
            self._set(event)
        if event is not None and event.id in self._unwritten:
            self._unwritten[event.id].deliveries[delivery.id] = delivery
        else:  # forgotten, or given up this moment, because too much waits
            self._loose.delivery(delivery)
            self._stir()

    def gap(self, gap: Gap) -> None:
        """A span without recording."""
        self._loose.gap(gap)
        self._stir()

    def span(self, span: RecordedSpan) -> None:
        """A minute file began, with bytes that are synced, or is whole."""
        self._loose.span(span)
        self._stir()

    def redate(self, dating: Dating) -> None:
        """What was told by the guess of this boot becomes known, or better known; the watch says when."""
        for event_id in [event.id for event in self._latest.values() if self._dating.holds(event)]:
            event = self._latest[event_id] = dated_event(self._latest[event_id], dating, self._dating.guess)
            unwritten = self._unwritten.get(event_id)
            if unwritten is not None:
                unwritten.redate(event, dating)
        self._loose.redate(dating)
        self._dating.told(dating)
        self._stir()

    def _merged(self, event: Event) -> Event:
        known = self._latest.get(event.id)
        if known is not None:
            event = replace(
                event,
                recording=known.recording,
                pre_roll_seconds=known.pre_roll_seconds,
                has_still=known.has_still,
                box=known.box,
                ledger=known.ledger,
                guess=known.guess,
            )
        return event

    def _set(self, event: Event) -> None:
        self._latest[event.id] = event
        self._unwritten.setdefault(event.id, Unwritten(event)).event = event
        self._stir()
        if len(self._unwritten) > LONGEST_MEMORY:
            self._give_up_one()

    def _stir(self) -> None:
        self._idle.clear()
        self._wake.set()

    def _give_up_one(self) -> None:
        for event_id, unwritten in self._unwritten.items():
            if unwritten.event.ended_at is not None and not self._is_unfinished(event_id):
                del self._unwritten[event_id]
                log.warning("an event could not be listed; the next start reads it back", event_id=event_id)
                return

    async def settled(self) -> None:
        """Wait until everything known is in the catalog."""
        await self._idle.wait()

    async def run(self) -> None:
        """Write whatever is unwritten, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not await self.write_all():
                await self._clock.sleep(RETRY_SECONDS)
                self._wake.set()

    async def write_all(self) -> bool:
        """Write what is unwritten now; False when the catalog did not take all of it."""
        async with self._writing:  # two writers could leave the older of two states behind
            try:
                while await self._write_one():
                    pass
            except CatalogUnavailable as error:
                what = f"Alerts go out and are not stored, for the list of events cannot be written: {error}"
                if self._health.report("catalog", what, "Free some disk space."):
                    log.warning("catalog unavailable", reason=str(error))
                return False
            self._health.clear("catalog")
            self._idle.set()
            return True

    async def _write_one(self) -> bool:
        """What goes first; False where nothing is left.  What is told by an old guess is put right before all else."""
        if self._dating.is_due:
            await self._redate_rows()
        elif not await self._loose.write_one():
            if not self._unwritten:
                return False
            await self._write(next(iter(self._unwritten)))
        return True

    async def _redate_rows(self) -> None:
        self._dating.is_due = False  # may become so again meanwhile
        try:
            await on_disk(self._health, self._dating.redate, self._catalog)
        except CatalogUnavailable:
            self._dating.is_due = True
            raise

    async def _write(self, event_id: EventId) -> None:
        unwritten = self._unwritten.pop(event_id)
        corrected = self._dating.corrected
        event = replace(unwritten.event, unfinished=self._is_unfinished(event_id))
        try:
            kept = await on_disk(self._health, self._save, event, tuple(unwritten.deliveries.values()))
        except CatalogUnavailable:
            unwritten.redate(self._latest.get(event_id, event), self._dating.since(corrected))
            newer = self._unwritten.get(event_id)
            if newer is not None:
                unwritten.event = newer.event
                unwritten.deliveries.update(newer.deliveries)
            self._unwritten[event_id] = unwritten
            raise
        if kept:
            self._in_catalog.add(event_id)
            self._forget_the_oldest()
            self.on_written(event)
        else:
            self._forget(event_id)

    def _save(self, event: Event, deliveries: tuple[Delivery, ...]) -> bool:
        """In a thread.  False where its row was swept: a late word about it must not bring it back."""
        if event.id in self._in_catalog and self._catalog.event(event.id) is None:
            return False
        self._catalog.save_event(event, deliveries)
        return True

    def _forget_the_oldest(self) -> None:
        """Old, closed events that are written leave the memory; the newest stay for late ledger entries."""
        for event_id in list(self._latest)[: max(0, len(self._latest) - MOST_REMEMBERED)]:
            over = self._latest[event_id].ended_at is not None and not self._is_unfinished(event_id)
            if over and event_id not in self._unwritten:
                self._forget(event_id)

    def _forget(self, event_id: EventId) -> None:
        self._latest.pop(event_id, None)
        self._unwritten.pop(event_id, None)
        self._in_catalog.discard(event_id)
        self._without_still.discard(event_id)

    def _is_unfinished(self, event_id: EventId) -> bool:
        return event_id in self._recording or event_id in self._without_still
