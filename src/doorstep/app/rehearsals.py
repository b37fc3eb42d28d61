"""Tests of the doorstep put together: the lane of one, made of what a camera's own pipeline is made of."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial
from pathlib import Path

from doorstep.app.cameras import Shared, free_buffer, time_zone, where_it_moves
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.errors import RehearsalRefused
from doorstep.core.event_tracker import EventTracker
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.settings import CameraSettings, EventSettings
from doorstep.pipeline.alerts import AlertDesk
from doorstep.pipeline.camera_parts import CameraParts
from doorstep.pipeline.camera_pipeline import CameraPipeline
from doorstep.pipeline.cameras import Cameras
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.nightly_test import NightlyTest
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recorder import Recorder
from doorstep.pipeline.rehearsal_walk import OwnLane, Told, Walk
from doorstep.pipeline.rehearsals import Rehearsals
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.pipeline.stills import Stills
from doorstep.pipeline.supervisor import Tasks
from doorstep.pipeline.watcher import CROPS, Eyes, Watcher, WatchRules
from doorstep.ports import Catalog, ClipBuilder, Frame
from doorstep.sources.rehearsal import RehearsalSource
from doorstep.vision.luma_difference import LumaDifference
from doorstep.vision.sharpness import sharpness

BUFFER_SECONDS = 20.0
MOST_BUFFER_BYTES = 16_000_000
PRE_ROLL, CLOSE_AFTER, POST_ROLL = 4.0, 3.0, 2.0
"""Seconds, at most: of a visit that is over soon."""

WITHOUT_CAMERA_SIZE = 640, 480
MOST_PIXELS = 1920 * 1088
"""To draw and encode more, for a test, is more than a small machine should do beside its work."""

_PUSH = "push:"


class _NoTap:
    """Implements `ports.FrameTap`: nobody watches a test."""

    def wants(self, at: float) -> bool:
        """Never."""
        del at
        return False

    def put(self, frame: Frame) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class RehearsalParts:
    """Tests of the doorstep, by hand and by night, where the owner wants that."""

    desk: Rehearsals
    nightly: NightlyTest | None

    def endless(self) -> Tasks:
        """What runs beside everything else."""
        nightly = {"nightly test": self.nightly.run} if self.nightly is not None else {}
        return {"tests of the doorstep": self.desk.run, **nightly}


@dataclass(frozen=True, slots=True)
class LaneMaker:
    """Makes the lane of one test; on the event loop.

    Its buffer, recording and health are called by a name that no camera may have, so that nothing of it can ever be
    taken for the camera's, not even after a crash; its events are the camera's, and marked.  Zones, masks and switches
    of the camera do not count: a test proves the way, not where somebody may stand.  `visitor` is his picture, None
    where it is missing; to look for it is not for the event loop.
    """

    shared: Shared
    cameras: Cameras
    buffers: Mapping[CameraId, BufferedCamera]
    visitor: Path | None
    zone: tzinfo

    def make(self, camera: CameraId, walk: Walk) -> OwnLane:
        """Raises RehearsalRefused."""
        status, shared = self.cameras.camera(camera), self.shared
        if status is None:
            msg = f"There is no camera {camera}."
            raise RehearsalRefused(msg)
        settings = CameraSettings(id=CameraId(f"{camera}.test"), name=f"The test of {status.name}", source="demo://")
        health, events = HealthBoard(shared.clock), short_events(shared.settings.events)
        buffered = BufferedCamera(
            settings.id, RollingBuffer(BUFFER_SECONDS, MOST_BUFFER_BYTES), shared.storage.shelf, shared.clock
        )
        store, rows = shared.storage.store, shared.rows
        recorder = Recorder(buffered, store, rows, health, shared.clock, shared.storage.durability)
        buffered.on_segment = recorder.segment_added
        parts = CameraParts(
            source=self._source(camera, walk),
            live=_NoTap(),
            mailbox=FrameMailbox(shared.settings.detection.looks_per_second, asyncio.get_running_loop()),
            buffered=buffered,
            watcher=self._watcher(settings, health, events),
            tracker=EventTracker(camera, events, is_test=True),
            recorder=recorder,
            stills=Stills(store, rows, shared.clock),
            alerts=AlertDesk(status.name, shared.outbox, self.zone, shared.link_to),
            explain=walk.observed,
        )
        pipeline = CameraPipeline(settings, parts, rows, health, shared.clock)
        return OwnLane(pipeline, buffered, health, partial(free_buffer, buffered, shared.storage.shelf))

    def _source(self, camera: CameraId, walk: Walk) -> Callable[[], RehearsalSource]:
        visitor, loop = self.visitor, asyncio.get_running_loop()
        if visitor is None:
            msg = "The picture of the test's visitor is missing. Run `doorstep models fetch`, then restart Doorstep."
            raise RehearsalRefused(msg)
        buffered = self.buffers.get(camera)
        fmt = buffered.format if buffered is not None else None
        size = picture_size(fmt.width, fmt.height) if fmt is not None else WITHOUT_CAMERA_SIZE
        return lambda: RehearsalSource(
            visitor,
            size,
            clock=self.shared.clock,
            timezone=self.zone,
            captured=lambda moment: _tell(loop, walk, moment),
        )

    def _watcher(self, camera: CameraSettings, health: HealthBoard, events: EventSettings) -> Watcher:
        shared, detection = self.shared, self.shared.settings.detection
        eyes = Eyes(LumaDifference, shared.detector, shared.looks, where_it_moves, sharpness, shared.look)
        rules = WatchRules(regions=CROPS if detection.crops else None)
        return Watcher(camera.id, eyes, detection, (), events.close_after, health, shared.clock, rules)


def picture_size(width: int, height: int) -> tuple[int, int]:
    """Of a camera's picture, both even; of a very large one the half, or the half of that."""
    while width * height > MOST_PIXELS:
        width, height = width // 2, height // 2
    return width // 2 * 2, height // 2 * 2


