"""The composition root of the server: settings -> objects -> one TaskGroup.  Start and stop in their order."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import Engine

from doorstep import __version__
from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.play_keys import PlayKeys
from doorstep.app.address import base_address
from doorstep.app.camera_child import READERS
from doorstep.app.cameras import CameraFactory, Shared, time_zone
from doorstep.app.detector import LateDetector
from doorstep.app.folders import boot_id, buffer_bytes, buffer_folder, catalog_url, data_folder, locked
from doorstep.app.http import HttpServer, listen, owners_socket
from doorstep.app.models import demo_visitor
from doorstep.app.reloading import FINISH_SECONDS, Reloader
from doorstep.app.rtmp_intake import RtmpIntake
from doorstep.app.signals import reload_signal, stop_signals
from doorstep.app.sources import Sources
from doorstep.app.unsent import unsent_deliveries
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.engine import open_engine
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.upgrade import upgrade
from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.errors import ModelInvalid
from doorstep.core.event import Event
from doorstep.core.lateness import Lateness
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.core.settings import Settings
from doorstep.live.mjpeg import MjpegFeed
from doorstep.live.packet_feed import PacketFeed
from doorstep.notifiers.smtp import SmtpNotifier
from doorstep.pipeline.cameras import Cameras
from doorstep.pipeline.clip_builder import RecordedClips
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.lateness import measure_lateness
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recovery import Recovery
from doorstep.pipeline.supervisor import keep_running
from doorstep.pipeline.sweeper import Sweeper
from doorstep.ports import Notifier, ShelvedConnection
from doorstep.shelves.folder import FolderShelf
from doorstep.sources.nursery import Nursery
from doorstep.sources.rtmp_play import Watching
from doorstep.stores.local import LocalStore
from doorstep.web.parts import RtmpParts, WebParts

log = structlog.get_logger()

Endless = Callable[[], Awaitable[None]]

LOOK_THREADS = 2
LONGEST_CLIP_SECONDS = 3600.0  # what is asked for beyond the buffer is answered with what there is


@dataclass(frozen=True, slots=True)
class Server:
    """Everything that runs, made but not started."""

    shared: Shared
    engine: Engine
    catalog: SqlCatalog
    records: SqlAccountRecords
    accounts: AccountBook
    detector: LateDetector
    nursery: Nursery
    rtmp: RtmpIntake
    play_keys: PlayKeys
    cameras: Cameras
    factory: CameraFactory
    clips: RecordedClips
    sweeper: Sweeper
    base_address: str
    lateness: Lateness = field(default_factory=Lateness)


async def serve(
    settings: Settings,
    model_folders: Sequence[Path],
    say: Callable[[str], None],
    reload: Callable[[], Settings] | None = None,
) -> None:
    """Run until SIGTERM or SIGINT.  `say` prints a line for the owner; the first tells where it listens.

    `reload` reads the settings anew on SIGHUP; it blocks and raises ConfigInvalid.  Without it there is nothing to
    read, and the signal ends the process as it ends others.
    Raises ConfigInvalid (port in use, data folder), CatalogUnavailable, StoreUnavailable: then nothing was started.
    """
    data = data_folder(settings.server.data)
    with (
        ExitStack() as signals,
        locked(data),
        listen(settings.server) as public,
        owners_socket(data) as inside,
        ThreadPoolExecutor(LOOK_THREADS, "look") as looks,
    ):
        asked = signals.enter_context(reload_signal()) if reload is not None else asyncio.Event()
        port = public.getsockname()[1]
        server = await _make(settings, model_folders, base_address(settings.server, port), looks)
        http = HttpServer(_web_parts(server), settings.server.tls, public, inside)
        say(f"listening on {_spoken_address(settings, public)}")
        await Recovery(server.shared.store, server.catalog, server.shared.rows, settings.events.post_roll).run(
            server.factory.recorders
        )
        server.shared.outbox.restore(await asyncio.to_thread(unsent_deliveries, server.catalog, server.shared.store))
        if not await asyncio.to_thread(server.accounts.is_set_up):
            say(f"Make your account (within 10 minutes): {server.base_address}/setup#{server.accounts.setup_code()}")
        reloader = Reloader(
            settings, reload or (lambda: settings), server.cameras, server.factory, server.rtmp, server.shared.health
        )
        await _run(server, http, looks, partial(reloader.run, asked))


async def _make(settings: Settings, model_folders: Sequence[Path], address: str, looks: ThreadPoolExecutor) -> Server:
    clock = SystemClock()
    health = HealthBoard(clock)
    data = settings.server.data
    engine = await asyncio.to_thread(_open_catalog, data)
    catalog, records, store = SqlCatalog(engine), SqlAccountRecords(engine), LocalStore(data / "recordings")
    rows = EventRows(catalog, health, clock)
    outbox = Outbox(_notifiers(settings), rows, health, clock)
    folder = buffer_folder(settings.buffer, data)
    detector = LateDetector(settings.detection.model, model_folders, health, clock)
    live, packets = MjpegFeed(clock), PacketFeed()
    accounts, nursery = AccountBook(records, clock), Nursery(clock, readers=READERS)
    play_keys = PlayKeys(accounts, clock, lambda camera: cameras.camera(camera) is not None)
    rtmp = RtmpIntake(clock, settings.server.tls, Watching(packets, play_keys.may_play), health)
    rtmp.expect(settings.cameras)
    sources = Sources(clock, time_zone(settings.server.timezone), _visitor(model_folders), nursery, rtmp)
    shared = Shared(
        settings=settings,
        store=store,
        shelf=FolderShelf(folder, boot_id()),
        live=live,
        packets=packets,
        rows=rows,
        outbox=outbox,
        health=health,
        clock=clock,
        detector=detector.current,
        looks=looks,
        open_source=sources.open,
        link_to=lambda event: f"{address}/alerts/{event.id}",
    )
    factory = CameraFactory(shared, buffer_bytes(settings.buffer, folder))
    cameras = _cameras(shared, factory)
    return Server(
        shared=shared,
        engine=engine,
        catalog=catalog,
        records=records,
        accounts=accounts,
        detector=detector,
        nursery=nursery,
        rtmp=rtmp,
        play_keys=play_keys,
        cameras=cameras,
        factory=factory,
        clips=RecordedClips(store, factory.buffers, clock),
        sweeper=Sweeper(store, catalog, settings.retention, health, clock),
        base_address=address,
    )


def _cameras(shared: Shared, factory: CameraFactory) -> Cameras:
    """With what survived a crash in their buffers again; what a camera left that is gone goes too."""
    shelved: dict[CameraId, list[ShelvedConnection]] = {}
    for connection in shared.shelf.reindex():
        shelved.setdefault(connection.camera, []).append(connection)
    pipelines = [factory.make(camera) for camera in shared.settings.cameras]
    for camera, buffered in factory.buffers.items():
        buffered.restore(shelved.pop(camera, []))
        if len(buffered.buffer):
            log.info("buffer restored", camera=camera, seconds=round(buffered.buffer.seconds))
    for connection in (connection for gone in shelved.values() for connection in gone):
        for segment in connection.segments:
            shared.shelf.remove(segment)
        shared.shelf.close(connection.camera, connection.connection)
    return Cameras(pipelines, shared.clock, shared.health)


async def _run(server: Server, http: HttpServer, looks: ThreadPoolExecutor, reloading: Endless) -> None:
    """One TaskGroup; a signal closes events and recordings first, a second one ends at once."""
    endless: dict[str, Endless] = {
        "reload": reloading,  # the first to end: no camera may come while all of them finish
        "cameras": server.cameras.run,
        "rtmp": server.rtmp.run,
        "detector": server.detector.run,
        "event rows": server.shared.rows.run,
        "outbox": server.shared.outbox.run,
        "sweeper": server.sweeper.run,
        "loop lateness": partial(measure_lateness, server.lateness, server.shared.clock),
    }
    with stop_signals() as stopped:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(keep_running(name, run, server.shared.clock, server.shared.health))
                for name, run in endless.items()
            ]
            running.append(tasks.create_task(http.run()))
            await stopped.wait()
            log.info("stopping: finishing recordings")
            http.stop()
            running[0].cancel()
            if not await server.cameras.finish(FINISH_SECONDS):
                log.warning("a recording was not finished in time; it is recovered at the next start")
            await server.shared.rows.write_all()
            looks.shutdown(wait=False, cancel_futures=True)
            for task in running:
                task.cancel()
    await asyncio.to_thread(server.nursery.close)
    server.engine.dispose()


def _web_parts(server: Server) -> WebParts:
    return WebParts(
        clock=server.shared.clock,
        catalog=server.catalog,
        store=server.shared.store,
        accounts=server.accounts,
        people=server.records.accounts,
        cameras=server.cameras,
        live=server.shared.live,
        clips=server.clips,
        health=server.shared.health,
        trigger=server.cameras.trigger,
        still_key=lambda event: still_key(_key(event)),
        thumbnail_key=lambda event: thumbnail_key(_key(event)),
        version=__version__,
        storage_limit_bytes=server.shared.settings.retention.max_bytes,
        names=server.shared.settings.server.names,
        hostname=socket.gethostname(),
        lateness=server.lateness,
        rtmp=RtmpParts(
            make_play_key=server.play_keys.make,
            may_play=server.play_keys.may_play,
            camera_of_key=server.rtmp.camera_of_key,
            play_addresses=server.rtmp.play_addresses,
            ingest_from=server.shared.settings.server.ingest_from,
        ),
        longest_clip_seconds=max(LONGEST_CLIP_SECONDS, server.shared.settings.buffer.seconds),
    )


def _key(event: Event) -> str:
    return event.recording.key if event.recording else ""


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
