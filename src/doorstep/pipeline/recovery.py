"""After a start: makes store, catalog and buffer agree again.  Runs before the first camera does."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, MediaInvalid, StoreUnavailable
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.gap import gap_between
from doorstep.core.recorded_span import camera_of_minute
from doorstep.core.recording_key import recording_key, still_key
from doorstep.mp4.recording import RecordingIndex, read_recording
from doorstep.pipeline.continuous import ContinuousRecorder
from doorstep.pipeline.continuous_recovery import MinuteRecovery
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.file_mender import FileMender, WholeFile
from doorstep.pipeline.pictures import Pictures, pictures_of
from doorstep.pipeline.recorder import Recorder
from doorstep.pipeline.recording_file import VIDEO, camera_of, labelled_event
from doorstep.pipeline.recording_job import first_shown
from doorstep.pipeline.side_room import NoSideRoom, SideRoom
from doorstep.ports import BlobWriter, Catalog, GrowingStore

log = structlog.get_logger()

LONGEST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Reopened:
    """A recording that a former run left open: what is whole of it, the file to go on with, and its pictures."""

    recording: Recording
    index: RecordingIndex
    writer: BlobWriter
    pictures: Pictures


class Recovery:
    """No row without bytes, no bytes without a row.  Blocking work in a thread, the rest on the loop."""

    def __init__(
        self,
        store: GrowingStore,
        catalog: Catalog,
        rows: EventRows,
        post_roll: float,
        pre_roll: float = 0.0,
        *,
        longest: float = LONGEST_SECONDS,
        room: SideRoom | None = None,
    ) -> None:
        """`room` is where moves what could be video and belongs to no event; without one it stays where it is.

        `longest` is after how many seconds an event is over in any case.
        """
        self._store = store
        self._catalog = catalog
        self._rows = rows
        self._post_roll = timedelta(seconds=post_roll)
        self._pre_roll = timedelta(seconds=pre_roll)
        self._longest = timedelta(seconds=longest)
        self._room = room or NoSideRoom()
        self._files = FileMender(store, self._room)
        self._minutes = MinuteRecovery(store, catalog, self._files)

    async def run(self, recorders: Mapping[CameraId, Recorder]) -> None:
        """Close what was open and adopt what has no row.  Raises CatalogUnavailable, StoreUnavailable."""
        await asyncio.to_thread(self._clear_leftovers)
        keys = await asyncio.to_thread(lambda: tuple(self._store.keys()))
        await asyncio.to_thread(self._minutes.mend, keys)
        for camera, recorder in recorders.items():
            if isinstance(recorder, ContinuousRecorder):
                await asyncio.to_thread(self._minutes.hand_over, camera, recorder)
        unfinished = await asyncio.to_thread(self._catalog.unfinished_events)
        orphans = await asyncio.to_thread(self._orphans, keys)
        for event in await asyncio.to_thread(self._still_told):
            self._rows.adopt(event)
        for event in [*unfinished, *orphans]:
            # What the camera films now is no part of a test of a former run.
            await self._finish(event, None if event.is_test else recorders.get(event.camera))

    def _still_told(self) -> list[Event]:
        """The events of alerts that have not arrived yet: their ledgers go on."""
        ids = dict.fromkeys(delivery.alert.event for delivery in self._catalog.due_deliveries())
        return [event for event_id in filter(None, ids) if (event := self._catalog.event(event_id)) is not None]

    async def _finish(self, event: Event, recorder: Recorder | None) -> None:
        if event.recording is None and isinstance(recorder, ContinuousRecorder):
            event = replace(event, recording=await asyncio.to_thread(self._in_minutes, event))
        if event.recording is not None and event.recording.in_minutes:
            self._rows.replaced(await asyncio.to_thread(self._closed_in_minutes, event, event.recording))
            return
        try:
            reopened = await asyncio.to_thread(self._reopen, event)
        except StoreUnavailable as error:
            # One bad spot of a disk must not keep the house from starting; the next start tries again.
            log.warning("a recording could not be recovered", event_id=event.id, reason=str(error))
            return
        if reopened is None:
            over = event.ended_at or event.last_seen_at
            self._rows.replaced(_without_recording(event, over))
            return
        closed = self._closed(event, reopened)
        self._rows.replaced(closed)
        log.info("recording of a former run recovered", event_id=event.id, seconds=round(reopened.recording.seconds, 1))
        if recorder is not None and closed.ended_at is not None:
            recorder.resume(closed, reopened.index, reopened.writer, closed.ended_at)
        else:
            await asyncio.to_thread(reopened.writer.close)

    def _closed(self, event: Event, reopened: Reopened) -> Event:
        """The file ends with the post-roll, so it tells when somebody was last seen where the row does not."""
        recording, last_seen = reopened.recording, event.last_seen_at
        if event.ended_at is None:
            last_seen = max(last_seen, recording.ends_at - self._post_roll)
        return replace(
            event,
            last_seen_at=last_seen,
            ended_at=event.ended_at or last_seen + self._post_roll,
            recording=recording,
            pre_roll_seconds=max(0.0, (event.started_at - recording.starts_at).total_seconds()),
            has_still=reopened.pictures.are_there,
            box=reopened.pictures.box,
        )

    def _in_minutes(self, event: Event) -> Recording | None:
        """The crash came before its row said so: it lies in the minute files all the same."""
        begin, over = event.started_at - self._pre_roll, event.ended_at or event.last_seen_at + self._post_roll
        spans = self._catalog.recorded(event.camera, begin, over)
        minutes = [span for span in spans if camera_of_minute(span.key) and span.ends_at > event.started_at]
        if not minutes:
            return None
        key = recording_key(event.camera, event.started_at, lambda key: self._store.exists(still_key(key)))
        starts_at = max(begin, min(span.starts_at for span in spans if camera_of_minute(span.key)))
        return Recording(key, starts_at, starts_at, sum(span.size for span in minutes), in_minutes=True)

    def _closed_in_minutes(self, event: Event, recording: Recording) -> Event:
        """Its video lies in minute files, which are mended already: it ends with them, or with the post-roll."""
        last_seen = event.last_seen_at
        if event.ended_at is None:
            last_seen = max(last_seen, self._ran_until(event, recording) - self._post_roll)
        over = event.ended_at or last_seen + self._post_roll
        spans = self._catalog.recorded(event.camera, recording.starts_at, over)
        reach = max((span.ends_at for span in spans if camera_of_minute(span.key)), default=recording.ends_at)
        ends_at = max(min(over, reach), recording.starts_at)
        pre_roll = max(0.0, (event.started_at - recording.starts_at).total_seconds())
        recording, pictures = replace(recording, ends_at=ends_at), pictures_of(self._store, recording.key)
        closed = replace(event, last_seen_at=last_seen, ended_at=over, recording=recording, pre_roll_seconds=pre_roll)
        return replace(closed, has_still=pictures.are_there, box=pictures.box)

    def _ran_until(self, event: Event, recording: Recording) -> datetime:
        """Its row knows no end, and not who was seen since it was written: it ran until the kill, or until a gap."""
        most = event.started_at + self._longest
        reach = recording.starts_at
        for span in self._catalog.recorded(event.camera, reach, most):
            if camera_of_minute(span.key) and gap_between(event.camera, reach, span.starts_at, "") is None:
                reach = max(reach, span.ends_at)
        return min(reach, most)

    def _reopen(self, event: Event) -> Reopened | None:
        """The file, whole to its end; None when nothing of it is.  Raises StoreUnavailable."""
        if event.recording is None:
            return None
        known = event.recording
        mended = self._files.made_whole(known.key)
        if mended is None:
            return None
        if mended.key != known.key:
            # A row names the new file before the damaged one moves away.
            self._catalog.save_event(replace(event, recording=replace(known, key=mended.key)))
            self._files.set_aside(known.key)
        writer = self._store.resume(mended.key, mended.index.whole_size)
        read_back = _read_back(known, mended.dated(event.started_at))
        return Reopened(read_back, mended.index, writer, pictures_of(self._store, mended.key))

    def _orphans(self, keys: Iterable[str]) -> list[Event]:
        """Recordings that no row names: their label tells what the row would have said."""
        known, pictured = self._catalog.recording_keys(), self._catalog.pictured_keys()
        found: dict[EventId, Event] = {}
        for key in sorted(keys):
            try:
                if not key.endswith(VIDEO):
                    self._set_lonely_picture_aside(key, pictured)
                elif key not in known and camera_of_minute(key) is None:
                    event = self._from_label(key, found)
                    if event is not None:
                        found[event.id] = event
            except StoreUnavailable as error:
                log.warning("a recording could not be looked at", key=key, reason=str(error))
        return list(found.values())

    def _set_lonely_picture_aside(self, key: str, known: frozenset[str]) -> None:
        video = key.removesuffix(".jpg").removesuffix(".thumb") + VIDEO
        if key.endswith(".jpg") and video not in known and not self._store.exists(video):
            log.warning("a picture without its recording was moved", key=key, to=self._room.set_aside(key))

    def _from_label(self, key: str, found: Mapping[EventId, Event]) -> Event | None:
        """None for a second recording of one event, and one that tells of none.  Raises StoreUnavailable."""
        try:
            read, size = partial(self._store.read, key), self._store.size(key)
            label = read_recording(read, size, camera_of(key)).label
        except (BlobMissing, MediaInvalid):
            label = b""
        told = labelled_event(label, key)
        event = told and (self._catalog.event(told.id) or told)
        if event is None or event.recording is not None or event.id in found:
            log.warning("a recording that belongs to no event was moved", key=key, done=self._files.give_up(key))
            return None
        return replace(event, recording=Recording(key, event.started_at, event.started_at, 0))

    def _clear_leftovers(self) -> None:
        """What an interrupted write left; a running server has none of its own yet."""
        try:
            for name in self._room.leftovers():
                log.info("what an interrupted write left is gone", name=name, done=self._room.clear(name))
        except StoreUnavailable as error:
            log.warning("what interrupted writes left could not be cleared", reason=str(error))


def _without_recording(event: Event, over: datetime) -> Event:
    return replace(event, recording=None, pre_roll_seconds=None, has_still=False, box=None, ended_at=over)


def _read_back(known: Recording, file: WholeFile) -> Recording:
    segments = [recorded.segment for recorded in file.index.segments]
    ends_at = segments[-1].ends_at
    # A row of an orphan knows nothing but the key.
    starts_at = known.starts_at if known.size > 0 else first_shown(segments, segments[0].starts_at, ends_at)
    return Recording(file.key, starts_at, max(ends_at, starts_at), file.index.whole_size)