def short_events(events: EventSettings) -> EventSettings:
    """Of a visit that is over soon: recorded and told whatever the owner wants of real ones."""
    close_after = min(events.close_after, CLOSE_AFTER)
    return replace(
        events,
        pre_roll=min(events.pre_roll, PRE_ROLL),
        close_after=close_after,
        post_roll=min(events.post_roll, POST_ROLL, close_after),
        record_on=frozenset({Cause.PERSON}),
        alert_on=frozenset({Cause.PERSON}),
        record_cooldown=0.0,
        loitering_after=None,
    )


def make_rehearsals(
    shared: Shared,
    cameras: Cameras,
    buffers: Mapping[CameraId, BufferedCamera],
    catalog: Catalog,
    clips: ClipBuilder,
    visitor: Path | None,
) -> RehearsalParts:
    """Nothing runs yet."""
    zone = time_zone(shared.settings.server.timezone)
    maker = LaneMaker(shared, cameras, buffers, visitor, zone)
    told = told_by(shared.outbox)
    desk = Rehearsals(cameras, maker.make, shared.rows, catalog, clips, told, shared.health, shared.clock)
    return RehearsalParts(desk, _nightly(desk, shared, zone))


def told_by(outbox: Outbox) -> Told:
    """Whom the outbox tells; phones say when they have shown an alert."""

    def acknowledging() -> frozenset[str]:
        channels = (standing.recipient.channel for standing in outbox.standings())
        return frozenset(channel for channel in channels if channel.startswith(_PUSH))

    return Told(lambda: [one.recipient for one in outbox.standings()], acknowledging, outbox.deliveries_of)


def _nightly(rehearsals: Rehearsals, shared: Shared, zone: tzinfo) -> NightlyTest | None:
    """None where the owner wants no test by night."""
    watch = shared.settings.watch
    if watch.test_at is None or watch.test_camera is None:
        return None
    return NightlyTest(rehearsals, watch.test_camera, watch.test_at, zone, shared.health, shared.clock)


def _tell(loop: asyncio.AbstractEventLoop, walk: Walk, moment: float) -> None:
    """In the source's thread."""
    loop.call_soon_threadsafe(walk.captured, moment)
