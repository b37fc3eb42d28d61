"""Makes the pipeline of one camera out of its settings: which source, which buffer, which eyes."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from doorstep.app.storage import Storage
from doorstep.app.times_away import TimesAway
from doorstep.core.camera import CameraId, StreamKind
from doorstep.core.detection import Box
from doorstep.core.errors import ConfigInvalid, StoreUnavailable
from doorstep.core.event import Event
from doorstep.core.event_tracker import EventTracker
from doorstep.core.notice import Notice
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.settings import CameraSettings, Settings
from doorstep.core.tracking import EVERYWHERE
from doorstep.live.camera_tap import CameraTap
from doorstep.live.mjpeg import MjpegFeed
from doorstep.live.packet_feed import PacketFeed
from doorstep.pipeline.alerts import AlertDesk
from doorstep.pipeline.aside import NOBODY_BESIDE, Aside
from doorstep.pipeline.broadcast import Broadcast
from doorstep.pipeline.camera_pipeline import CameraParts, CameraPipeline
from doorstep.pipeline.condition import NOT_RUNNING
from doorstep.pipeline.continuous import ContinuousRecorder
from doorstep.pipeline.detection_switch import DetectionSwitch
from doorstep.pipeline.drift_watch import DriftWatch
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.explanations import Explanations
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.live_stream import LiveStream
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.picture_health import PictureHealth
from doorstep.pipeline.recorder import Recorder
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.pipeline.stills import Stills
from doorstep.pipeline.watcher import CROPS, Eyes, LookWith, Watcher, WatchRules, look_here
from doorstep.ports import Clock, Detector, MotionScorer, SegmentShelf, ShelvedConnection, Source
from doorstep.sources.address import comes_encoded, parse_source
from doorstep.vision.luma_difference import LumaDifference
from doorstep.vision.picture_measure import PictureMeter
from doorstep.vision.sharpness import sharpness

log = structlog.get_logger()

ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def nobody_beside(_camera: CameraSettings, _buffered: BufferedCamera) -> Aside:
    """Where nothing goes off-site."""
    return NOBODY_BESIDE


@dataclass(slots=True)
class Shared:
    """What all cameras of a server have in common; `open_source` makes a new source of a camera's address.

    `settings` are those that run: a reload puts others in their place, and nobody else does.

    `beside` is who goes along with a camera's recorder, by its settings as they are now.
    """

    settings: Settings
    storage: Storage
    live: MjpegFeed
    packets: PacketFeed
    rows: EventRows
    explanations: Explanations
    outbox: Outbox
    health: HealthBoard
    clock: Clock
    detector: Callable[[], Detector | None]
    looks: Executor
    open_source: Callable[[CameraSettings, str], Source]
    link_to: Callable[[Event], str]
    detection: DetectionSwitch
    look: LookWith = look_here
    notices: Broadcast[Notice] = field(default_factory=Broadcast)
    beside: Callable[[CameraSettings, BufferedCamera], Aside] = nobody_beside


class CameraFactory:
    """One for each server; called on the event loop.

    A camera that is made again keeps its buffer and its recorder: `buffers` and `recorders` hold one each, for as long
    as the camera is not forgotten.  A camera that is made first takes over what of `shelved` is its.
    """

    def __init__(
        self, shared: Shared, shelved: dict[CameraId, list[ShelvedConnection]], away: TimesAway | None = None
    ) -> None:
        self._shared = shared
        self._away = away
        self._shelved = shelved
        self._zone = time_zone(shared.settings.server.timezone)
        self.buffers: dict[CameraId, BufferedCamera] = {}
        self.recorders: dict[CameraId, Recorder] = {}
        self.drift = DriftWatch(shared.health, shared.clock)

    def make(self, camera: CameraSettings, away: str = NOT_RUNNING) -> CameraPipeline:
        """The pipeline, not yet running; `away` is why nothing was kept right before now.

        Raises ConfigInvalid for an address that no source understands.
        """
        self.check(camera)
        shared = self._shared
        events = shared.settings.events
        buffered, recorder = self._keeping(camera)
        aside = shared.beside(camera, buffered)
        buffered.on_segment = partial(_both, recorder.segment_added, aside.segment_added)
        parts = CameraParts(
            source=partial(shared.open_source, camera, camera.source),
            live=CameraTap(shared.live, camera.id, shared.clock),
            mailbox=FrameMailbox(shared.settings.detection.looks_per_second, asyncio.get_running_loop()),
            buffered=buffered,
            watcher=self._watcher(camera),
            tracker=EventTracker(camera.id, events),
            recorder=recorder,
            stills=Stills(shared.storage.store, shared.rows, shared.clock),
            alerts=AlertDesk(camera.name, shared.outbox, self._zone, shared.link_to),
            detect=self._detect(camera),
            encoded=decoded_for_looks(camera),
            main=self._live_stream(camera.id, StreamKind.MAIN),
            sub=self._live_stream(camera.id, StreamKind.SUB),
            explain=partial(shared.explanations.observed, camera.id),
            notice=shared.notices.tell,
            drifted=partial(self.drift.set_right, camera.id, camera.name),
            aside=aside,
        )
        return CameraPipeline(camera, parts, shared.rows, shared.health, shared.clock, away)

    async def tell_away(self, camera: CameraId, why: str) -> None:
        """It was made and does not run yet: where its buffer is empty, what is missing before it is told with `why`."""
        if self._away is not None:
            await self._away.expect(self.buffers[camera], why)

    def check(self, camera: CameraSettings) -> None:
        """Raises ConfigInvalid for an address that no source understands; makes nothing."""
        for key, address in (("source", camera.source), ("detect", camera.detect)):
            if address is None:
                continue
            try:
                parse_source(address)
            except ConfigInvalid as error:
                msg = f"camera {camera.id}: {key}: {error}"
                raise ConfigInvalid(msg) from None

    def clear_away(self) -> None:
        """Every camera of the config was made: what is still on the shelf is of cameras that are gone.  Blocks."""
        shelf = self._shared.storage.shelf
        for connection in (connection for gone in self._shelved.values() for connection in gone):
            for segment in connection.segments:
                shelf.remove(segment)
            shelf.close(connection.camera, connection.connection)
        self._shelved.clear()

    async def forget(self, camera: CameraId) -> None:
        """The camera was stopped and is gone: its buffer is freed, and who watches it sees the end."""
        shared = self._shared
        shared.live.remove(camera)
        shared.packets.forget(camera)
        shared.storage.shares.remove(camera)
        self.recorders.pop(camera, None)
        self.drift.forget(camera)
        buffered = self.buffers.pop(camera, None)
        if buffered is not None:
            await asyncio.to_thread(free_buffer, buffered, shared.storage.shelf)

    def _live_stream(self, camera: CameraId, stream: StreamKind) -> LiveStream:
        packets = self._shared.packets
        return LiveStream(
            partial(packets.put, camera, stream=stream), partial(packets.disconnected, camera, stream=stream)
        )

    def _detect(self, camera: CameraSettings) -> Callable[[], Source] | None:
        if camera.detect is None:
            return None
        return partial(self._shared.open_source, camera, camera.detect)

    def _keeping(self, camera: CameraSettings) -> tuple[BufferedCamera, Recorder]:
        buffered, recorder = self._buffered(camera), self.recorders.get(camera.id)
        kind = ContinuousRecorder if camera.record_always else Recorder
        shared, storage = self._shared, self._shared.storage
        if recorder is None or (type(recorder) is not kind and not recorder.recording):
            recorder = kind(buffered, storage.store, shared.rows, shared.health, shared.clock, storage.durability)
            self.recorders[camera.id] = recorder
        if type(recorder) is not kind:  # the disk did not let it finish: it goes on with what it holds
            what = f"{camera.name} is still recorded as before the config was changed: its disk is in trouble."
            shared.health.report(f"camera:{camera.id}:record", what, "Mend the disk, then reload the config.")
        return buffered, recorder

    def _buffered(self, camera: CameraSettings) -> BufferedCamera:
        shared = self._shared
        buffered = self.buffers.get(camera.id)
        if buffered is None:
            # Its share is known once its bit rate is: of what was kept over a restart nothing goes before that.
            buffer = RollingBuffer(shared.settings.buffer.seconds, shared.storage.shares.budget)
            buffered = BufferedCamera(camera.id, buffer, shared.storage.shelf, shared.clock)
            buffered.restore(self._shelved.pop(camera.id, []))
            if len(buffer):
                log.info("buffer restored", camera=camera.id, seconds=round(buffer.seconds))
            self.buffers[camera.id] = buffered
        shared.storage.shares.add(camera.name, buffered, is_on=camera.enabled)
        return buffered

    def _watcher(self, camera: CameraSettings) -> Watcher:
        shared, events = self._shared, self._shared.settings.events
        scorer = partial(LumaDifference, camera.motion_masks)
        picture = PictureHealth(
            camera, PictureMeter().measure, shared.health, shared.clock, shared.settings.health.pictures
        )
        wanted = partial(shared.detection.is_on, camera.id)
        eyes = Eyes(scorer, shared.detector, shared.looks, where_it_moves, sharpness, shared.look, wanted, picture.look)
        crops = CROPS if shared.settings.detection.crops else None
        rules = WatchRules(camera.least_heights, events.stationary_after, events.loitering_after, crops)
        return Watcher(
            camera.id,
            eyes,
            shared.settings.detection,
            camera.zones,
            events.close_after,
            shared.health,
            shared.clock,
            rules,
        )


def _both(one: Callable[[], None], other: Callable[[], None]) -> None:
    one()
    other()


def where_it_moves(scorer: MotionScorer) -> Sequence[Box]:
    """As `Eyes.regions` says."""
    return scorer.regions if isinstance(scorer, LumaDifference) else EVERYWHERE


def decoded_for_looks(camera: CameraSettings) -> bool:
    """Whether the stream that is looked at is decoded for that alone: painted pictures are decoded anyway."""
    looked_at = camera.source if camera.detect is None else camera.detect
    return not (camera.masks or camera.rotation) and comes_encoded(parse_source(looked_at))


def free_buffer(buffered: BufferedCamera, shelf: SegmentShelf) -> None:
    """Nothing of it is kept.  Blocks.  What cannot be removed now, the next start removes."""
    connections = buffered.buffer.connections
    try:
        for segment in buffered.buffer.between(*ALWAYS):
            shelf.remove(segment)
        for connection in connections:
            shelf.close(buffered.camera, connection)
    except StoreUnavailable as error:
        log.warning("a buffer could not be freed", camera=buffered.camera, reason=str(error))


def time_zone(name: str) -> tzinfo:
    """The zone of quiet hours and words.  Raises ConfigInvalid."""
    if name == "system":
        name = _system_zone() or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        msg = f"server.timezone: there is no time zone {name!r}. Write one such as Europe/Vienna, or system."
        raise ConfigInvalid(msg) from error


def _system_zone() -> str:
    """The name behind /etc/localtime, for an offset alone would be wrong in the other half of the year."""
    target = str(Path("/etc/localtime").resolve())
    _, _, name = target.partition("zoneinfo/")
    return name
