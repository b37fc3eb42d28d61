"""Keeps the catalog's rows of running events up to date, and tries again when the catalog does not answer."""

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace

import structlog

from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.gap import Gap
from doorstep.core.ledger import LedgerEntry
from doorstep.core.outbox import Delivery
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Catalog, Clock

log = structlog.get_logger()

RETRY_SECONDS = 5.0
LONGEST_MEMORY = 1000


@dataclass(slots=True)
class Unwritten:
    """What the catalog does not know yet of one event."""

    event: Event
    deliveries: dict[str, Delivery] = field(default_factory=dict)


class EventRows:
    """The newest state of events and deliveries, written behind; used on the event loop only.

    Rules, recorder and outbox each change their own part of an event; here the parts meet, so that no writer
    overwrites another's.  An event stays unfinished in the catalog until its recording is whole: that is how the next
    start knows what to mend.  A full memory drops the oldest, which can be read back from its recording.
    """

    def __init__(self, catalog: Catalog, health: HealthBoard, clock: Clock) -> None:
        self._catalog = catalog
        self._health = health
        self._clock = clock
        self._latest: dict[EventId, Event] = {}
        self._in_catalog: set[EventId] = set()
        self._recording: set[EventId] = set()
        self._unwritten: dict[EventId, Unwritten] = {}
        self._lone_deliveries: dict[str, Delivery] = {}
        self._gaps: deque[Gap] = deque(maxlen=LONGEST_MEMORY)
        self._writing = asyncio.Lock()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    # --------------------------------------------------------------------------------------------- what is known

    def latest(self, event_id: EventId) -> Event | None:
        """An event of this run as it is now, running or not long over."""
        return self._latest.get(event_id)

    def adopt(self, event: Event) -> None:
        """Know an event of a former run, as the catalog has it."""
        self._in_catalog.add(event.id)
        self._latest.setdefault(event.id, event)

    def decided(self, event: Event) -> None:
        """The rules opened or closed it, or found another cause; what the shell knows of it stays."""
        self._set(self._merged(event))

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

    def has_still(self, event_id: EventId) -> None:
        """Its pictures are in the store."""
        event = self._latest.get(event_id)
        if event is not None and not event.has_still:
            self._set(replace(event, has_still=True))

    def ledger(self, event_id: EventId, *entries: LedgerEntry) -> None:
        """Stages were reached."""
        event = self._latest.get(event_id)
        if event is not None:
            self._set(replace(event, ledger=(*event.ledger, *entries)))

    def delivery(self, delivery: Delivery) -> None:
        """A delivery was made or changed; written in one transaction with its event, alone where that is forgotten."""
        bare = replace(delivery, alert=replace(delivery.alert, snapshot=b""))
        event = self._latest.get(delivery.alert.event)
        if event is None:
            self._lone_deliveries[bare.id] = bare
            self._stir()
        else:
            self._set(event)
            self._unwritten[event.id].deliveries[bare.id] = bare

    def gap(self, gap: Gap) -> None:
        """A span without recording."""
        self._gaps.append(gap)
        self._stir()

    def _merged(self, event: Event) -> Event:
        known = self._latest.get(event.id)
        if known is not None:
            event = replace(
                event,
                recording=known.recording,
                pre_roll_seconds=known.pre_roll_seconds,
                has_still=known.has_still,
                ledger=known.ledger,
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
            if unwritten.event.ended_at is not None and event_id not in self._recording:
                del self._unwritten[event_id]
                log.warning(
                    "an event could not be listed for too long; the next start reads it back", event_id=event_id
                )
                return

    # ------------------------------------------------------------------------------------------- how it is written

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
                while self._gaps:
                    await self._write_gap(self._gaps.popleft())
                while self._lone_deliveries:
                    await self._write_delivery(next(iter(self._lone_deliveries)))
                while self._unwritten:
                    await self._write(next(iter(self._unwritten)))
            except CatalogUnavailable as error:
                what = f"The list of events cannot be written: {error}"
                if self._health.report("catalog", what, "Free some disk space."):
                    log.warning("catalog unavailable", reason=str(error))
                return False
            self._health.clear("catalog")
            self._idle.set()
            return True

    async def _write_gap(self, gap: Gap) -> None:
        try:
            await asyncio.to_thread(self._catalog.add_gap, gap)
        except CatalogUnavailable:
            self._gaps.appendleft(gap)
            raise

    async def _write_delivery(self, delivery_id: str) -> None:
        delivery = self._lone_deliveries.pop(delivery_id)
        try:
            if await asyncio.to_thread(self._catalog.event, delivery.alert.event) is not None:
                await asyncio.to_thread(self._catalog.save_delivery, delivery)
        except CatalogUnavailable:
            self._lone_deliveries.setdefault(delivery_id, delivery)
            raise

    async def _write(self, event_id: EventId) -> None:
        unwritten = self._unwritten.pop(event_id)
        event = unwritten.event
        if event_id in self._recording:
            event = replace(event, ended_at=None)
        try:
            kept = await asyncio.to_thread(self._save, event, tuple(unwritten.deliveries.values()))
        except CatalogUnavailable:
            newer = self._unwritten.get(event_id)
            if newer is not None:
                unwritten.event = newer.event
                unwritten.deliveries.update(newer.deliveries)
            self._unwritten[event_id] = unwritten
            raise
        if kept:
            self._in_catalog.add(event_id)
            self._forget_the_oldest()
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
        for event_id in list(self._latest)[: max(0, len(self._latest) - LONGEST_MEMORY)]:
            over = self._latest[event_id].ended_at is not None and event_id not in self._recording
            if over and event_id not in self._unwritten:
                self._forget(event_id)

    def _forget(self, event_id: EventId) -> None:
        self._latest.pop(event_id, None)
        self._unwritten.pop(event_id, None)
        self._in_catalog.discard(event_id)
