"""Mends single recordings, for the start of a server and for `fsck` alike; their rows are `recovery`'s and `mend`'s.

One rule for both: what could be video is never deleted, it moves to the side room.  Deleted are only zeros.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, MediaInvalid, StoreUnavailable
from doorstep.core.gap import Gap, gap_between
from doorstep.core.recorded_span import RecordedSpan, camera_of_minute
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.mp4.recording import RecordingIndex, header
from doorstep.mp4.salvage import Salvage
from doorstep.pipeline.recording_file import VIDEO, dated_index, minute_label, read_whole
from doorstep.pipeline.side_room import SideRoom
from doorstep.ports import GrowingStore

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A recording that is whole to its end; it may lie under another key than the damaged one, whose label it has."""

    key: str
    index: RecordingIndex
    label: bytes

    def dated(self, started_at: datetime) -> "WholeFile":
        """With its times as the row has them, whose event or minute began then: the clock was set meanwhile."""
        return replace(self, index=dated_index(self.index, started_at, self.label))


@dataclass(frozen=True, slots=True)
class FileMender:
    """Blocks; one thread.  Each method raises StoreUnavailable, and leaves what was whole as it was then."""

    store: GrowingStore
    room: SideRoom

    def read(self, key: str) -> Salvage:
        """The recording, every byte checked.  Raises BlobMissing, MediaInvalid."""
        return read_whole(self.store, key, self.store.size(key))

    def made_whole(self, key: str) -> WholeFile | None:
        """The recording without what is damaged; None where nothing of it is whole, and it is out of the store.

        Where whole segments lie behind the damage they are in a new file: set the damaged one aside once a row names
        the new one.
        """
        try:
            whole = self.read(key)
        except (BlobMissing, MediaInvalid):
            self.give_up(key)
            return None
        if not whole.segments:
            self.give_up(key)
            return None
        if whole.goes_on_behind_damage or not whole.front.header_is_whole:
            key = self.rebuilt(key, whole)
            return WholeFile(key, self.read(key).front, whole.front.label)
        self.cut_end(key, whole)
        return WholeFile(key, whole.front, whole.front.label)

    def cut_end(self, key: str, whole: Salvage) -> str:
        """Cut the file at its first damage.  What is cut off is kept, unless it is only zeros; words for where."""
        begin = whole.front.whole_size
        kept = f"; the rest is in {self._kept(key, begin, whole.size)}" if self._holds(key, begin, whole.size) else ""
        self.store.resume(key, begin).close()
        return kept

    def rebuilt(self, key: str, whole: Salvage) -> str:
        """The key of a new file of every whole segment, with the pictures of `key`; all of it, or no new file.

        Its header is made anew from what could be read of the old one.
        """
        stem = key.removesuffix(VIDEO)
        names = (f"{stem}_mended{number}{VIDEO}" for number in count(1))
        target = next(name for name in names if not self.store.exists(name))
        self._copy_runs(key, whole, target)
        for name in (still_key, thumbnail_key):
            if self.store.exists(name(key)):
                self.store.put(name(target), self.store.read(name(key), 0, self.store.size(name(key))))
        return target

    def give_up(self, key: str) -> str:
        """Take a recording that is of no use out of the store; the words for what was done."""
        try:
            size = self.store.size(key)
        except BlobMissing:
            self.set_pictures_aside(key)
            return "it was gone already"
        if self._holds(key, self._header_size(key, size), size):
            return f"moved to {self.set_aside(key)}"
        self.set_pictures_aside(key)
        self.store.delete(key)
        return "removed, for nothing had been written into it"

    def set_aside(self, key: str) -> str:
        """With its pictures; where the recording lies now."""
        self.set_pictures_aside(key)
        return self.room.set_aside(key)

    def set_pictures_aside(self, key: str) -> None:
        """Those of the recording `key`, if there are any."""
        for picture in (still_key(key), thumbnail_key(key)):
            if self.store.exists(picture):
                self.room.set_aside(picture)

    def _header_size(self, key: str, size: int) -> int:
        """0 where not even the header is whole."""
        try:
            return read_whole(self.store, key, size).header_size
        except MediaInvalid:
            return 0

    def _holds(self, key: str, begin: int, end: int) -> bool:
        """Whether there is anything but zeros: those are space that was reserved, or never reached the disk."""
        return any(any(piece) for piece in self._pieces(key, begin, end))

    def _kept(self, key: str, begin: int, end: int) -> str:
        return self.room.keep(key, begin, self._pieces(key, begin, end))

    def _pieces(self, key: str, begin: int, end: int) -> Iterator[bytes]:
        return (self.store.read(key, offset, min(_PIECE, end - offset)) for offset in range(begin, end, _PIECE))

    def _copy_runs(self, key: str, whole: Salvage, target: str) -> None:
        writer = self.store.create(target)
        try:
            # A minute's label says when its first segment was, and that may be another one now.
            label = minute_label(whole.segments[0].segment) if camera_of_minute(key) else whole.front.label
            writer.append(header(whole.front.format, label))
            for run in whole.runs:
                for piece in self._pieces(key, run.begin, run.end):
                    writer.append(piece)
            writer.close()
        except (BlobMissing, StoreUnavailable):
            with suppress(StoreUnavailable):
                writer.close()
            self.store.delete(target)
            raise


def minute_of(file: WholeFile, camera: CameraId) -> RecordedSpan:
    """The row of a minute file that is whole."""
    first, last = file.index.segments[0].segment, file.index.segments[-1].segment
    return RecordedSpan(file.key, camera, first.starts_at, max(first.starts_at, last.ends_at), file.index.whole_size)


def torn(minute: RecordedSpan, index: RecordingIndex | None = None) -> Iterator[Gap]:
    """What damage took from a minute, once its file holds what `index` says, or is gone."""
    reach, segments = minute.starts_at, [recorded.segment for recorded in index.segments] if index else []
    ends = [(segment.starts_at, segment.ends_at) for segment in segments]
    for starts_at, ends_at in [*ends, (minute.ends_at, minute.ends_at)]:
        gap = gap_between(minute.camera, reach, starts_at, "the recording was lost or damaged on the disk")
        if gap is not None:
            yield gap
        reach = max(reach, ends_at)
