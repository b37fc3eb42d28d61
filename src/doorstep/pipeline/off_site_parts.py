"""Running events go off-site while they happen: segments as they close, out of the rolling buffer, as small files.

No row and no disk knows of them; the clip, which `uploads` sends, takes their place.  Which are next: `running_part`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.clock_state import Dating
from doorstep.core.errors import BlobMissing, MediaInvalid, StoreUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.media import VideoFormat
from doorstep.core.off_site_key import part_key, parts_folder
from doorstep.core.running_part import PartPace, newest_run
from doorstep.core.segment import Segment
from doorstep.mp4 import recording as file_format
from doorstep.mp4.fragment import retime_fragment
from doorstep.pipeline.aside import Aside
from doorstep.pipeline.off_site_bodies import body_of
from doorstep.pipeline.recorder import LAST_SEGMENT_WAIT_SECONDS
from doorstep.pipeline.recording_file import event_label
from doorstep.pipeline.recording_job import RecordingJob, placed_behind
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.pipeline.way_out import Parcel, WayOut
from doorstep.ports import Clock

log = structlog.get_logger()

VIDEO = "video/mp4"
AT_ONCE, MOST_AT_ONCE = 3, 6
"""Parts on their way at a time, of different events, and with those that hang: they bound the memory that it takes."""

HANGS_AFTER_SECONDS = 4.0
"""A part that takes longer may be lost in a connection that is dead: the next one does not wait for it."""

MOST_WAITING = 3600
"""Segments of one event: an hour, more than any buffer holds."""

MOST_EVENTS = 64
LOOK_SECONDS = 1.0


@dataclass(slots=True)
class RunningEvent:
    """What of one event waits, in the order in which it was cut; each with its number in the event.

    `keys` are the parts that were sent, `under_way` is when each of those began that are being sent.
    """

    camera: BufferedCamera
    folder: str
    job: RecordingJob
    waiting: list[tuple[int, Segment]] = field(default_factory=list)
    taken: int = 0
    tries: int = 0
    under_way: list[float] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def take(self) -> None:
        """What the buffer has more of it."""
        for segment in self.job.wanted(self.camera.buffer):
            self.job.passed(segment)
            self.taken += 1
            self.waiting.append((self.taken, segment))
        del self.waiting[:-MOST_WAITING]

    def hurries(self, now: float) -> bool:
        """Whether a part of it is on its way and does not hang."""
        return any(now - began < HANGS_AFTER_SECONDS for began in self.under_way)

    def is_over(self, now: float) -> bool:
        """Whether nothing more comes of it."""
        finished = self.job.finished_at
        if finished is None:
            return False
        has_all = self.job.seen is not None and self.job.seen.ends_at >= self.job.until
        return has_all or not self.camera.connected or now - finished > LAST_SEGMENT_WAIT_SECONDS


class OffSiteParts:
    """One task for the server; used on the event loop.  What cannot be sent while the buffer holds it is not sent.

    The newest goes first: after an outage that is what nobody else can tell any more.
    """

    def __init__(self, way: WayOut, clock: Clock) -> None:
        self._way = way
        self._clock = clock
        self._pace = PartPace()
        self._events: dict[EventId, RunningEvent] = {}
        self._wake = asyncio.Event()
        self.on_over: Callable[[EventId, Sequence[str]], None] = lambda _event, _keys: None
        """Told the keys of all parts of an event of which no more are sent."""
        way.on_works.append(self._wake.set)

    # -------------------------------------------------------------------------------------------- what is wanted

    def of(self, camera: BufferedCamera) -> Aside:
        """For the events of one camera."""
        return _OfCamera(self, camera)

    def begin(self, camera: BufferedCamera, event: Event, record_from: datetime, until: datetime) -> None:
        """Send this event from `record_from` on, which may lie in the past; a test of the doorstep goes nowhere."""
        if event.is_test:
            return
        job = RecordingJob(event.id, record_from, event.started_at, event_label(event), until, None)
        folder = parts_folder(event.camera, event.id, event.started_at)
        self._events[event.id] = RunningEvent(camera, folder, job)
        if len(self._events) > MOST_EVENTS:
            self.drop(next(iter(self._events)))
        self._wake.set()

    def extend(self, event_id: EventId, until: datetime) -> None:
        """It lasts at least up to `until`."""
        running = self._events.get(event_id)
        if running is not None:
            running.job.until = max(running.job.until, until)

    def finish(self, event_id: EventId, until: datetime) -> None:
        """The event is over; it ends at `until`."""
        running = self._events.get(event_id)
        if running is not None:
            running.job.until, running.job.finished_at = until, self._clock.monotonic()
            self._wake.set()

    def drop(self, event_id: EventId) -> None:
        """Nothing more of it is sent: its clip takes over."""
        running = self._events.pop(event_id, None)
        if running is not None and not running.under_way:
            self.on_over(event_id, running.keys)

    def drop_camera(self, camera: CameraId) -> None:
        """Nothing of it goes off-site any more."""
        for event_id in [one for one, running in self._events.items() if running.camera.camera == camera]:
            self.drop(event_id)

    def redate(self, camera: BufferedCamera, dating: Dating) -> None:
        """The clock was set."""
        for running in self._events.values():
            if running.camera is camera:
                running.job.redate_wish(dating)
                running.job.redate_kept(dating)

    def segment_added(self) -> None:
        """A buffer grew."""
        if self._events:
            self._wake.set()

    @property
    def waiting(self) -> int:
        """Segments that are not there yet."""
        return sum(len(running.waiting) for running in self._events.values())

    # ------------------------------------------------------------------------------------------------ how it is done

    async def run(self) -> None:
        """Send what waits, for ever."""
        for running in self._events.values():
            running.under_way.clear()
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._take_all()
                for running in self._ready():
                    running.under_way.append(self._clock.monotonic())
                    tasks.create_task(self._send_one(running, running.under_way[-1]))
                await self._rest()

    async def _rest(self) -> None:
        """Until something changed; with events about it is looked at again, for a camera that is gone adds nothing."""
        try:
            async with asyncio.timeout(LOOK_SECONDS if self._events else None):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    def _take_all(self) -> None:
        now = self._clock.monotonic()
        for event_id, running in list(self._events.items()):
            running.take()
            if not running.waiting and not running.under_way and running.is_over(now):
                self.drop(event_id)

    def _ready(self) -> list[RunningEvent]:
        """Those whose newest is sent now; who waits longest since his last part is first."""
        if self._way.seconds_to_wait(urgent=True) > 0:
            return []
        now, events = self._clock.monotonic(), self._events.values()
        all_under_way = sum(len(running.under_way) for running in events)
        hurrying = sum(running.hurries(now) for running in events)
        free = min((AT_ONCE if self._way.works else 1) - hurrying, MOST_AT_ONCE - all_under_way)
        ready = [running for running in events if running.waiting and not running.hurries(now)]
        ready = [running for running in ready if not self._way.part_rests(running.job.event)]
        return sorted(ready, key=lambda running: running.tries)[: max(0, free)]

    async def _send_one(self, running: RunningEvent, began: float) -> None:
        count = len(newest_run([segment for _, segment in running.waiting], self._pace.most_bytes))
        taken, running.waiting = running.waiting[-count:], running.waiting[:-count]
        try:
            await self._send(running, [segment for _, segment in taken])
        except StoreUnavailable:
            running.waiting = sorted([*running.waiting, *taken], key=lambda one: one[0])
        finally:
            running.under_way.remove(began)
            self._wake.set()
            if self._events.get(running.job.event) is not running and not running.under_way:
                self.on_over(running.job.event, running.keys)

    async def _send(self, running: RunningEvent, segments: Sequence[Segment]) -> None:
        """Raises StoreUnavailable where it may be sent later."""
        try:
            fmt = running.camera.format_of(segments[0])
            data = await self._way.in_thread(partial(part_file, running.camera, fmt, running.job.label, segments))
        except (BlobMissing, MediaInvalid, StoreUnavailable, ValueError) as error:
            log.info("a part was lost before it was sent", event_id=running.job.event, reason=str(error))
            return
        running.tries += 1  # no two tries have one key, so nobody asks whether an older one arrived after all
        key = part_key(running.folder, segments[0].starts_at, running.tries)
        began = self._clock.monotonic()
        await self._way.send(Parcel("part", running.job.event, key, body_of(data, VIDEO)))
        self._pace.sent(len(data), self._clock.monotonic() - began)
        running.keys.append(key)


@dataclass(frozen=True, slots=True)
class _OfCamera:
    """The `Aside` of one camera."""

    parts: OffSiteParts
    camera: BufferedCamera

    def begin(self, event: Event, record_from: datetime, until: datetime) -> None:
        self.parts.begin(self.camera, event, record_from, until)

    def extend(self, event_id: EventId, until: datetime) -> None:
        self.parts.extend(event_id, until)

    def finish(self, event_id: EventId, until: datetime) -> None:
        self.parts.finish(event_id, until)

    def redate(self, dating: Dating) -> None:
        self.parts.redate(self.camera, dating)

    def segment_added(self) -> None:
        self.parts.segment_added()


def part_file(camera: BufferedCamera, fmt: VideoFormat, label: bytes, segments: Sequence[Segment]) -> bytes:
    """A whole recording of these segments of one connection, on a time line of its own.  Blocks.

    Where the oldest fell out of the buffer meanwhile it begins behind them.  Raises BlobMissing where all did,
    StoreUnavailable, MediaInvalid and ValueError where the shelf gives something else.
    """
    entries: list[bytes] = []
    tail: Segment | None = None
    for segment in segments:
        try:
            data = camera.read(segment, 0, segment.size)
        except BlobMissing:
            if tail is None and segment is not segments[-1]:
                continue
            raise
        tail = placed_behind(tail, segment)
        heard_from = tail.audio.first_pts if tail.audio else 0
        entries.append(file_format.entry(tail, retime_fragment(data, tail.first_dts, tail.sequence, heard_from)))
    return b"".join((file_format.header(fmt, label), *entries))
