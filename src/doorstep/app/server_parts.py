"""Everything that a server is made of: settings -> objects, none of them started."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy import Engine

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.play_keys import PlayKeys
from doorstep.app import transcode_child
from doorstep.app.buffer_folder import boot_id
from doorstep.app.camera_child import READERS
from doorstep.app.cameras import CameraFactory, Shared, time_zone
from doorstep.app.detector import LateDetector
from doorstep.app.disk_at_start import told_when_full
from doorstep.app.folders import catalog_url
from doorstep.app.models import demo_visitor
from doorstep.app.rtmp_intake import RtmpIntake
from doorstep.app.sources import Sources
from doorstep.app.storage import Storage, open_storage
from doorstep.app.times_away import TimesAway
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.engine import open_engine
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.upgrade import upgrade
from doorstep.clock import SystemClock
from doorstep.core.errors import ModelInvalid
from doorstep.core.lateness import Lateness
from doorstep.core.settings import Settings
from doorstep.live.mjpeg import MjpegFeed
from doorstep.live.packet_feed import PacketFeed
from doorstep.notifiers.smtp import SmtpNotifier
from doorstep.pipeline.cameras import Cameras
from doorstep.pipeline.clip_builder import RecordedClips
from doorstep.pipeline.clip_conversion import Conversions
from doorstep.pipeline.clock_watch import ClockWatch, newest_row_of
from doorstep.pipeline.disk_alerts import DiskAlerts
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.steady_clock import SteadyClock
from doorstep.pipeline.sweeper import Sweeper
from doorstep.ports import Clock, Notifier
from doorstep.sources.nursery import Nursery
from doorstep.sources.rtmp_play import Watching

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ServerParts:
    """Everything that runs, made but not started."""

    shared: Shared
    engine: Engine
    catalog: SqlCatalog
    accounts: AccountBook
    detector: LateDetector
    nursery: Nursery
    rtmp: RtmpIntake
    play_keys: PlayKeys
    cameras: Cameras
    factory: CameraFactory
    clips: RecordedClips
    conversions: Conversions
    sweeper: Sweeper
    clock_watch: ClockWatch
    base_address: str
    lateness: Lateness = field(default_factory=Lateness)


async def make_server(
    settings: Settings, model_folders: Sequence[Path], address: str, looks: ThreadPoolExecutor
) -> ServerParts:
    """Opens catalog, store and buffer; `address` is for links, `looks` is the detector's.  Raises as `serve` does."""
    clock = _steady_clock()
    health = HealthBoard(clock)
    engine = await asyncio.to_thread(_open_catalog, settings.server.data)
    catalog, accounts = SqlCatalog(engine), AccountBook(SqlAccountRecords(engine), clock)
    storage = open_storage(settings, health, clock)
    clock_watch = await asyncio.to_thread(_clock_watch, settings, catalog, health, clock)
    rows = EventRows(catalog, health, clock, clock_watch)
    detector = LateDetector(settings.detection.model, model_folders, health, clock)
    packets, nursery = PacketFeed(), Nursery(clock, readers=READERS)
    play_keys = PlayKeys(accounts, clock, lambda camera: cameras.camera(camera) is not None)
    rtmp = RtmpIntake(clock, settings.server.tls, Watching(packets, play_keys.may_play), health)
    rtmp.expect(settings.cameras)
    sources = Sources(clock, time_zone(settings.server.timezone), _visitor(model_folders), nursery, rtmp)
    shared = Shared(
        settings=settings,
        storage=storage,
        live=MjpegFeed(clock),
        packets=packets,
        rows=rows,
        outbox=Outbox(_notifiers(settings), rows, health, clock),
        health=health,
        clock=clock,
        detector=detector.current,
        looks=looks,
        open_source=sources.open,
        link_to=lambda event: f"{address}/alerts/{event.id}",
    )
    factory, cameras = _cameras(shared, catalog, clock_watch, address)
    conversions = Conversions(settings.server.data / "converted", transcode_child.COMMAND)
    return ServerParts(
        shared=shared,
        engine=engine,
        catalog=catalog,
        accounts=accounts,
        detector=detector,
        nursery=nursery,
        rtmp=rtmp,
        play_keys=play_keys,
        cameras=cameras,
        factory=factory,
        clips=RecordedClips(storage.store, factory.buffers, clock, catalog, conversions),
        conversions=conversions,
        sweeper=_sweeper(settings, storage, catalog, clock_watch, clock),
        clock_watch=clock_watch,
        base_address=address,
    )


def _steady_clock() -> SteadyClock:
    system = SystemClock()
    return SteadyClock(system, system.reading)


def _clock_watch(settings: Settings, catalog: SqlCatalog, health: HealthBoard, clock: SteadyClock) -> ClockWatch:
    newest = newest_row_of(catalog, [camera.id for camera in settings.cameras])
    return ClockWatch(clock.reading, health, clock, boot_id(), clock.keep_to, newest)


def _cameras(
    shared: Shared, catalog: SqlCatalog, clock_watch: ClockWatch, address: str
) -> tuple[CameraFactory, Cameras]:
    """With what a former run left in their buffers; told when the clock is set."""
    storage = shared.storage
    storage.disk.on_level = DiskAlerts(shared.outbox, shared.clock, f"{address}/").tell
    away = TimesAway(catalog, shared.rows, shared.clock)
    factory = CameraFactory(shared, storage.shelved(), away)
    cameras = Cameras([factory.make(camera) for camera in shared.settings.cameras], shared.clock, shared.health)
    factory.clear_away()
    clock_watch.on_dated += [cameras.redate, shared.outbox.redate, away.redate]
    return factory, cameras


def _sweeper(
    settings: Settings, storage: Storage, catalog: SqlCatalog, clock_watch: ClockWatch, clock: Clock
) -> Sweeper:
    return Sweeper(
        storage.store,
        catalog,
        settings.retention,
        clock,
        bytes_now=storage.disk.retention_bytes,
        may_expire_by_age=clock_watch.may_expire_by_age,
    )


def _open_catalog(data: Path) -> Engine:
    with told_when_full(data):
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
