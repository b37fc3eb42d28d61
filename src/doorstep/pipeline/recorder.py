"""Writes the recordings of one camera's events: pre-roll from the buffer, then each new segment, synced as it goes."""

import asyncio
import json
from collections import deque
from datetime import datetime

import structlog

from doorstep.core.errors import BlobMissing, MediaInvalid, StoreUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.recording_key import recording_key
from doorstep.core.segment import Segment
from doorstep.mp4 import recording as file_format
from doorstep.mp4.fragment import retime_fragment
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.recording_job import RecordingJob
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.ports import BlobWriter, Clock, Store

log = structlog.get_logger()

RETRY_SECONDS = 2.0
LAST_SEGMENT_WAIT_SECONDS = 5.0


class Recorder:
    """One task for each camera.  `begin`, `extend` and `finish` only say what is wanted; `run` does it in order.

    A store that fails costs nothing while the rolling buffer lasts: the job waits and takes up where it stood.
    """

    def __init__(
        self,
        camera: BufferedCamera,
        store: Store,
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
        self._wake = asyncio.Event()

    # -------------------------------------------------------------------------------------------- what is wanted

    def begin(self, event: Event, record_from: datetime, until: datetime) -> None:
        """Record this event from `record_from` on, which may lie in the past."""
        label = json.dumps(
            {
                "event": event.id,
                "camera": event.camera,
                "started_at": event.started_at.isoformat(),
                "causes": event.causes,
            }
        ).encode()
        # A clip never mixes two formats: it is the one of the connection in which somebody was seen.
        fmt = self._camera.format if self._camera.connected else None
        self._add(RecordingJob(event.id, record_from, event.started_at, label, until, fmt))

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
        """Finish what a former run left open, with what the buffer still holds.  `event` has a recording."""
        recording = event.recording
        if recording is None:
            return
        tail = index.segments[-1].segment
        self._add(
            RecordingJob(
                event=event.id,
                wanted_from=recording.starts_at,
                first_sighting=event.started_at,
                label=index.label,
                until=until,
                format=index.format,
                finished_at=self._clock.monotonic(),
                key=recording.key,
                writer=writer,
                seen=tail,
                tail=tail,
                shown_from=recording.starts_at,
            )
        )

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
            async with asyncio.timeout(1.0 if any(job.finished_at is not None for job in self._jobs) else None):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    def _report(self, error: StoreUnavailable) -> None:
        what = f"Recordings cannot be written: {error}"
        if self._health.report("store", what, "Free some space or check the disk. The last minutes wait in memory."):
            log.warning("store unavailable", camera=self._camera.camera, reason=str(error))

    async def _advance_all(self) -> StoreUnavailable | None:
        """Every job as far as it goes; one that fails holds up no other."""
        failed = None
        for job in list(self._jobs):
            try:
                await self._advance(job)
            except StoreUnavailable as error:
                failed = error
        return failed

    async def _advance(self, job: RecordingJob) -> None:
        await self._sync_if_due(job)
        while segments := job.wanted(self._camera.buffer):
            for segment in segments:
                await self._append(job, segment)
            await self._sync_if_due(job)
        # Nothing was awaited since the buffer had no more: whoever is complete now misses no last segment.
        if self._is_complete(job):
            await self._close(job)
            self._jobs.remove(job)

    async def _append(self, job: RecordingJob, segment: Segment) -> None:
        placed = job.placed(segment)
        entry = self._entry(job, segment, placed)
        if entry is None:
            job.seen = segment
            return
        writer = await self._writer_of(job, segment)
        await asyncio.to_thread(writer.append, entry)
        job.took(segment, placed)

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

    async def _writer_of(self, job: RecordingJob, segment: Segment) -> BlobWriter:
        """The file's writer, its header written; the row follows once the pre-roll is in it."""
        if job.writer is None:
            camera = self._camera.camera
            job.key = await asyncio.to_thread(recording_key, camera, segment.starts_at, self._store.exists)
            job.writer = await asyncio.to_thread(self._store.create, job.key)
        if job.writer.size == 0 and job.format is not None:
            await asyncio.to_thread(job.writer.append, file_format.header(job.format, job.label))
        return job.writer

    async def _sync_if_due(self, job: RecordingJob) -> None:
        """Bytes first, row second; while the recording grows its row is written once."""
        first = job.synced_at is None
        rested = job.synced_at is None or self._clock.monotonic() - job.synced_at >= self._durability
        if job.writer is None or not job.unsynced or not rested:
            return
        await asyncio.to_thread(job.writer.sync)
        job.unsynced, job.synced_at = False, self._clock.monotonic()
        self._health.clear("store")
        if first:
            recording = job.recording()
            self._rows.recorded(job.event, recording, job.pre_roll)

    def _is_complete(self, job: RecordingJob) -> bool:
        if job.finished_at is None:
            return False
        if job.seen is not None and job.seen.ends_at >= job.until:
            return True
        waited = self._clock.monotonic() - job.finished_at
        return not self._camera.connected or waited > LAST_SEGMENT_WAIT_SECONDS

    async def _close(self, job: RecordingJob) -> None:
        if job.writer is not None:
            await asyncio.to_thread(job.writer.close)
            self._health.clear("store")
        if job.writer is not None and job.tail is not None:
            recording = job.recording()
            self._rows.recorded(job.event, recording, job.pre_roll, whole=True)
            return
        if job.writer is not None:
            await asyncio.to_thread(self._store.delete, job.key)  # not one of its segments was still there
        self._rows.not_recorded(job.event)
