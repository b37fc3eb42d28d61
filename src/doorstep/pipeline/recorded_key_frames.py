"""The key frames of what was recorded, decoded one by one in the order of time.  Reads only, and blocks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from doorstep.core.errors import BlobMissing, MediaInvalid
from doorstep.core.media import VideoFormat
from doorstep.core.past_picture import key_samples
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.segment import Segment
from doorstep.media.key_picture import KeyPictures
from doorstep.mp4.recording import RecordedSegment, RecordingIndex, read_recording
from doorstep.mp4.salvage import salvage
from doorstep.pipeline.recording_file import dated_index
from doorstep.ports import Frame, Store

HOLE = timedelta(seconds=2)
"""What is missing for so long parts the pictures before it from those behind it."""


@dataclass(frozen=True, slots=True)
class RecordedKeyFrame:
    """One picture and its wall time; with `begins` nothing before it compares with it."""

    at: datetime
    picture: Frame
    begins: bool


@dataclass(slots=True)
class Flaws:
    """The keys of damaged files and of those that went while they were read, and how many pictures are damaged."""

    damaged: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    pictures: int = 0

    @property
    def any(self) -> bool:
        """Whether something could not be looked at."""
        return bool(self.damaged or self.gone or self.pictures)


class RecordedKeyFrames:
    """Of one camera.  Give it the files of a time, the one that begins first first; each picture is shown once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._format: VideoFormat | None = None
        self._decoder: KeyPictures | None = None
        self._begins = True
        self._shown_until: datetime | None = None
        self._recorded_until: datetime | None = None
        self.flaws = Flaws()
        self.recorded = timedelta()
        """How much video was gone through, without what two files hold both."""

    def of(self, span: RecordedSpan, since: datetime, until: datetime) -> Iterator[RecordedKeyFrame]:
        """Those of one file in [since, until); what is damaged or gone is left out.  Raises StoreUnavailable."""
        try:
            index, segments = self._segments(span)
            for one in segments:
                if one.segment.ends_at > since and one.segment.starts_at < until:
                    yield from self._shown(span.key, index.format, one, since, until)
        except BlobMissing:
            self.flaws.gone.append(span.key)
        except MediaInvalid:
            self.flaws.damaged.append(span.key)

    def _segments(self, span: RecordedSpan) -> tuple[RecordingIndex, tuple[RecordedSegment, ...]]:
        """All that is whole, as its row dates it.  Raises BlobMissing, MediaInvalid, StoreUnavailable."""
        read = partial(self._store.read, span.key)
        size = self._store.size(span.key)
        index = read_recording(read, size, span.camera)
        if index.whole_size < size and span.whole:
            self.flaws.damaged.append(span.key)
            found = salvage(read, size, span.camera)
            index = RecordingIndex(index.format, index.label, found.segments, index.whole_size)
        index = dated_index(index, span.event_at or span.starts_at)
        return index, index.segments

    def _shown(
        self, key: str, fmt: VideoFormat, one: RecordedSegment, since: datetime, until: datetime
    ) -> Iterator[RecordedKeyFrame]:
        decoder, segment = self._decoder_for(fmt), one.segment
        if self._recorded_until is not None and segment.starts_at - self._recorded_until > HOLE:
            self._begins = True
        self._count(segment)
        for sample in key_samples(segment):
            at = sample.shown_at
            new = self._shown_until is None or at > self._shown_until
            if not (new and since <= at < until):
                continue
            picture = decoder.picture(self._store.read(key, one.offset + sample.offset, sample.size), at.timestamp())
            if picture is None:
                self.flaws.pictures += 1
                continue
            begins, self._begins, self._shown_until = self._begins, False, at
            yield RecordedKeyFrame(at, picture, begins)

    def _decoder_for(self, fmt: VideoFormat) -> KeyPictures:
        """A file of another format begins anew."""
        if self._decoder is None or fmt != self._format:
            self._decoder, self._format, self._begins = KeyPictures(fmt), fmt, True
        return self._decoder

    def _count(self, segment: Segment) -> None:
        begin = segment.starts_at
        if self._recorded_until is not None:
            begin = max(begin, self._recorded_until)
        self.recorded += max(segment.ends_at - begin, timedelta())
        self._recorded_until = max(segment.ends_at, begin)
