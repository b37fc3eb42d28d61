"""Records a camera round the clock: every segment of the buffer into one growing file a minute, synced as it goes."""

from dataclasses import replace
from datetime import datetime

import structlog

from doorstep.core.clock_state import Dating
from doorstep.core.errors import BlobMissing, MediaInvalid, StoreUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.gap import gap_between
from doorstep.core.media import VideoFormat
from doorstep.core.recorded_span import minute_key
from doorstep.core.redating import redated_segment
from doorstep.core.segment import Segment
from doorstep.mp4 import recording as file_format
from doorstep.pipeline.continuous_file import FAR_AHEAD, MinuteFile, held_of, unseen
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.recorder import LAST_SEGMENT_WAIT_SECONDS, NOT_WRITTEN, TOO_SLOW, Recorder
from doorstep.pipeline.recording_file import minute_label
from doorstep.pipeline.recording_job import LONG_AGO
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.pipeline.visits import Visit, Visits
from doorstep.ports import Clock, GrowingStore

log = structlog.get_logger()

OVERWRITTEN = "it was lost before it could be written"


class ContinuousRecorder(Recorder):
    """The recorder of a camera with `record = "always"`; its events are spans over the minute files, without a copy.

    Segments are kept as they were cut, so a file has one connection and no hole: where either would begin, a new file
    does.  A store that fails costs nothing while the rolling buffer lasts; what falls out of it meanwhile is a gap.
    Recordings of its own it has only where a former run left one open (`resume`).
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
        super().__init__(camera, store, rows, health, clock, durability)
        self._visits = Visits(camera, store, rows)
        self._file: MinuteFile | None = None
        self._seen: Segment | None = None
        self._last: Segment | None = None  # in a file
        self._kept: Segment | None = None  # in a file, and synced
        self._first: Segment | None = None
        self._trouble: str | None = None
        self._missed: str | None = None
        self._took_at = clock.monotonic()
        self._ends = False
        self._ends_with: Segment | None = None
        self._before_first: Segment | None = None

    # -------------------------------------------------------------------------------------------- what is wanted

    def begin(self, event: Event, record_from: datetime, until: datetime) -> None:
        """This event's video begins at `record_from`, which may lie in the past."""
        fmt = self._camera.format if self._camera.connected else None
        self._visits.begin(Visit(event.id, event.started_at, record_from, until, fmt))
        self._wake.set()

    def extend(self, event_id: EventId, until: datetime) -> None:
        """It lasts at least up to `until`."""
        for visit in self._visits.of(event_id):
            visit.until = max(visit.until, until)
        super().extend(event_id, until)

    def finish(self, event_id: EventId, until: datetime) -> None:
        """The event is over: its video ends at `until`."""
        for visit in self._visits.of(event_id):
            visit.until, visit.finished_at = until, self._clock.monotonic()
        super().finish(event_id, until)

    def redate(self, dating: Dating) -> None:
        """All times so far were told by a guess that is known now."""
        self._visits.redate(dating)
        super().redate(dating)

    def segment_added(self) -> None:
        """The buffer grew."""
        self._wake.set()

    @property
    def recording(self) -> bool:
        """Whether anything is being recorded."""
        return self._file is not None or super().recording

    @property
    def held_since(self) -> datetime | None:
        """When the oldest segment of the buffer began: what is there already after a restart."""
        oldest = self._camera.buffer.oldest
        return oldest.starts_at if oldest is not None else None

    def take_up(self, tail: Segment, since: datetime) -> None:
        """Go on behind the last segment that a former run kept; its file began at `since`.  Before `run`."""
        self._seen = self._last = self._kept = tail
        held = self._camera.buffer.between(LONG_AGO, FAR_AHEAD)
        self._first = next((one for one in held if one.starts_at >= since), tail)

    def take_all(self) -> None:
        """Begin with the oldest segment that the buffer holds: no file has any of them.  Before `run`."""
        oldest = self._camera.buffer.oldest
        if oldest is not None:
            self._before_first = replace(oldest, sequence=oldest.sequence - 1)

    async def drained(self) -> None:
        """Take what the buffer holds now, end the file, and wait until every event is done; `run` begins anew."""
        self._ends, self._ends_with = True, self._camera.buffer.newest
        self._wake.set()
        while not self._is_over or super().recording:
            await self._clock.sleep(0.05)

    # ---------------------------------------------------------------------------------------------- how it is done

    async def run(self) -> None:
        """Keep every segment, for ever."""
        self._wake.set()
        try:
            await super().run()
        finally:
            self._ends = False  # whoever drained it has ended this

    def _is_restless(self) -> bool:
        file = self._file
        waits = file is not None and (file.unsynced or not self._camera.connected)
        return waits or self._visits.finished or super()._is_restless()

    async def _advance_all(self) -> StoreUnavailable | None:
        failed = await super()._advance_all()
        try:
            await self._go_on()
        except StoreUnavailable as error:
            self._trouble = str(error)
            return error
        return failed

    def _redate_kept(self, dating: Dating) -> None:
        super()._redate_kept(dating)
        if self._file is not None:
            self._file.redate(dating)
        self._last = redated_segment(self._last, dating)

    async def _go_on(self) -> None:
        connected = self._camera.connected
        # One that ends takes what its events still want, and begins no new file.
        while not self._is_over and (segments := self._unseen()):
            for segment in segments:
                await self._take(segment)
                await self._sync_file()
        await self._sync_file()
        gone = not self._camera.connected and self._rested(self._took_at) > LAST_SEGMENT_WAIT_SECONDS
        if self._visits:
            kept = held_of(self._camera.buffer, self._first, self._kept)
            await self._visits.settle(kept, self._clock.monotonic(), connected=connected)
        if self._file is not None and (gone or (self._ends and not self._visits)):
            await self._end_file(self._file)

    @property
    def _is_over(self) -> bool:
        """Whether what `drained` waits for is done."""
        if not self._ends or self._file is not None or self._visits:
            return False
        last = self._ends_with
        return last is None or all(
            (one.connection, one.sequence) != (last.connection, last.sequence) for one in self._unseen()
        )

    def _unseen(self) -> tuple[Segment, ...]:
        segments = unseen(self._camera.buffer, self._seen or self._before_first)
        if segments and self._seen is None and self._before_first is None:
            # Should the store fail now, recording begins here all the same, and not at a later key frame.
            self._before_first = replace(segments[0], sequence=segments[0].sequence - 1)
        return segments

    async def _take(self, segment: Segment) -> None:
        before, found = self._seen, self._found(segment)
        if found is None:
            self._seen, self._missed = segment, OVERWRITTEN
            return
        fmt, entry = found
        if segment is self._camera.buffer.oldest:
            self._missed = self._missed or self._why_fallen_out(segment)
        if self._file is not None and not self._file.fits(segment, fmt):
            await self._end_file(self._file)

        def write() -> None:
            with self._one_writer:
                if self._seen is before:
                    self._append_entry(segment, fmt, entry)

        await on_disk(self._health, write)
        self._tell_missed(segment)
        self._took_at, self._trouble = self._clock.monotonic(), None
        self._first = self._first or segment

    def _found(self, segment: Segment) -> tuple[VideoFormat, bytes] | None:
        """Its format, and what it adds to a file; None where it fell out of the buffer meanwhile."""
        try:
            data = self._camera.read(segment, 0, segment.size)
            return self._camera.format_of(segment), file_format.entry(segment, data)
        except (BlobMissing, StoreUnavailable, MediaInvalid, ValueError) as error:
            log.warning("a segment was lost before it was recorded", camera=self._camera.camera, reason=str(error))
            return None

    def _append_entry(self, segment: Segment, fmt: VideoFormat, entry: bytes) -> None:
        """In a thread, under the lock."""
        file = self._file
        if file is None:
            key = minute_key(self._camera.camera, segment.starts_at, self._store.exists)
            file = self._file = MinuteFile(key, self._store.create(key), fmt)
        if file.writer.size == 0:
            file.writer.append(file_format.header(fmt, minute_label(segment)))
        file.writer.append(entry)
        file.took(segment)
        self._seen = segment

    async def _sync_file(self) -> None:
        """Bytes first, row second: a row when the file begins, and one when it is whole."""
        file = self._file
        if file is None or not file.unsynced:
            return
        first = file.synced_at is None
        if not first and not self._visits.finished and self._rested(file.synced_at) < self._durability:
            return
        await on_disk(self._health, self._sync_now, file)
        file.synced_at, self._kept = self._clock.monotonic(), file.synced
        self._health.clear("store")
        row = file.row(whole=False)
        if first and row is not None:
            self._rows.span(row)

    def _sync_now(self, file: MinuteFile) -> None:
        with self._one_writer:
            file.writer.sync()
            file.synced = file.tail

    async def _end_file(self, file: MinuteFile) -> None:
        await on_disk(self._health, self._close_minute, file)
        self._health.clear("store")
        self._kept = file.synced or self._kept
        row = file.row(whole=True)
        if row is not None:
            self._rows.span(row)
        if self._file is file:
            self._file = None

    def _close_minute(self, file: MinuteFile) -> None:
        with self._one_writer:
            file.writer.close()
            file.synced, file.closed = file.tail, True
            if file.tail is None:
                self._store.delete(file.key)

    def _why_fallen_out(self, segment: Segment) -> str | None:
        """Should anything be missing before the oldest segment of the buffer; None where the camera was away."""
        if self._trouble is not None:
            return NOT_WRITTEN.format(self._trouble.rstrip("."))
        same = self._last is not None and segment.connection == self._last.connection
        return TOO_SLOW if same else None

    def _tell_missed(self, segment: Segment) -> None:
        """What fell out of the buffer while the store took nothing is a gap."""
        last, self._last = self._last, segment
        why, self._missed = self._missed, None
        if last is None or why is None or _follows(segment, last):
            return
        gap = gap_between(self._camera.camera, last.ends_at, segment.starts_at, why)
        if gap is not None:
            self._rows.gap(gap)

    def _rested(self, since: float | None) -> float:
        return self._clock.monotonic() - (since or 0.0)


def _follows(segment: Segment, before: Segment) -> bool:
    return segment.connection == before.connection and segment.sequence == before.sequence + 1
