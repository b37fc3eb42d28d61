"""Builds clips out of recorded bytes: plan, head, slices.  No packet is touched; the formats live in `mp4`."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.clip import ClipPlan, plan_parts
from doorstep.core.clip_file import Clip, Conversion
from doorstep.core.clip_form import AS_RECORDED, ClipForm, ClipKind
from doorstep.core.errors import BlobMissing, CatalogUnavailable, MediaInvalid, SpanUnavailable
from doorstep.core.event import Event
from doorstep.core.gap import Gap
from doorstep.core.media import Codec
from doorstep.core.segment import Segment
from doorstep.mp4.movie import MovieHead, movie, pieces
from doorstep.mp4.recording import RecordingIndex, read_recording
from doorstep.pipeline.clip_archive import archive_clip
from doorstep.pipeline.clip_conversion import Conversions
from doorstep.pipeline.clip_footage import (
    Footage,
    Found,
    Pieces,
    around,
    buffered_footage,
    intact,
    recorded_footage,
)
from doorstep.pipeline.clip_span import AskedSpan
from doorstep.pipeline.recording_file import dated_index
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.ports import Catalog, Clock, Store

log = structlog.get_logger()

Hold = Callable[[Sequence[Segment]], Callable[[], None]]
T = TypeVar("T")

LEAD_IN = timedelta(seconds=20)
"""How far before a span the key frame of its first picture may lie in another recording."""

GRACE_SECONDS = 5.0
"""How long a clip that was just made keeps its bytes for him who is about to send it."""

DOUBT_SECONDS = 900.0
"""How long each byte is read before a clip is planned, where one was found gone or changed: as long as buffers hold."""

FEW = 100
"""Segments whose plan takes a millisecond or two: beside busy threads to change to one takes longer than that."""

FARTHEST_BEHIND = timedelta(seconds=10)
"""How far a stream may lie behind the clock; where the newest video is older, the clock may have been set back."""

MOST_AT_ONCE = 4
"""Plans in the making, out of the buffer and with a disk that may stall: others wait their turn, for each may keep a
core busy for ten milliseconds.
"""


class RecordedClips:
    """The `ClipBuilder` port over store and rolling buffers."""

    def __init__(
        self,
        store: Store,
        buffers: dict[CameraId, BufferedCamera],
        clock: Clock,
        catalog: Catalog | None = None,
        conversions: Conversions | None = None,
    ) -> None:
        """Without a catalog a span is found in the buffers alone; without conversions each clip is as recorded."""
        self._store = store
        self._buffers = buffers
        self._clock = clock
        self._catalog = catalog
        self._conversions = conversions
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)
        self._disk_turns = asyncio.Semaphore(MOST_AT_ONCE)
        self._damaged_at: dict[CameraId, float] = {}

    async def of_event(self, event: Event, form: ClipForm = AS_RECORDED) -> Clip:
        """The event's clip from its recording, as far as it is written."""
        recording = event.recording
        if recording is None:
            msg = "this event has no video"
            raise SpanUnavailable(msg)
        ends_at = recording.ends_at if event.ended_at is not None else max(recording.ends_at, self._clock.now())
        span = AskedSpan(event.camera, recording.starts_at, ends_at, form, bridge_gaps=True)
        if recording.in_minutes:
            return await self._of(span)
        async with self._disk_turns:
            return await asyncio.to_thread(self._of_recording, span, recording.key, event)

    async def of_footage(self, span: AskedSpan, make: Callable[[AskedSpan, Footage], T]) -> T:
        """What `make` makes, in a thread, of what there is of a span; nothing of that goes meanwhile.

        Raises SpanUnavailable, StoreUnavailable, and what `make` does.
        """
        if span.camera not in self._buffers:
            msg = "there is no such camera"
            raise SpanUnavailable(msg)
        found, _, release = self._held(span)
        try:
            async with self._disk_turns:
                return await asyncio.to_thread(lambda: make(span, self._footage(span, found)))
        finally:
            release()

    async def of_span(self, camera: CameraId, start: datetime, end: datetime, form: ClipForm = AS_RECORDED) -> Clip:
        """The longest gapless part of the span, or all of them, out of the rolling buffer and of recordings."""
        if camera not in self._buffers:
            msg = "there is no such camera"
            raise SpanUnavailable(msg)
        return await self._of(AskedSpan(camera, start, end, form))

    async def in_h264(self, clip: Clip, *, wait: bool = True) -> Clip | Conversion:
        """The clip in H.264; see the port."""
        if clip.codec is Codec.H264:
            return clip
        if self._conversions is None:
            return Conversion(failed="This server converts no video.")
        return await self._conversions.converted(clip, wait=wait)

    def _held(self, span: AskedSpan) -> tuple[list[Found], Hold, Callable[[], None]]:
        """What the buffer has of the span, pinned until the last of them is called; the first also pins."""
        buffered = self._buffers.get(span.camera)
        if buffered is None:
            return [], _hold_nothing, _nothing
        try:
            found = buffered_footage(buffered, span.start, span.end)
        except BlobMissing as error:
            raise SpanUnavailable(str(error)) from error
        hold = partial(_hold, buffered)
        return found, hold, hold([one.buffered for one in found if one.buffered is not None])

    async def _of(self, span: AskedSpan) -> Clip:
        found, hold, release = self._held(span)
        # In a thread: to plan a quarter of an hour takes longer than the loop may stand still, and to read files too.
        try:
            in_buffer = self._is_in_buffer(span, found)
            if in_buffer and len(found) <= FEW:
                return self._planned(span, found, hold)
            async with self._turns if in_buffer else self._disk_turns:
                return await asyncio.to_thread(self._planned, span, found, hold)
        finally:
            # Between this and the first byte somebody else has his turn on the loop, and the oldest second falls out.
            asyncio.get_running_loop().call_later(GRACE_SECONDS, release)

    def _is_in_buffer(self, span: AskedSpan, found: Sequence[Found]) -> bool:
        """Whether to plan it asks no disk."""
        return span.form.kind is ClipKind.MP4 and _covers(found, span) and not self._is_doubted(span.camera)

    def _planned(self, span: AskedSpan, found: list[Found], hold: Hold) -> Clip:
        return self._clip(span, self._footage(span, found), hold)

    def _footage(self, span: AskedSpan, found: list[Found]) -> Footage:
        footage, trusted = Footage(), self._trusted(span.camera, found)
        footage.add(trusted)
        if len(trusted) < len(found) or not _covers(found, span):
            for one in self._recorded(span):
                footage.add(self._trusted(span.camera, one))
        if span.bridge_gaps:
            footage.bridge()
        return footage

    def _recorded(self, span: AskedSpan) -> Iterator[list[Found]]:
        """What the catalog knows of the span, the newest file first; nothing where it cannot be asked."""
        if self._catalog is None:
            return
        try:
            files = self._catalog.recorded(span.camera, span.start - LEAD_IN, span.end)
        except CatalogUnavailable as error:
            log.warning("a clip is made of the buffer alone", camera=span.camera, reason=str(error))
            return
        for file in reversed(files):
            try:
                index = dated_index(self._index(span.camera, file.key), file.event_at or file.starts_at)
            except BlobMissing:
                continue  # the sweeper was faster: a gap
            yield around(recorded_footage(index, partial(self._store.read, file.key)), span.start, span.end)

    def _of_recording(self, span: AskedSpan, key: str, event: Event) -> Clip:
        """Of an event that runs all that is written: now is earlier where the clock was set back meanwhile."""
        index = dated_index(self._index(span.camera, key), event.started_at)
        found = self._trusted(span.camera, recorded_footage(index, partial(self._store.read, key)))
        if event.ended_at is None and found:
            span = replace(span, end=max(span.end, found[-1].segment.ends_at))
        footage = Footage()
        footage.lines = [found]  # one line of time already
        return self._clip(span, footage, _hold_nothing)

    def _index(self, camera: CameraId, key: str) -> RecordingIndex:
        try:
            return read_recording(partial(self._store.read, key), self._store.size(key), camera)
        except MediaInvalid as error:
            msg = "the recording of this event is damaged from its first byte on"
            raise BlobMissing(msg) from error

    def _trusted(self, camera: CameraId, found: list[Found]) -> list[Found]:
        """All that was found, or where something was damaged a while ago what is not.  Raises StoreUnavailable."""
        return intact(found) if self._is_doubted(camera) else found

    def _is_doubted(self, camera: CameraId) -> bool:
        damaged_at = self._damaged_at.get(camera)
        return damaged_at is not None and self._clock.monotonic() - damaged_at <= DOUBT_SECONDS

    def _doubt(self, camera: CameraId) -> None:
        self._damaged_at[camera] = self._clock.monotonic()

    def _clip(self, span: AskedSpan, footage: Footage, hold: Hold) -> Clip:
        exact = span.form.exact and span.form.kind is ClipKind.MP4
        plans: list[ClipPlan] = []
        for line in footage.lines:
            segments = [one.segment for one in line]
            plans += plan_parts(segments, span.start, span.end, bridge_gaps=span.bridge_gaps, exact=exact)
        if not plans:
            msg = "Nothing was recorded in this span."
            raise SpanUnavailable(msg)
        plans.sort(key=lambda one: one.starts_at)
        doubt = partial(self._doubt, span.camera)
        if span.form.kind is ClipKind.ZIP:
            behind = footage.behind((run.segment for plan in plans for run in plan.runs), doubt)
            return archive_clip(span, plans, behind, self._gaps(span), partial(hold, behind.buffered))
        plan = max(plans, key=lambda one: one.shown_ticks / one.timescale)
        behind = footage.behind((run.segment for run in (*plan.runs, *plan.audio)), doubt)
        return self._movie_clip(span, plan, len(plans), behind, partial(hold, behind.buffered))

    def _movie_clip(
        self, span: AskedSpan, plan: ClipPlan, parts: int, behind: Pieces, hold: Callable[[], Callable[[], None]]
    ) -> Clip:
        """Dated by its end: the same clip asked for twice has the same bytes."""
        fmt = behind.format_of(plan.runs[0].segment)
        head = movie(fmt, plan, plan.ends_at)
        return Clip(
            camera=span.camera,
            name=f"{plan.starts_at:%Y%m%d_%H%M%S}.mp4",
            size=head.size,
            starts_at=plan.starts_at,
            ends_at=plan.ends_at,
            read=partial(self._read, head, behind),
            codec=fmt.codec,
            parts=parts,
            missing_seconds=span.missing([plan]),
            hold=hold,
            in_memory=behind.in_memory,
        )

    def _read(self, head: MovieHead, behind: Pieces, offset: int, length: int) -> Iterator[bytes]:
        for piece in pieces(head, offset, length):
            yield piece if isinstance(piece, bytes) else behind.read(piece)

    def _gaps(self, span: AskedSpan) -> Sequence[Gap]:
        """With their reasons, as far as the catalog can be asked."""
        if self._catalog is None:
            return ()
        try:
            return self._catalog.gaps(span.camera, span.start, span.end)
        except CatalogUnavailable:
            return ()


def _covers(found: Sequence[Found], span: AskedSpan) -> bool:
    """Whether what the buffer has is all there is of the span."""
    reaches_back = bool(found) and found[0].segment.starts_at <= span.start
    return reaches_back and span.end <= found[-1].segment.ends_at + FARTHEST_BEHIND


def _hold(buffered: BufferedCamera, segments: Sequence[Segment]) -> Callable[[], None]:
    """Pin what lies in the buffer until what is returned is called; calling it again does nothing."""
    held = list(segments)
    buffered.buffer.pin(held)

    def release() -> None:
        buffered.buffer.unpin(held)
        held.clear()

    return release


def _hold_nothing(_: Sequence[Segment]) -> Callable[[], None]:
    return _nothing


def _nothing() -> None:
    """What lies in the store is nobody's to hold."""
