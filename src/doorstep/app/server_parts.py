"""Everything that a server is made of: settings -> objects, none of them started."""

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
from doorstep.app.awaiting import Awaiting
from doorstep.app.camera_child import READERS
from doorstep.app.cameras import CameraFactory, Shared, nobody_beside, time_zone
from doorstep.app.clips import ClipParts, make_clips
from doorstep.app.costs import make_costs, pays_for_looks, postage, priced
from doorstep.app.detection_switch import open_switch
from doorstep.app.detector import LateDetector, open_sized
from doorstep.app.doorbell import DoorbellParts, make_doorbell
from doorstep.app.ground import Ground, open_ground
from doorstep.app.health import HealthParts, make_health
from doorstep.app.live_parts import LiveParts, make_live
from doorstep.app.models import demo_visitor
from doorstep.app.motion_queue import seen_motion
from doorstep.app.mqtt_joined import join_mqtt
from doorstep.app.off_site import OffSiteCopies, make_off_site
from doorstep.app.preferences import begin_anew, make_preferences, make_silences
from doorstep.app.push import Push, make_push
from doorstep.app.rehearsals import RehearsalParts, make_rehearsals
from doorstep.app.rtmp_intake import RtmpIntake
from doorstep.app.rtmp_viewers import RtmpViewers
from doorstep.app.shares import Shares, make_shares
from doorstep.app.sign_ins import SignIns
from doorstep.app.sources import Sources
from doorstep.app.telling import Telling, make_telling
from doorstep.app.times_away import TimesAway
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.sql import SqlCatalog
from doorstep.core.errors import ModelInvalid
from doorstep.core.event import Event
from doorstep.core.lateness import Lateness
from doorstep.core.remote_use import DetectionPlace
from doorstep.core.settings import Settings
from doorstep.core.signed_motion import SeenMarks
from doorstep.pipeline.cameras import Cameras
from doorstep.pipeline.clock_watch import ClockWatch
from doorstep.pipeline.cost_ledger import CostLedger
from doorstep.pipeline.explanations import Explanations
from doorstep.pipeline.feedback_folder import FeedbackFolder
from doorstep.pipeline.preferences import PreferenceBook
from doorstep.pipeline.silences import Silences
from doorstep.pipeline.sweeper import Sweeper
from doorstep.pipeline.watcher import look_here
from doorstep.ports import Chime
from doorstep.sources.nursery import Nursery
from doorstep.sources.rtmp_play import Watching

if TYPE_CHECKING:
    from doorstep.app.mqtt import Mqtt
    from doorstep.app.remote_detection import RemoteDetection

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ServerParts:
    """Everything that runs, made but not started."""

    shared: Shared
    engine: Engine
    catalog: SqlCatalog
    accounts: AccountBook
    sign_ins: SignIns
    detector: LateDetector
    remote: "RemoteDetection | None"
    nursery: Nursery
    rtmp: RtmpIntake
    play_keys: PlayKeys
    shares: Shares
    costs: CostLedger
    live: LiveParts
    cameras: Cameras
    doorbell: DoorbellParts
    factory: CameraFactory
    clips: ClipParts
    feedback: FeedbackFolder
    sweeper: Sweeper
    clock_watch: ClockWatch
    base_address: str
    preferences: PreferenceBook
    silences: Silences
    push: Push
    telling: Telling
    mqtt: "Mqtt | None"
    health: HealthParts
    rehearsals: RehearsalParts
    off_site: OffSiteCopies | None
    awaiting: Awaiting | None
    seen_motion: SeenMarks
    lateness: Lateness = field(default_factory=Lateness)


