"""Builds clips out of recorded bytes: plan, head, slices.  No packet is touched; the format lives in `mp4`."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from doorstep.core.camera import CameraId
from doorstep.core.clip import ClipPlan, plan_clip
from doorstep.core.errors import BlobMissing, MediaInvalid, SpanUnavailable
from doorstep.core.event import Event
from doorstep.core.media import VideoFormat
from doorstep.core.segment import FARTHEST_FROM_PICTURE, Segment
from doorstep.mp4.movie import MovieHead, movie, pieces
from doorstep.mp4.recording import RecordingIndex, read_recording
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.ports import Clip, Clock, Store

ReadSegment = Callable[[Segment, int, int], bytes]
BIG_READ = 1 << 20
LATE_SOUND = timedelta(seconds=FARTHEST_FROM_PICTURE)


class RecordedClips:
    """The `ClipBuilder` port over store and rolling buffers."""

    def __init__(self, store: Store, buffers: dict[CameraId, BufferedCamera], clock: Clock) -> None:
        self._store = store
        self._buffers = buffers
        self._clock = clock

    async def of_event(self, event: Event) -> Clip:
        """The event's clip from its recording, as far as it is written."""
        recording = event.recording
        if recording is None:
            msg = "this event has no video"
            raise SpanUnavailable(msg)
        ends_at = recording.ends_at if event.ended_at is not None else self._clock.now()
        return await asyncio.to_thread(self._of_recording, event.camera, recording.key, recording.starts_at, ends_at)

    async def of_span(self, camera: CameraId, start: datetime, end: datetime) -> Clip:
        """The longest gapless part of the span, out of the rolling buffer."""
        buffered = self._buffers.get(camera)
        if buffered is None:
            msg = "there is no such camera"
            raise SpanUnavailable(msg)
        segments, newest = _with_open_second(buffered, buffered.buffer.since_key_frame_before(start))
        # Sound may come behind the pictures that it belongs to: it lies in the segment after theirs.
        spanned = [segment for segment in segments if segment.starts_at < end + LATE_SOUND]
        # In a thread: to plan a quarter of an hour takes longer than the loop may stand still.
        plan = await asyncio.to_thread(plan_clip, spanned, start, end)
        if plan is None:
            msg = "Nothing was recorded in this span."
            raise SpanUnavailable(msg)
        try:
            fmt = buffered.format_of(plan.runs[0].segment)
        except BlobMissing as error:
            raise SpanUnavailable(str(error)) from error
        read = partial(_read_buffered, buffered, newest)
        return await asyncio.to_thread(_clip, fmt, plan, read)

    def _of_recording(self, camera: CameraId, key: str, start: datetime, end: datetime) -> Clip:
        index = self._index(camera, key)
        segments = [recorded.segment for recorded in index.segments]
        plan = plan_clip(segments, start, end, bridge_gaps=True)
        if plan is None:
            msg = "The recording of this event holds no picture."
            raise SpanUnavailable(msg)
        offsets = {recorded.segment.sequence: recorded.offset for recorded in index.segments}

        def read(segment: Segment, offset: int, length: int) -> bytes:
            return self._store.read(key, offsets[segment.sequence] + offset, length)

        return _clip(index.format, plan, read)

    def _index(self, camera: CameraId, key: str) -> RecordingIndex:
        try:
            return read_recording(partial(self._store.read, key), self._store.size(key), camera)
        except MediaInvalid as error:
            msg = "the recording of this event is damaged from its first byte on"
            raise BlobMissing(msg) from error


def _with_open_second(
    buffered: BufferedCamera, segments: Sequence[Segment]
) -> tuple[list[Segment], tuple[Segment, bytes] | None]:
    newest = buffered.open_second()
    return [*segments, *([newest[0]] if newest else [])], newest


def _read_buffered(
    buffered: BufferedCamera, newest: tuple[Segment, bytes] | None, segment: Segment, offset: int, length: int
) -> bytes:
    if newest is not None and segment is newest[0]:
        return newest[1][offset : offset + length]
    return buffered.read(segment, offset, length)


def _clip(fmt: VideoFormat, plan: ClipPlan, read_segment: ReadSegment) -> Clip:
    """Dated by its end: the same clip asked for twice has the same bytes."""
    head = movie(fmt, plan, plan.ends_at)
    name = f"{plan.starts_at:%Y%m%d_%H%M%S}.mp4"
    return Clip(name, head.size, plan.starts_at, plan.ends_at, partial(_read, head, read_segment))


def _read(head: MovieHead, read_segment: ReadSegment, offset: int, length: int) -> Iterator[bytes]:
    """Small slices are joined to big reads, so that no sender pays for each second of a long clip."""
    collected: list[bytes] = []
    size = 0
    for piece in pieces(head, offset, length):
        data = piece if isinstance(piece, bytes) else read_segment(piece.segment, piece.offset, piece.length)
        if not isinstance(piece, bytes) and len(data) != piece.length:
            msg = "a part of this clip is gone"
            raise BlobMissing(msg)
        collected.append(data)
        size += len(data)
        if size >= BIG_READ:
            yield b"".join(collected)
            collected, size = [], 0
    if collected:
        yield b"".join(collected)
