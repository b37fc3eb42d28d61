"""One minute file on its way to the store, and which segment belongs into it.  No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from doorstep.core.clock_state import Dating
from doorstep.core.media import VideoFormat
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.redating import redated, redated_segment
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.segment import ConnectionId, Segment
from doorstep.pipeline.recording_job import JITTER, LONG_AGO
from doorstep.ports import BlobWriter

FILE_SECONDS = 60.0
LONGEST_FILE_SECONDS = 75.0
"""A file is cut before a key frame once a minute is full, and before any picture of a camera with longer GOPs."""

APART_SECONDS = 0.5
FAR_AHEAD = LONG_AGO.replace(year=9999)


@dataclass(slots=True)
class MinuteFile:
    """What is in the file, of one connection without a hole; `synced` is the newest segment that a power cut leaves."""

    key: str
    writer: BlobWriter
    format: VideoFormat
    starts_at: datetime | None = None
    tail: Segment | None = None
    synced: Segment | None = None
    synced_at: float | None = None
    closed: bool = False

    @property
    def unsynced(self) -> bool:
        """Whether a power cut now would lose something of it."""
        return self.tail is not self.synced

    def took(self, segment: Segment) -> None:
        """The segment is in the file."""
        self.starts_at, self.tail = self.starts_at or segment.starts_at, segment

    def redate(self, dating: Dating) -> None:
        """The clock was set; while no thread writes the file, which keeps its times as they were told."""
        synced_is_tail = self.synced is self.tail
        self.starts_at, self.tail = redated(self.starts_at, dating), redated_segment(self.tail, dating)
        self.synced = self.tail if synced_is_tail else redated_segment(self.synced, dating)

    def fits(self, segment: Segment, fmt: VideoFormat) -> bool:
        """Whether the segment goes on behind what is in the file; else it begins the next one."""
        tail = self.tail
        if self.closed or fmt != self.format:
            return False
        if tail is None or self.starts_at is None:
            return True
        follows = segment.connection == tail.connection and segment.sequence == tail.sequence + 1
        if not follows or abs(segment.starts_at - tail.ends_at) > timedelta(seconds=APART_SECONDS):
            return False
        lasts = (segment.starts_at - self.starts_at).total_seconds()
        return lasts < (FILE_SECONDS if segment.samples.keys[0] == 1 else LONGEST_FILE_SECONDS) - JITTER.total_seconds()

    def row(self, *, whole: bool) -> RecordedSpan | None:
        """What of it is synced; None where nothing is."""
        if self.synced is None or self.starts_at is None:
            return None
        ends_at = max(self.synced.ends_at, self.starts_at)
        return RecordedSpan(self.key, self.synced.camera, self.starts_at, ends_at, self.writer.size, whole)


def unseen(buffer: RollingBuffer, seen: Segment | None) -> tuple[Segment, ...]:
    """What the buffer holds behind `seen`.  Where nothing was ever seen, from the key frame a file's length ago on.

    So whoever is seen right after the switch to "always" has his pre-roll.  Found by the place in the buffer, not by
    time, so that a clock that is set neither repeats nor skips.
    """
    held = buffer.between(LONG_AGO, FAR_AHEAD)
    if seen is not None:
        # Where it fell out, all that is held is newer: the oldest falls out first.
        return held[_place_behind(held, seen) :]
    begin, behind = len(held), 0.0
    for place in range(len(held) - 1, -1, -1):
        behind += held[place].duration / held[place].timescale
        begin = place if 1 in held[place].samples.keys else begin
        if begin == place and behind >= FILE_SECONDS:
            break
    return held[begin:]


def held_of(buffer: RollingBuffer, first: Segment | None, last: Segment | None) -> tuple[Segment, ...]:
    """What the buffer still holds of all from `first` to `last`; () where one of them is None."""
    if first is None or last is None:
        return ()
    held = buffer.between(LONG_AGO, FAR_AHEAD)
    places = (place for place, one in enumerate(held) if _key(one) == _key(first))
    return held[next(places, 0) : _place_behind(held, last)]


def _place_behind(held: Sequence[Segment], seen: Segment) -> int:
    newest_first = range(len(held) - 1, -1, -1)
    known = (place for place in newest_first if _is_up_to(held[place], seen))
    return next(known, -1) + 1


def _is_up_to(held: Segment, seen: Segment) -> bool:
    return held.connection == seen.connection and held.sequence <= seen.sequence


def _key(segment: Segment) -> tuple[ConnectionId, int]:
    return segment.connection, segment.sequence