async def make_server(
    settings: Settings, model_folders: Sequence[Path], address: str, looks: ThreadPoolExecutor
) -> ServerParts:
    """Opens catalog, store and buffer; `address` is for links, `looks` is the detector's.  Raises as `serve` does."""
    ground = await open_ground(settings, address)
    accounts, costs = AccountBook(SqlAccountRecords(ground.engine), ground.clock), make_costs(ground)
    accounts.grants.is_clock_set = lambda: ground.clock_watch.is_dated
    live = make_live(settings.live, ground.engine, ground.clock, ground.health, ground.clock_watch.may_expire_by_age)
    play_keys = PlayKeys(accounts, ground.clock, lambda camera: cameras.camera(camera) is not None)
    eyes = _eyes(ground, model_folders, _watching(live, play_keys, accounts), costs)
    told = _told(ground, accounts, costs, live)
    shares = make_shares(ground, accounts)
    off_site = make_off_site(ground, postage(costs, settings), shares.share_for_mail)
    shared = await _shared(ground, live, eyes, told, looks, off_site)
    factory, cameras = _cameras(shared, ground.catalog, ground.clock_watch)
    clips = make_clips(ground, factory.buffers)
    push = await make_push(ground.engine, accounts, told.telling, shared, told.silences, ground.catalog)
    return ServerParts(
        shared=shared,
        engine=ground.engine,
        catalog=ground.catalog,
        accounts=accounts,
        sign_ins=SignIns(accounts, live.sessions, ground.clock),
        detector=eyes.detector,
        remote=eyes.remote,
        nursery=eyes.nursery,
        rtmp=eyes.rtmp,
        play_keys=play_keys,
        costs=costs,
        shares=shares,
        live=live,
        cameras=cameras,
        doorbell=make_doorbell(settings, cameras.trigger, ground.health, ground.clock, told.chimes, cameras.name_of),
        factory=factory,
        clips=clips,
        rehearsals=make_rehearsals(shared, cameras, factory.buffers, ground.catalog, clips.recorded, eyes.visitor),
        feedback=ground.feedback,
        sweeper=_sweeper(shared, ground, off_site),
        off_site=off_site,
        awaiting=ground.awaiting,
        seen_motion=seen_motion(settings, ground.clock),
        clock_watch=ground.clock_watch,
        base_address=address,
        preferences=told.preferences,
        silences=told.silences,
        push=push,
        telling=told.telling,
        mqtt=told.mqtt,
        health=make_health(shared, factory.drift, push.devices, accounts, address),
    )


@dataclass(frozen=True, slots=True)
class _Eyes:
    """Where pictures come from, and who looks at them."""

    nursery: Nursery
    rtmp: RtmpIntake
    sources: Sources
    detector: LateDetector
    remote: "RemoteDetection | None"
    visitor: Path | None


def _eyes(ground: Ground, model_folders: Sequence[Path], watching: Watching, costs: CostLedger) -> _Eyes:
    settings, clock, health = ground.settings, ground.clock, ground.health
    nursery, rtmp = Nursery(clock, readers=READERS), _rtmp(settings, watching, ground)
    visitor = _visitor(model_folders)
    sources = Sources(clock, time_zone(settings.server.timezone), visitor, nursery, rtmp)
    cameras_on = sum(camera.enabled for camera in settings.cameras)
    load = partial(open_sized, settings.detection, model_folders, cameras_on, clock)
    away = settings.detection.where is DetectionPlace.REMOTE
    local = LateDetector(load, health, clock, beside_remote=away)
    return _Eyes(nursery, rtmp, sources, local, _remote(ground, local, costs), visitor)


@dataclass(frozen=True, slots=True)
class _Told:
    """Who is told, of what, and by which broker."""

    telling: Telling
    preferences: PreferenceBook
    silences: Silences
    mqtt: "Mqtt | None"

    @property
    def chimes(self) -> Sequence[Chime]:
        """Those that sound by the broker."""
        return self.mqtt.chimes if self.mqtt is not None else ()


