"""The composition root of the server: settings -> objects -> one TaskGroup.  Start and stop in their order."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from sqlalchemy import Engine

from doorstep import __version__
from doorstep.accounts.account_book import AccountBook
from doorstep.app.address import base_address
from doorstep.app.cameras import CameraFactory, Shared
from doorstep.app.detector import LateDetector
from doorstep.app.folders import boot_id, buffer_bytes, buffer_folder, catalog_url, data_folder, locked
from doorstep.app.http import HttpServer, listen, owners_socket
from doorstep.app.models import demo_visitor
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.engine import open_engine
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.upgrade import upgrade
from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, ModelInvalid, StoreUnavailable
from doorstep.core.event import Event
from doorstep.core.outbox import Delivery
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.core.settings import Settings
from doorstep.live.mjpeg import MjpegFeed
from doorstep.notifiers.smtp import SmtpNotifier
from doorstep.pipeline.cameras import Cameras
from doorstep.pipeline.clip_builder import RecordedClips
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recovery import Recovery
from doorstep.pipeline.supervisor import keep_running
from doorstep.pipeline.sweeper import Sweeper
from doorstep.ports import Notifier, ShelvedConnection
from doorstep.shelves.folder import FolderShelf
from doorstep.stores.local import LocalStore
from doorstep.web.parts import WebParts

log = structlog.get_logger()

FINISH_SECONDS = 8.0
LOOK_THREADS = 2
LONGEST_CLIP_SECONDS = 3600.0  # what is asked for beyond the buffer is answered with what there is


@dataclass(frozen=True, slots=True)
class Server:
    """Everything that runs, made but not started."""

    settings: Settings
    clock: SystemClock
    health: HealthBoard
    engine: Engine
    catalog: SqlCatalog
    records: SqlAccountRecords
    accounts: AccountBook
    store: LocalStore
    rows: EventRows
    outbox: Outbox
    detector: LateDetector
    live: MjpegFeed
    cameras: Cameras
    factory: CameraFactory
    clips: RecordedClips
    sweeper: Sweeper
    base_address: str


async def serve(settings: Settings, model_folders: Sequence[Path], say: Callable[[str], None]) -> None:
    """Run until SIGTERM or SIGINT.  `say` prints a line for the owner; the first tells where it listens.

    Raises ConfigInvalid (port in use, data folder), CatalogUnavailable, StoreUnavailable: then nothing was started.
    """
    data = data_folder(settings.server.data)
    with (
        locked(data),
        listen(settings.server) as public,
        owners_socket(data) as inside,
        ThreadPoolExecutor(LOOK_THREADS, "look") as looks,
    ):
        port = public.getsockname()[1]
        server = await _make(settings, model_folders, base_address(settings.server, port), looks)
        http = HttpServer(_web_parts(server), settings.server.tls, public, inside)
        say(f"listening on {_spoken_address(settings, public)}")
        await Recovery(server.store, server.catalog, server.rows, settings.events.post_roll).run(
            server.factory.recorders
        )
        server.outbox.restore(await asyncio.to_thread(_deliveries, server))
        if not await asyncio.to_thread(server.accounts.is_set_up):
            say(f"Make your account (within 10 minutes): {server.base_address}/setup#{server.accounts.setup_code()}")
        await _run(server, http, looks)


async def _make(settings: Settings, model_folders: Sequence[Path], address: str, looks: ThreadPoolExecutor) -> Server:
    clock = SystemClock()
    health = HealthBoard(clock)
    data = settings.server.data
    engine = await asyncio.to_thread(_open_catalog, data)
    catalog, records = SqlCatalog(engine), SqlAccountRecords(engine)
    store = LocalStore(data / "recordings")
    rows = EventRows(catalog, health, clock)
    outbox = Outbox(_notifiers(settings), rows, health, clock)
    folder = buffer_folder(settings.buffer, data)
    detector = LateDetector(settings.detection.model, model_folders, health, clock)
    live = MjpegFeed(clock)
    shared = Shared(
        settings=settings,
        store=store,
        shelf=FolderShelf(folder, boot_id()),
        live=live,
        rows=rows,
        outbox=outbox,
        health=health,
        clock=clock,
        detector=detector.current,
        looks=looks,
        visitor=_visitor(model_folders),
        link_to=lambda event: f"{address}/alerts/{event.id}",
    )
    factory = CameraFactory(shared, buffer_bytes(settings.buffer, folder) // max(1, len(settings.cameras)))
    cameras = _cameras(shared, factory)
    return Server(
        settings=settings,
        clock=clock,
        health=health,
        engine=engine,
        catalog=catalog,
        records=records,
        accounts=AccountBook(records, clock),
        store=store,
        rows=rows,
        outbox=outbox,
        detector=detector,
        live=live,
        cameras=cameras,
        factory=factory,
        clips=RecordedClips(store, factory.buffers, clock),
        sweeper=Sweeper(store, catalog, settings.retention, health, clock),
        base_address=address,
    )


def _cameras(shared: Shared, factory: CameraFactory) -> Cameras:
    """With what survived a crash in their buffers again; of a camera that is gone nobody asks."""
    shelved: dict[CameraId, list[ShelvedConnection]] = {}
    for connection in shared.shelf.reindex():
        shelved.setdefault(connection.camera, []).append(connection)
    cameras = Cameras([factory.make(camera) for camera in shared.settings.cameras])
    for camera, buffered in factory.buffers.items():
        buffered.restore(shelved.get(camera, []))
        if len(buffered.buffer):
            log.info("buffer restored", camera=camera, seconds=round(buffered.buffer.seconds))
    return cameras


async def _run(server: Server, http: HttpServer, looks: ThreadPoolExecutor) -> None:
    """One TaskGroup; a signal closes events and recordings first, a second one ends at once."""
    clock = server.clock
    async with _signals() as stopped, asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(keep_running("cameras", server.cameras.run, clock, server.health)),
            tasks.create_task(keep_running("detector", server.detector.run, clock, server.health)),
            tasks.create_task(keep_running("event rows", server.rows.run, clock, server.health)),
            tasks.create_task(keep_running("outbox", server.outbox.run, clock, server.health)),
            tasks.create_task(keep_running("sweeper", server.sweeper.run, clock, server.health)),
            tasks.create_task(http.run()),
        ]
        await stopped.wait()
        log.info("stopping: finishing recordings")
        http.stop()
        if not await server.cameras.finish(FINISH_SECONDS):
            log.warning("a recording was not finished in time; it is recovered at the next start")
        await server.rows.write_all()
        looks.shutdown(wait=False, cancel_futures=True)
        for task in running:
            task.cancel()
    server.engine.dispose()


@asynccontextmanager
async def _signals() -> AsyncIterator[asyncio.Event]:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        stopped.set()
        loop.remove_signal_handler(number)  # a second one ends the process in the ordinary way

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    try:
        yield stopped
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def _web_parts(server: Server) -> WebParts:
    return WebParts(
        clock=server.clock,
        catalog=server.catalog,
        store=server.store,
        accounts=server.accounts,
        people=server.records.accounts,
        cameras=server.cameras,
        live=server.live,
        clips=server.clips,
        health=server.health,
        trigger=server.cameras.trigger,
        still_key=lambda event: still_key(_key(event)),
        thumbnail_key=lambda event: thumbnail_key(_key(event)),
        version=__version__,
        storage_limit_bytes=server.settings.retention.max_bytes,
        names=server.settings.server.names,
        hostname=socket.gethostname(),
        longest_clip_seconds=max(LONGEST_CLIP_SECONDS, server.settings.buffer.seconds),
    )


def _key(event: Event) -> str:
    return event.recording.key if event.recording else ""


def _deliveries(server: Server) -> Sequence[Delivery]:
    """What a former run could not deliver, each with its event's still: rows hold no pictures."""
    return [_with_still(delivery, server) for delivery in server.catalog.due_deliveries()]


def _with_still(delivery: Delivery, server: Server) -> Delivery:
    event = server.catalog.event(delivery.alert.event)
    if event is None or not event.has_still:
        return delivery
    key = still_key(_key(event))
    try:
        snapshot = server.store.read(key, 0, server.store.size(key))
    except (BlobMissing, StoreUnavailable):
        return delivery
    return replace(delivery, alert=replace(delivery.alert, snapshot=snapshot))


def _open_catalog(data: Path) -> Engine:
    engine = open_engine(catalog_url(data))
    upgrade(engine)
    return engine


def _notifiers(settings: Settings) -> Sequence[Notifier]:
    return [SmtpNotifier(settings.email)] if settings.email else []


def _visitor(folders: Sequence[Path]) -> Path | None:
    try:
        return demo_visitor(folders)
    except ModelInvalid as error:
        log.warning("the demo's visitor stays away", reason=str(error))
        return None


def _spoken_address(settings: Settings, listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    scheme = "https" if settings.server.tls else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
