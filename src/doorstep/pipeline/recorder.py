"""Writes the recordings of one camera's events: pre-roll from the buffer, then each new segment, synced as it goes."""

import asyncio
import threading
from collections import deque
from datetime import datetime

import structlog

from doorstep.core.clock_state import Dating
from doorstep.core.errors import BlobMissing, MediaInvalid, StoreUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.gap import gap_between
from doorstep.core.recording_key import recording_key
from doorstep.core.segment import Segment
from doorstep.mp4 import recording as file_format
from doorstep.mp4.fragment import retime_fragment
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.recording_file import event_label
from doorstep.pipeline.recording_job import RecordingJob
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.ports import BlobWriter, Clock, GrowingStore

log = structlog.get_logger()

RETRY_SECONDS = 2.0
LAST_SEGMENT_WAIT_SECONDS = 5.0
SHOWN_SECONDS = 30.0
"""How long a failure is shown that nobody has met again: who would have met it may have nothing left to write."""

NOT_WRITTEN = "it could not be written: {}"
TOO_SLOW = "the disk did not answer in time"


class Recorder:
    """One task for each camera.  `begin`, `extend` and `finish` only say what is wanted; `run` does it in order.

    A store that fails costs nothing while the rolling buffer lasts: the job waits and takes up where it stood.  What
    falls out of the buffer meanwhile is a gap.

    One writer for each file: `run` may be cancelled and begun again while a thread still writes for the former one.
    What a thread does to a job it does under a lock, together with noting that it is done, and a job is looked at again
    under that lock; so no segment is written twice, and none is missed.
    """

    def __init__(
        self,
        camera: BufferedCamera,
        store: GrowingStore,
        rows: EventRows,
        health: HealthBoard,
        clock: Clock,
        durability: float,
    ) -> None:
        self._camera = camera
        self._store = store
        self._rows = rows
        self._health = health
        self._clock = clock
        self._durability = durability
        self._jobs: deque[RecordingJob] = deque()
        self._datings: deque[Dating] = deque()
        self._wake = asyncio.Event()
        self._one_writer = threading.Lock()  # only ever taken in worker threads

    # -------------------------------------------------------------------------------------------- what is wanted

    def begin(self, event: Event, record_from: datetime, until: datetime) -> None:
        """Record this event from `record_from` on, which may lie in the past."""
        # A clip never mixes two formats: it is the one of the connection in which somebody was seen.
        fmt = self._camera.format if self._camera.connected else None
        self._add(RecordingJob(event.id, record_from, event.started_at, event_label(event), until, fmt))

    def extend(self, event_id: EventId, until: datetime) -> None:
        """Record at least up to `until`."""
        for job in self._jobs:
            if job.event == event_id:
                job.until = max(job.until, until)
        self._wake.set()

    def finish(self, event_id: EventId, until: datetime) -> None:
        """The event is over: the recording ends at `until`."""
        for job in self._jobs:
            if job.event == event_id:
                job.until = until
                job.finished_at = self._clock.monotonic()
        self._wake.set()

    def resume(self, event: Event, index: file_format.RecordingIndex, writer: BlobWriter, until: datetime) -> None:
        """Finish what a former run left open, with what the buffer still holds; as `RecordingJob.of_former_run`."""
        self._add(RecordingJob.of_former_run(event, index, writer, until, self._clock.monotonic()))

    def redate(self, dating: Dating) -> None:
        """All times so far were told by a guess that is known now."""
        for job in self._jobs:
            job.redate_wish(dating)
        self._datings.append(dating)
        self._wake.set()

    def segment_added(self) -> None:
        """The buffer grew."""
        if self._jobs:
            self._wake.set()

    @property
    def recording(self) -> bool:
        """Whether a recording is under way."""
        return bool(self._jobs)

    async def drained(self) -> None:
        """Wait until every job is done."""
        while self._jobs:
            await self._clock.sleep(0.05)

    def _add(self, job: RecordingJob) -> None:
        self._rows.records(job.event)
        self._jobs.append(job)
        self._wake.set()

    # ---------------------------------------------------------------------------------------------- how it is done

    async def run(self) -> None:
        """Work on the jobs whenever something changed, for ever."""
        while True:
            await self._wait()
            error = await self._advance_all()
            if error is not None:
                self._report(error)
                await self._clock.sleep(RETRY_SECONDS)
                self._wake.set()

    async def _wait(self) -> None:
        """Until woken; a finished job is looked at again, for a camera that is gone sends no last segment."""
        try:
            async with asyncio.timeout(1.0 if self._is_restless() else None):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    def _is_restless(self) -> bool:
        """Whether there is something to do although nothing new comes."""
        return any(job.finished_at is not None for job in self._jobs)

    def _report(self, error: StoreUnavailable) -> None:
        what = f"Recordings cannot be written: {error}"
        remedy = "Free some space or check the disk. The last minutes wait in memory."
        if self._health.report("store", what, remedy, SHOWN_SECONDS):
            log.warning("store unavailable", camera=self._camera.camera, reason=str(error))

    async def _advance_all(self) -> StoreUnavailable | None:
        """Every job as far as it goes; one that fails holds up no other."""
        failed = None
        while self._datings:
            self._redate_kept(self._datings.popleft())
        for job in list(self._jobs):
            try:
                await self._advance(job)
            except StoreUnavailable as error:
                failed = error
        return failed

    def _redate_kept(self, dating: Dating) -> None:
        """What is known of the files, while no thread writes one."""
        for job in self._jobs:
            job.redate_kept(dating)

    async def _advance(self, job: RecordingJob) -> None:
        await self._sync_if_due(job)
        while segments := job.wanted(self._camera.buffer):
            for segment in segments:
                await self._append(job, segment)
            await self._sync_if_due(job)
        # Nothing was awaited since the buffer had no more: whoever is complete now misses no last segment.
        if self._is_complete(job):
            await self._close(job)
            if job in self._jobs:
                self._jobs.remove(job)

    async def _append(self, job: RecordingJob, segment: Segment) -> None:
        before, placed = job.seen, job.placed(segment)
        entry = self._entry(job, segment, placed)
        if entry is None:
            job.passed(segment)
            return

        def write() -> None:
            with self._one_writer:
                if job.seen is before:
                    self._writer_of(job, segment).append(entry)
                    job.took(segment, placed)

        try:
            await on_disk(self._health, write)
        except StoreUnavailable as error:
            since = before.ends_at if before is not None else segment.starts_at
            job.waits = (job.waits[0] if job.waits is not None else since), str(error)
            raise
        self._tell_lost(job, before, segment)

    def _tell_lost(self, job: RecordingJob, before: Segment | None, segment: Segment | None) -> None:
        """What fell out of the buffer while nothing could be written is a gap, up to `segment` or to the end."""
        waits, job.waits = job.waits, None
        if waits is not None:
            since, why = waits[0], NOT_WRITTEN.format(waits[1].rstrip("."))
        elif before is not None and segment is not None and _is_later(segment, before):
            since, why = before.ends_at, TOO_SLOW
        else:
            return
        gap = gap_between(self._camera.camera, since, segment.starts_at if segment is not None else job.until, why)
        if gap is not None:
            self._rows.gap(gap)

    def _entry(self, job: RecordingJob, segment: Segment, placed: Segment) -> bytes | None:
        """What the segment adds to the file; None where it is of another format or cannot be had any more."""
        try:
            fmt = self._camera.format_of(segment)
            job.format = job.format or fmt
            if fmt != job.format:
                return None
            data = self._camera.read(segment, 0, segment.size)
            heard_from = placed.audio.first_pts if placed.audio else 0
            return file_format.entry(placed, retime_fragment(data, placed.first_dts, placed.sequence, heard_from))
        except (BlobMissing, StoreUnavailable, MediaInvalid, ValueError) as error:
            log.warning("a segment was lost before it was recorded", camera=self._camera.camera, reason=str(error))
            return None

    def _writer_of(self, job: RecordingJob, segment: Segment) -> BlobWriter:
        """In a thread: the file's writer, its header written; the row follows once the pre-roll is in it."""
        if job.writer is None:
            job.key = recording_key(self._camera.camera, segment.starts_at, self._store.exists)
            job.writer = self._store.create(job.key)
        if job.writer.size == 0 and job.format is not None:
            job.writer.append(file_format.header(job.format, job.label))
        return job.writer

    async def _sync_if_due(self, job: RecordingJob) -> None:
        """Bytes first, row second; while the recording grows its row is written once."""
        first = job.synced_at is None
        rested = job.synced_at is None or self._clock.monotonic() - job.synced_at >= self._durability
        if job.writer is None or not job.unsynced or not rested:
            return
        await on_disk(self._health, self._sync, job, job.writer)
        job.synced_at = self._clock.monotonic()
        self._health.clear("store")
        if first:
            recording = job.recording()
            self._rows.recorded(job.event, recording, job.pre_roll)

    def _sync(self, job: RecordingJob, writer: BlobWriter) -> None:
        with self._one_writer:
            writer.sync()
            job.unsynced = False

    def _is_complete(self, job: RecordingJob) -> bool:
        if job.finished_at is None:
            return False
        if job.seen is not None and job.seen.ends_at >= job.until:
            return True
        waited = self._clock.monotonic() - job.finished_at
        return not self._camera.connected or waited > LAST_SEGMENT_WAIT_SECONDS

    async def _close(self, job: RecordingJob) -> None:
        self._tell_lost(job, job.seen, None)
        if job.writer is not None:
            await on_disk(self._health, self._close_file, job.writer)
            self._health.clear("store")
        if job.writer is not None and job.tail is not None:
            recording = job.recording()
            self._rows.recorded(job.event, recording, job.pre_roll, whole=True)
            return
        if job.writer is not None:
            await on_disk(self._health, self._store.delete, job.key)  # not one of its segments was still there
        self._rows.not_recorded(job.event)

    def _close_file(self, writer: BlobWriter) -> None:
        with self._one_writer:
            writer.close()


def _is_later(segment: Segment, before: Segment) -> bool:
    """Whether others of its connection lay between the two."""
    return segment.connection == before.connection and segment.sequence > before.sequence + 1
