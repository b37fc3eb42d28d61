"""Which key frame stands for an instant, and its bytes: out of the buffer, else out of recordings.  Blocks.

Which one it is decides `core.past_picture`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, MediaInvalid
from doorstep.core.media import VideoFormat
from doorstep.core.past_picture import LONGEST_GOP, key_sample_at
from doorstep.core.recorded_span import RecordedSpan
from doorstep.mp4.recording import read_recording
from doorstep.pipeline.clip_footage import Found, recorded_footage
from doorstep.pipeline.recording_file import dated_index
from doorstep.ports import Catalog, Store

NOTHING = "Nothing was recorded at this time."
ELSEWHERE = "The video of this moment does not lie on this machine any more. Its alert says where it is."
_A_MOMENT = timedelta(milliseconds=1)
_MOST_ROWS = 16
_MOST_OPEN = 3
"""Files whose segments are remembered: neighbouring instants lie in the same ones."""


@dataclass(frozen=True, slots=True)
class KeyFound:
    """One key frame, ready to be decoded."""

    format: VideoFormat
    sample: bytes
    shown_at: datetime


class KeyFootage:
    """Of one camera between two instants; ask for the earliest first.  One thread at a time."""

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        camera: CameraId,
        buffered: Sequence[Found],
        first: datetime,
        last: datetime,
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._camera = camera
        self._buffered = buffered
        self._span = first - LONGEST_GOP, last + _A_MOMENT
        self._files: Sequence[RecordedSpan] | None = None
        self._open: dict[str, list[Found]] = {}

    def at(self, instant: datetime) -> KeyFound | None:
        """None where nothing was kept.  Raises CatalogUnavailable, StoreUnavailable."""
        return self._in(self._buffered, instant) or self._in(self._recorded(instant), instant)

    def within(self, instant: datetime, until: datetime) -> KeyFound | None:
        """As `at`; where nothing was kept then, the first picture of what begins before `until`.  Raises as `at`."""
        found = self.at(instant)
        if found is not None:
            return found
        begins = [one.segment.starts_at for one in self._buffered] + [one.starts_at for one in self._files or ()]
        first = min((each for each in begins if instant < each < until), default=None)
        return None if first is None else self.at(first)

    def why_nothing(self, instant: datetime) -> str:
        """One sentence.  Raises CatalogUnavailable."""
        found = self._catalog.brief_timeline(self._camera, instant, instant + _A_MOMENT, _MOST_ROWS)
        for gap in found.gaps:
            if gap.starts_at <= instant < gap.ends_at:
                return gap.reason
        away = (mark for mark in found.marks if mark.seconds is not None and not mark.is_here)
        if any(mark.started_at <= instant < (mark.ended_at or instant) for mark in away):
            return ELSEWHERE
        return NOTHING

    def _in(self, found: Sequence[Found], instant: datetime) -> KeyFound | None:
        sample = key_sample_at([one.segment for one in found], instant)
        if sample is None:
            return None
        behind = next(one for one in found if one.segment is sample.segment)
        try:
            return KeyFound(behind.format, behind.part(sample.offset, sample.size), sample.shown_at)
        except BlobMissing:
            return None  # it just fell out of the buffer, or the sweeper was faster

    def _recorded(self, instant: datetime) -> list[Found]:
        if self._files is None:
            self._files = self._catalog.recorded(self._camera, *self._span)
        earliest = instant - LONGEST_GOP
        wanted = [one for one in self._files if one.starts_at <= instant + LONGEST_GOP and _reaches(one, earliest)]
        return [one for file in wanted for one in self._segments(file)]

    def _segments(self, file: RecordedSpan) -> list[Found]:
        if file.key not in self._open:
            while len(self._open) >= _MOST_OPEN:
                del self._open[next(iter(self._open))]
            self._open[file.key] = self._read(file)
        return self._open[file.key]

    def _read(self, file: RecordedSpan) -> list[Found]:
        read = partial(self._store.read, file.key)
        try:
            index = read_recording(read, self._store.size(file.key), self._camera)
        except (BlobMissing, MediaInvalid):
            return []
        return recorded_footage(dated_index(index, file.event_at or file.starts_at), read)


def _reaches(file: RecordedSpan, instant: datetime) -> bool:
    return file.ends_at > instant or not file.whole