def _told(ground: Ground, accounts: AccountBook, costs: CostLedger, live: LiveParts) -> _Told:
    settings, health, clock = ground.settings, ground.health, ground.clock
    telling = make_telling(ground, costs)
    preferences = make_preferences(settings, ground.engine, health, clock, ground.clock_watch)
    preferences.note = live.audit.note
    begin_anew(accounts, preferences)
    silences = make_silences(preferences, settings, clock, telling)
    return _Told(telling, preferences, silences, join_mqtt(settings.notify.mqtt, telling.book, health, clock))


async def _shared(
    ground: Ground,
    live: LiveParts,
    eyes: _Eyes,
    told: _Told,
    looks: ThreadPoolExecutor,
    off_site: OffSiteCopies | None,
) -> Shared:
    clock, health, remote = ground.clock, ground.health, eyes.remote
    look_with = remote.current if remote else eyes.detector.current
    return Shared(
        settings=ground.settings,
        storage=ground.storage,
        live=live.pictures,
        packets=live.packets,
        rows=ground.rows,
        explanations=Explanations(ground.catalog, ground.rows, health, clock, look_with),
        outbox=told.telling.outbox,
        health=health,
        clock=clock,
        detector=look_with,
        looks=looks,
        open_source=eyes.sources.open,
        link_to=lambda event: f"{ground.address}/alerts/{event.id}",
        look=remote.look if remote else look_here,
        detection=await open_switch(ground.settings.server.data, health, clock, live.audit.note),
        beside=off_site.beside if off_site is not None else nobody_beside,
    )


def _watching(live: LiveParts, play_keys: PlayKeys, accounts: AccountBook) -> Watching:
    return Watching(live.packets, play_keys.may_play, RtmpViewers(live.sessions, accounts).enter)


def _rtmp(settings: Settings, watching: Watching, ground: Ground) -> RtmpIntake:
    rtmp = RtmpIntake(ground.clock, settings.server.tls, watching, ground.health)
    rtmp.expect(settings.cameras)
    return rtmp


def _remote(ground: Ground, local: LateDetector, costs: CostLedger) -> "RemoteDetection | None":
    settings = ground.settings
    if settings.detection.where is not DetectionPlace.REMOTE:
        return None
    from doorstep.app.remote_detection import RemoteDetection  # noqa: PLC0415 - httpx, which most do without

    return RemoteDetection(
        priced(settings.detection, settings.aws),
        local.current,
        settings.server.data,
        ground.health,
        ground.clock,
        aws=settings.aws,
        counted=pays_for_looks(costs, settings),
    )


def _cameras(shared: Shared, catalog: SqlCatalog, clock_watch: ClockWatch) -> tuple[CameraFactory, Cameras]:
    """With what a former run left in their buffers; told when the clock is set."""
    storage = shared.storage
    away = TimesAway(catalog, shared.rows, shared.clock)
    factory = CameraFactory(shared, storage.shelved(), away)
    cameras = Cameras([factory.make(camera) for camera in shared.settings.cameras], shared.clock, shared.health)
    factory.clear_away()
    clock_watch.on_dated += [cameras.redate, shared.outbox.redate, away.redate]
    return factory, cameras


def _sweeper(shared: Shared, ground: Ground, off_site: OffSiteCopies | None) -> Sweeper:
    def event_goes(event: Event) -> None:
        ground.feedback.event_goes(event)
        if off_site is not None:
            off_site.retention.event_goes(event)

    return Sweeper(
        shared.storage.store,
        ground.catalog,
        shared.settings.retention,
        shared.clock,
        bytes_now=shared.storage.disk.retention_bytes,
        may_expire_by_age=ground.clock_watch.may_expire_by_age,
        event_goes=event_goes,
        off_site=off_site.retention if off_site is not None else None,
    )


def _visitor(folders: Sequence[Path]) -> Path | None:
    try:
        return demo_visitor(folders)
    except ModelInvalid as error:
        log.warning("the demo's visitor stays away", reason=str(error))
        return None
