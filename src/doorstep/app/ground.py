"""What of a server is opened before anything else can be made: clock, catalog and storage."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import Engine

from doorstep.app.awaiting import Awaiting
from doorstep.app.buffer_folder import boot_id
from doorstep.app.catalog import AwaitedCatalog, served_catalog
from doorstep.app.disk_at_start import told_when_full
from doorstep.app.storage import Storage, open_storage
from doorstep.catalog.sql import SqlCatalog
from doorstep.clock import SystemClock
from doorstep.core.errors import CatalogAway
from doorstep.core.settings import Settings
from doorstep.pipeline.clock_watch import ClockWatch, newest_row_of
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.feedback_folder import FeedbackFolder
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.steady_clock import SteadyClock
from doorstep.stores.local import LocalStore


@dataclass(frozen=True, slots=True)
class Ground:
    """Settings, clock, and what keeps rows and blobs; `address` is for links.

    `awaiting` waits for a catalog that is away: every use of it is refused, as it is where it goes away later.
    """

    settings: Settings
    address: str
    clock: SteadyClock
    health: HealthBoard
    engine: Engine
    catalog: SqlCatalog
    storage: Storage
    feedback: FeedbackFolder
    clock_watch: ClockWatch
    rows: EventRows
    awaiting: Awaiting | None = None


async def open_ground(settings: Settings, address: str) -> Ground:
    """`address` is where the page is.  Raises CatalogUnavailable, ConfigInvalid, StoreUnavailable."""
    clock = _steady_clock()
    health = HealthBoard(clock)
    engine, awaited = await asyncio.to_thread(_open_catalog, settings)
    catalog = SqlCatalog(engine)
    storage = open_storage(settings, health, clock)
    known = catalog if awaited is None else None
    clock_watch = await asyncio.to_thread(_clock_watch, settings, known, health, clock)
    rows = EventRows(catalog, health, clock, clock_watch)
    awaiting = Awaiting(awaited, health, clock, rows.are_closed) if awaited is not None else None
    feedback = FeedbackFolder(LocalStore(settings.server.data / "feedback"), storage.store, catalog, clock)
    return Ground(settings, address, clock, health, engine, catalog, storage, feedback, clock_watch, rows, awaiting)


def _steady_clock() -> SteadyClock:
    system = SystemClock()
    return SteadyClock(system, system.reading)


def _clock_watch(settings: Settings, catalog: SqlCatalog | None, health: HealthBoard, clock: SteadyClock) -> ClockWatch:
    newest = newest_row_of(catalog, [camera.id for camera in settings.cameras]) if catalog is not None else None
    return ClockWatch(clock.reading, health, clock, boot_id(), clock.keep_to, newest)


def _open_catalog(settings: Settings) -> tuple[Engine, AwaitedCatalog | None]:
    """A doorbell that waited for another machine would not ring: where that is away, it goes on without."""
    data = settings.server.data
    try:
        with told_when_full(data):
            return served_catalog(data, settings.catalog), None
    except CatalogAway as error:
        awaited = AwaitedCatalog(data, settings.catalog, str(error))
        return awaited.engine, awaited
