"""Keeps a span of video that somebody wants as an event of its own, before it is overwritten.

Which segments there are is `clip_footage`'s, and who may ask for it the web's.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from secrets import token_hex

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.clip import ClipPlan, plan_parts
from doorstep.core.errors import (
    BlobMissing,
    CatalogUnavailable,
    MediaInvalid,
    Overtaken,
    SpanUnavailable,
    StoreFull,
    StoreUnavailable,
)
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.recording_key import recording_key, still_key, thumbnail_key
from doorstep.core.segment import Segment
from doorstep.mp4 import recording as file_format
from doorstep.mp4.fragment import retime_fragment
from doorstep.pipeline.clip_builder import RecordedClips
from doorstep.pipeline.clip_footage import Footage, Found
from doorstep.pipeline.clip_span import AskedSpan
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.recording_file import event_label
from doorstep.pipeline.recording_job import placed_behind
from doorstep.ports import BlobWriter, GrowingStore, PastPictures

log = structlog.get_logger()

STILL = 1920, 1080
THUMBNAIL = 480, 270

ROOM_LEFT = 64 << 20
"""Bytes that a saved clip leaves free: for the next visitor."""

LISTED_SECONDS = 5.0
"""How long is waited for the row; it comes also when that is over."""

FULL = "There is no room for this clip, so it was not kept. Free some space, or save it to your phone instead."
_NAMES_TRIED = 3


@dataclass(frozen=True, slots=True)
class _Kept:
    """The segments that show the longest part of a span without a gap."""

    plan: ClipPlan
    segments: Sequence[Found]

    @property
    def size(self) -> int:
        return sum(one.segment.size for one in self.segments)


class SavedClips:
    """On the event loop.  One clip at a time: to copy an hour takes the disk some seconds, and recording needs it too.

    Bytes first, row second, as of any event.  What a crash leaves of one is found at the next start by its label.
    """

    def __init__(self, clips: RecordedClips, store: GrowingStore, pictures: PastPictures, rows: EventRows) -> None:
        self._clips = clips
        self._store = store
        self._pictures = pictures
        self._rows = rows
        self._turn = asyncio.Semaphore(1)

    async def keep(self, camera: CameraId, start: datetime, end: datetime) -> Event:
        """The event of the longest gapless part of the span; nobody is told of it.

        Raises SpanUnavailable, StoreUnavailable; StoreFull in words for people.
        """
        async with self._turn:
            event = await self._clips.of_footage(AskedSpan(camera, start, end), self._written)
        event = await self._with_pictures(event)
        self._rows.decided(event)
        with suppress(TimeoutError):
            async with asyncio.timeout(LISTED_SECONDS):
                await self._rows.settled()
        return self._rows.latest(event.id) or event

    def _written(self, span: AskedSpan, footage: Footage) -> Event:
        """In a thread."""
        kept = _longest(span, footage)
        free = self._store.free_bytes()
        if free is not None and free < kept.size + ROOM_LEFT:
            raise StoreFull(FULL)
        plan, event_id = kept.plan, _new_id(span.camera, kept.plan.starts_at)
        event = Event(event_id, span.camera, plan.starts_at, plan.ends_at, plan.ends_at, (Cause.SAVED,))
        try:
            key, size = self._copied(event, kept)
        except StoreFull as error:
            raise StoreFull(FULL) from error
        except (BlobMissing, MediaInvalid) as error:
            msg = "A part of this span is not there any more."
            raise SpanUnavailable(msg) from error
        recording = Recording(key, plan.starts_at, plan.ends_at, size)
        return replace(event, recording=recording, pre_roll_seconds=0.0)

    def _copied(self, event: Event, kept: _Kept) -> tuple[str, int]:
        """The key of the finished file and its size; nothing is left of one that could not be finished."""
        key, writer = self._new_file(event.camera, kept.segments[0].segment.starts_at)
        try:
            writer.append(file_format.header(kept.segments[0].format, event_label(event)))
            tail: Segment | None = None
            for one in kept.segments:
                tail = placed_behind(tail, one.segment)
                writer.append(_entry(one, tail))
            writer.close()
        except BaseException:
            with suppress(StoreUnavailable):
                writer.close()
            with suppress(StoreUnavailable):
                self._store.delete(key)
            raise
        return key, writer.size

    def _new_file(self, camera: CameraId, at: datetime) -> tuple[str, BlobWriter]:
        """A recorder may take the same name in the same moment."""
        for left in reversed(range(_NAMES_TRIED)):
            key = recording_key(camera, at, self._store.exists)
            try:
                return key, self._store.create(key)
            except StoreFull:
                raise
            except StoreUnavailable:
                if not left or not self._store.exists(key):
                    raise
        raise AssertionError

    async def _with_pictures(self, event: Event) -> Event:
        """Of its middle; without any where none can be made."""
        recording = event.recording
        if recording is None:
            return event
        middle = event.started_at + (event.last_seen_at - event.started_at) / 2
        try:
            for key, most in ((still_key(recording.key), STILL), (thumbnail_key(recording.key), THUMBNAIL)):
                picture = await self._pictures.frame(event.camera, middle, most, f"saved {event.id}")
                await asyncio.to_thread(self._store.put, key, picture.jpeg)
        except (SpanUnavailable, Overtaken, StoreUnavailable, CatalogUnavailable) as error:
            log.warning("a saved clip has no picture", event_id=event.id, reason=str(error))
            return event
        return replace(event, has_still=True)


def _longest(span: AskedSpan, footage: Footage) -> _Kept:
    """As a download of the span shows it.  Raises SpanUnavailable."""
    plans: list[ClipPlan] = []
    for line in footage.lines:
        plans += plan_parts([one.segment for one in line], span.start, span.end)
    if not plans:
        msg = "Nothing was recorded in this span."
        raise SpanUnavailable(msg)
    plan = max(plans, key=lambda one: one.shown_ticks / one.timescale)
    wanted = {id(run.segment) for run in (*plan.runs, *plan.audio)}
    return _Kept(plan, [one for line in footage.lines for one in line if id(one.segment) in wanted])


def _entry(one: Found, placed: Segment) -> bytes:
    """What the segment adds to the file.  Raises BlobMissing, MediaInvalid."""
    heard_from = placed.audio.first_pts if placed.audio else 0
    data = one.verified(0, one.segment.size)
    return file_format.entry(placed, retime_fragment(data, placed.first_dts, placed.sequence, heard_from))


def _new_id(camera: CameraId, at: datetime) -> EventId:
    """Two people may save the same minute."""
    return EventId(f"{camera}-saved-{at:%Y%m%dT%H%M%S}-{token_hex(3)}")
