"""Makes the pipeline of one camera out of its settings: which source, which buffer, which eyes."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from doorstep.core.alert import AlertPolicy
from doorstep.core.camera import CameraId
from doorstep.core.errors import ConfigInvalid
from doorstep.core.event import Event, EventTracker
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.settings import CameraSettings, Settings
from doorstep.live.camera_tap import CameraTap
from doorstep.live.mjpeg import MjpegFeed
from doorstep.pipeline.alerts import AlertDesk
from doorstep.pipeline.camera_pipeline import CameraParts, CameraPipeline
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recorder import Recorder
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.pipeline.stills import Stills
from doorstep.pipeline.watcher import Eyes, Watcher
from doorstep.ports import Clock, Detector, SegmentShelf, Source, Store
from doorstep.sources.address import DemoAddress, FileAddress, parse_source
from doorstep.sources.demo import DemoSource
from doorstep.sources.file import FileSource
from doorstep.vision.luma_difference import LumaDifference

DEFAULT_DURABILITY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Shared:
    """What all cameras of a server have in common."""

    settings: Settings
    store: Store
    shelf: SegmentShelf
    live: MjpegFeed
    rows: EventRows
    outbox: Outbox
    health: HealthBoard
    clock: Clock
    detector: Callable[[], Detector | None]
    looks: Executor
    visitor: Path | None
    link_to: Callable[[Event], str]


class CameraFactory:
    """One for each server; called on the event loop."""

    def __init__(self, shared: Shared, buffer_bytes_each: int) -> None:
        self._shared = shared
        self._buffer_bytes_each = buffer_bytes_each
        self._zone = time_zone(shared.settings.server.timezone)
        self.buffers: dict[CameraId, BufferedCamera] = {}
        self.recorders: dict[CameraId, Recorder] = {}

    def make(self, camera: CameraSettings) -> CameraPipeline:
        """The pipeline, not yet running.  Raises ConfigInvalid for an address that no source understands."""
        _check_source(camera)
        shared = self._shared
        events = shared.settings.events
        buffered, recorder = self._keeping(camera)
        parts = CameraParts(
            source=partial(open_source, camera, shared.visitor, self._zone, shared.clock),
            live=CameraTap(shared.live, camera.id, shared.clock),
            mailbox=FrameMailbox(shared.settings.detection.looks_per_second, asyncio.get_running_loop()),
            buffered=buffered,
            watcher=self._watcher(camera),
            tracker=EventTracker(camera.id, events),
            recorder=recorder,
            stills=Stills(shared.store, shared.rows, shared.clock),
            alerts=AlertDesk(
                camera.name,
                AlertPolicy(events.alert_cooldown, events.alert_on),
                shared.outbox,
                self._zone,
                shared.link_to,
            ),
        )
        return CameraPipeline(camera, parts, shared.rows, shared.health, shared.clock)

    def _keeping(self, camera: CameraSettings) -> tuple[BufferedCamera, Recorder]:
        shared = self._shared
        buffer = RollingBuffer(shared.settings.buffer.seconds, self._buffer_bytes_each)
        buffered = BufferedCamera(camera.id, buffer, shared.shelf, shared.clock)
        durability = shared.settings.store.durability or DEFAULT_DURABILITY_SECONDS
        recorder = Recorder(buffered, shared.store, shared.rows, shared.health, shared.clock, durability)
        buffered.on_segment = recorder.segment_added
        self.buffers[camera.id], self.recorders[camera.id] = buffered, recorder
        return buffered, recorder

    def _watcher(self, camera: CameraSettings) -> Watcher:
        shared = self._shared
        eyes = Eyes(LumaDifference, shared.detector, shared.looks)
        return Watcher(
            camera.id,
            eyes,
            shared.settings.detection,
            camera.zones,
            shared.settings.events.close_after,
            shared.health,
            shared.clock,
        )


def open_source(camera: CameraSettings, visitor: Path | None, zone: tzinfo, clock: Clock) -> Source:
    """A new one for each connection."""
    match parse_source(camera.source):
        case FileAddress(path, loop):
            return FileSource(path, loop=loop, clock=clock)
        case DemoAddress():
            return DemoSource(visitor, clock=clock, timezone=zone)


def _check_source(camera: CameraSettings) -> None:
    try:
        parse_source(camera.source)
    except ConfigInvalid as error:
        msg = f"camera {camera.id}: source: {error}"
        raise ConfigInvalid(msg) from None


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
