"""After a start: makes store, catalog and buffer agree again.  Runs before the first camera does."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, MediaInvalid, StoreUnavailable
from doorstep.core.event import Cause, Event, EventId, Recording
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.mp4.recording import RecordingIndex, read_recording
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.recorder import Recorder
from doorstep.pipeline.recording_job import first_shown
from doorstep.ports import BlobWriter, Catalog, Store

log = structlog.get_logger()

LARGEST_HEADER = 65536


@dataclass(frozen=True, slots=True)
class Reopened:
    """A recording that a former run left open: what is whole of it, the file to go on with, and its pictures."""

    recording: Recording
    index: RecordingIndex
    writer: BlobWriter
    has_still: bool


class Recovery:
    """No row without bytes, no bytes without a row.  Blocking work in a thread, the rest on the loop."""

    def __init__(self, store: Store, catalog: Catalog, rows: EventRows, post_roll: float) -> None:
        self._store = store
        self._catalog = catalog
        self._rows = rows
        self._post_roll = timedelta(seconds=post_roll)

    async def run(self, recorders: Mapping[CameraId, Recorder]) -> None:
        """Close what was open and adopt what has no row.  Raises CatalogUnavailable, StoreUnavailable."""
        unfinished = await asyncio.to_thread(self._catalog.unfinished_events)
        orphans = await asyncio.to_thread(self._orphans)
        for event in await asyncio.to_thread(self._still_told):
            self._rows.adopt(event)
        for event in [*unfinished, *orphans]:
            await self._finish(event, recorders.get(event.camera))

    def _still_told(self) -> list[Event]:
        """The events of alerts that have not arrived yet: their ledgers go on."""
        ids = dict.fromkeys(delivery.alert.event for delivery in self._catalog.due_deliveries())
        return [event for event_id in ids if (event := self._catalog.event(event_id)) is not None]

    async def _finish(self, event: Event, recorder: Recorder | None) -> None:
        try:
            reopened = await asyncio.to_thread(self._reopen, event)
        except StoreUnavailable as error:
            # One bad spot of a disk must not keep the house from starting; the next start tries again.
            log.warning("a recording could not be recovered", event_id=event.id, reason=str(error))
            return
        if reopened is None:
            over = event.ended_at or event.last_seen_at
            self._rows.replaced(replace(event, recording=None, pre_roll_seconds=None, has_still=False, ended_at=over))
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
            has_still=reopened.has_still,
        )

    def _reopen(self, event: Event) -> Reopened | None:
        """The file, cut to its last whole segment; None when it holds none.  Raises StoreUnavailable."""
        if event.recording is None:
            return None
        key = event.recording.key
        try:
            read = partial(self._store.read, key)
            # To the last byte: a power cut leaves holes where nothing was synced.
            index = read_recording(read, self._store.size(key), event.camera, verify=True)
        except (BlobMissing, MediaInvalid):
            self._delete(key)
            return None
        if not index.segments:
            self._delete(key)
            return None
        writer = self._store.resume(key, index.whole_size)
        return Reopened(_read_back(event.recording, index), index, writer, self._has_pictures(key))

    def _orphans(self) -> list[Event]:
        """Recordings that no row names: their label tells what the row would have said."""
        known = self._catalog.recording_keys()
        found: dict[EventId, Event] = {}
        for key in self._store.keys():  # noqa: SIM118 - a store is no dict
            if not key.endswith(".mp4"):
                self._drop_lonely_picture(key, known)
            elif key not in known:
                event = self._from_label(key)
                if event is not None:
                    found[event.id] = event
        return list(found.values())

    def _drop_lonely_picture(self, key: str, known: frozenset[str]) -> None:
        stem = key.removesuffix(".jpg").removesuffix(".thumb")
        if key.endswith(".jpg") and f"{stem}.mp4" not in known and not self._store.exists(f"{stem}.mp4"):
            self._store.delete(key)

    def _from_label(self, key: str) -> Event | None:
        camera = CameraId(key.split("/", 1)[0])
        try:
            index = read_recording(partial(self._store.read, key), self._store.size(key), camera)
            label = json.loads(index.label)
            started_at = datetime.fromisoformat(label["started_at"])
            causes = tuple(Cause(cause) for cause in label["causes"])
            event_id = EventId(str(label["event"]))
        except StoreUnavailable as error:
            log.warning("a recording could not be read", key=key, reason=str(error))
            return None
        except (BlobMissing, MediaInvalid, ValueError, KeyError, TypeError):
            self._drop_if_hardly_begun(key)
            return None
        known = self._catalog.event(event_id)
        if known is not None and known.recording is not None:
            self._delete(key)
            return None
        event = known or Event(event_id, camera, started_at, started_at, causes=causes)
        return replace(event, recording=Recording(key, started_at, started_at, 0))

    def _drop_if_hardly_begun(self, key: str) -> None:
        """A header that was cut short holds no picture; a larger file may be somebody's, and stays."""
        try:
            size = self._store.size(key)
        except BlobMissing:
            return
        if size <= LARGEST_HEADER:
            self._delete(key)
        else:
            log.warning("a file among the recordings is none of ours, or damaged; it was left", key=key, bytes=size)

    def _has_pictures(self, key: str) -> bool:
        return self._store.exists(still_key(key)) and self._store.exists(thumbnail_key(key))

    def _delete(self, key: str) -> None:
        try:
            for name in (key, still_key(key), thumbnail_key(key)):
                self._store.delete(name)
        except StoreUnavailable as error:
            log.warning("a damaged recording could not be removed", key=key, reason=str(error))


def _read_back(known: Recording, index: RecordingIndex) -> Recording:
    segments = [recorded.segment for recorded in index.segments]
    ends_at = segments[-1].ends_at
    # A row of an orphan knows nothing but the key.
    starts_at = known.starts_at if known.size > 0 else first_shown(segments, segments[0].starts_at, ends_at)
    return Recording(known.key, starts_at, max(ends_at, starts_at), index.whole_size)
