"""Everything that a server is made of: settings -> objects, none of them started."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Engine

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.play_keys import PlayKeys
from doorstep.app import transcode_child
from doorstep.app.buffer_folder import boot_id
from doorstep.app.camera_child import READERS
from doorstep.app.cameras import CameraFactory, Shared, time_zone
from doorstep.app.detector import LateDetector, open_sized
from doorstep.app.disk_at_start import told_when_full
from doorstep.app.folders import catalog_url
from doorstep.app.live_parts import LiveParts, make_live
from doorstep.app.models import demo_visitor
from doorstep.app.rtmp_intake import RtmpIntake
from doorstep.app.rtmp_viewers import RtmpViewers
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
from doorstep.core.remote_use import DetectionPlace
from doorstep.core.settings import Settings
from doorstep.notifiers.smtp import SmtpNotifier
from doorstep.pipeline.cameras import Cameras
from doorstep.pipeline.clip_builder import RecordedClips
from doorstep.pipeline.clip_conversion import Conversions
from doorstep.pipeline.clock_watch import ClockWatch, newest_row_of
from doorstep.pipeline.disk_alerts import DiskAlerts
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.explanations import Explanations
from doorstep.pipeline.feedback_folder import FeedbackFolder
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.steady_clock import SteadyClock
from doorstep.pipeline.sweeper import Sweeper
from doorstep.pipeline.watcher import look_here
from doorstep.ports import Clock, Notifier
from doorstep.sources.nursery import Nursery
from doorstep.sources.rtmp_play import Watching
from doorstep.stores.local import LocalStore

if TYPE_CHECKING:
    from doorstep.app.remote_detection import RemoteDetection

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ServerParts:
    """Everything that runs, made but not started."""

    shared: Shared
    engine: Engine
    catalog: SqlCatalog
    accounts: AccountBook
    detector: LateDetector
    remote: "RemoteDetection | None"
    nursery: Nursery
    rtmp: RtmpIntake
    play_keys: PlayKeys
    live: LiveParts
    cameras: Cameras
    factory: CameraFactory
    clips: RecordedClips
    conversions: Conversions
    feedback: FeedbackFolder
    sweeper: Sweeper
    clock_watch: ClockWatch
    base_address: str
    lateness: Lateness = field(default_factory=Lateness)


async def make_server(
    settings: Settings, model_folders: Sequence[Path], address: str, looks: ThreadPoolExecutor
) -> ServerParts:
    """Opens catalog, store and buffer; `address` is for links, `looks` is the detector's.  Raises as `serve` does."""
    ground = await _ground(settings)
    clock, health, catalog, storage, rows = ground.clock, ground.health, ground.catalog, ground.storage, ground.rows
    accounts, nursery = AccountBook(SqlAccountRecords(ground.engine), clock), Nursery(clock, readers=READERS)
    live = make_live(settings.live, ground.engine, clock, health, ground.clock_watch.may_expire_by_age)
    detector, remote = _detectors(settings, model_folders, health, clock)
    look_with = remote.current if remote else detector.current
    play_keys = PlayKeys(accounts, clock, lambda camera: cameras.camera(camera) is not None)
    rtmp = _rtmp(settings, _watching(live, play_keys, accounts), ground)
    shared = Shared(
        settings=settings,
        storage=storage,
        live=live.pictures,
        packets=live.packets,
        rows=rows,
        explanations=Explanations(catalog, rows, health, clock, look_with),
        outbox=Outbox(_notifiers(settings), rows, health, clock),
        health=health,
        clock=clock,
        detector=look_with,
        looks=looks,
        open_source=Sources(clock, time_zone(settings.server.timezone), _visitor(model_folders), nursery, rtmp).open,
        link_to=lambda event: f"{address}/alerts/{event.id}",
        look=remote.look if remote else look_here,
    )
    factory, cameras = _cameras(shared, catalog, ground.clock_watch, address)
    conversions = Conversions(settings.server.data / "converted", transcode_child.COMMAND)
    return ServerParts(
        shared=shared,
        engine=ground.engine,
        catalog=catalog,
        accounts=accounts,
        detector=detector,
        remote=remote,
        nursery=nursery,
        rtmp=rtmp,
        play_keys=play_keys,
        live=live,
        cameras=cameras,
        factory=factory,
        clips=RecordedClips(storage.store, factory.buffers, clock, catalog, conversions),
        conversions=conversions,
        feedback=ground.feedback,
        sweeper=_sweeper(shared, ground),
        clock_watch=ground.clock_watch,
        base_address=address,
    )


@dataclass(frozen=True, slots=True)
class _Ground:
    """What is opened before anything else can be made."""

    clock: SteadyClock
    health: HealthBoard
    engine: Engine
    catalog: SqlCatalog
    storage: Storage
    feedback: FeedbackFolder
    clock_watch: ClockWatch
    rows: EventRows


async def _ground(settings: Settings) -> _Ground:
    """Raises CatalogUnavailable, ConfigInvalid, StoreUnavailable."""
    clock = _steady_clock()
    health = HealthBoard(clock)
    engine = await asyncio.to_thread(_open_catalog, settings.server.data)
    catalog = SqlCatalog(engine)
    storage = open_storage(settings, health, clock)
    clock_watch = await asyncio.to_thread(_clock_watch, settings, catalog, health, clock)
    rows = EventRows(catalog, health, clock, clock_watch)
    feedback = FeedbackFolder(LocalStore(settings.server.data / "feedback"), storage.store, catalog, clock)
    return _Ground(clock, health, engine, catalog, storage, feedback, clock_watch, rows)


def _detectors(
    settings: Settings, model_folders: Sequence[Path], health: HealthBoard, clock: Clock
) -> "tuple[LateDetector, RemoteDetection | None]":
    cameras_on = sum(camera.enabled for camera in settings.cameras)
    load = partial(open_sized, settings.detection, model_folders, cameras_on, clock)
    away = settings.detection.where is DetectionPlace.REMOTE
    local = LateDetector(load, health, clock, beside_remote=away)
    return local, _remote(settings, local, health, clock)


def _watching(live: LiveParts, play_keys: PlayKeys, accounts: AccountBook) -> Watching:
    return Watching(live.packets, play_keys.may_play, RtmpViewers(live.sessions, accounts).enter)


def _rtmp(settings: Settings, watching: Watching, ground: _Ground) -> RtmpIntake:
    rtmp = RtmpIntake(ground.clock, settings.server.tls, watching, ground.health)
    rtmp.expect(settings.cameras)
    return rtmp


def _remote(settings: Settings, local: LateDetector, health: HealthBoard, clock: Clock) -> "RemoteDetection | None":
    if settings.detection.where is not DetectionPlace.REMOTE:
        return None
    from doorstep.app.remote_detection import RemoteDetection  # noqa: PLC0415 - httpx, which most do without

    return RemoteDetection(settings.detection, local.current, settings.server.data, health, clock)


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


def _sweeper(shared: Shared, ground: _Ground) -> Sweeper:
    return Sweeper(
        shared.storage.store,
        ground.catalog,
        shared.settings.retention,
        shared.clock,
        bytes_now=shared.storage.disk.retention_bytes,
        may_expire_by_age=ground.clock_watch.may_expire_by_age,
        event_goes=ground.feedback.event_goes,
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
