"""Carries out retention: bytes first, then the row.  The rule of what to expire lives in `core/retention.py`."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import structlog

from doorstep.core.errors import CatalogUnavailable, StoreUnavailable
from doorstep.core.event import Event
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.core.retention import expired
from doorstep.core.settings import RetentionSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Catalog, Clock, Store

log = structlog.get_logger()

EVERY_SECONDS = 60.0
BATCH = 200
UNDO_FOR = timedelta(minutes=10)
LEAST_FREE_BYTES = 500_000_000


class Sweeper:
    """One task.  Deletes what is too old, too much, or deleted and no longer to be restored."""

    def __init__(
        self, store: Store, catalog: Catalog, settings: RetentionSettings, health: HealthBoard, clock: Clock
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._settings = settings
        self._health = health
        self._clock = clock

    async def run(self) -> None:
        """Now and then once a minute, for ever."""
        while True:
            await self.sweep()
            await self._clock.sleep(EVERY_SECONDS)

    async def sweep(self) -> None:
        """One round; what cannot be deleted now is tried in the next."""
        try:
            for event in await asyncio.to_thread(self._due):
                await self._try_to_remove(event)
            self._show_space(await asyncio.to_thread(self._store.free_bytes))
        except (StoreUnavailable, CatalogUnavailable) as error:
            log.warning("retention could not be carried out", reason=str(error))

    async def _try_to_remove(self, event: Event) -> None:
        """One that cannot be deleted must not keep all others.  Raises CatalogUnavailable."""
        try:
            await asyncio.to_thread(self._remove, event)
        except StoreUnavailable as error:
            log.warning("a recording could not be deleted", event_id=event.id, reason=str(error))

    def _due(self) -> Iterable[Event]:
        now = self._clock.now()
        deleted = self._catalog.deleted_events(now - UNDO_FOR, BATCH)
        oldest = self._catalog.expired_events(now, BATCH)
        gone = {event.id for event in deleted}
        rest = [event for event in oldest if event.id not in gone]
        freed = sum(event.recording.size for event in deleted if event.recording is not None)
        return [*deleted, *expired(rest, now, self._catalog.recorded_bytes() - freed, self._settings)]

    def _remove(self, event: Event) -> None:
        if event.recording is not None:
            key = event.recording.key
            for name in (key, still_key(key), thumbnail_key(key)):
                self._store.delete(name)
        self._catalog.forget_event(event.id)
        log.info("event expired", event_id=event.id)

    def _show_space(self, free: int | None) -> None:
        if free is not None and free < LEAST_FREE_BYTES:
            what = f"Storage is nearly full: {free // 1_000_000} MB are free."
            self._health.report("space", what, "Lower retention.max_bytes or free some space.")
        else:
            self._health.clear("space")
