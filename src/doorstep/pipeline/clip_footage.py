"""What there is of a span: segments of the buffer and of recordings, on lines of time.  Plans are `core.clip`'s."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from zlib import crc32

from doorstep.core.errors import BlobMissing
from doorstep.core.media import VideoFormat
from doorstep.core.segment import FARTHEST_FROM_PICTURE, ConnectionId, Segment
from doorstep.mp4.movie import Slice
from doorstep.mp4.recording import RecordingIndex, retimed
from doorstep.pipeline.segmenter import BufferedCamera

LATE_SOUND = timedelta(seconds=FARTHEST_FROM_PICTURE)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
LARGEST_SEAM = timedelta(seconds=0.5)
"""What may be missing between two segments that still join, as in `core.clip`."""

ReadBytes = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Found:
    """One segment as it is planned with, its format, its bytes, and their CRC-32, if anybody told it.

    `buffered` is what it is in the buffer, if it lies there; `in_memory` says that to read it never waits for a disk.
    """

    segment: Segment
    format: VideoFormat
    read: ReadBytes
    crc: int | None = None
    buffered: Segment | None = None
    in_memory: bool = False

    def part(self, offset: int, length: int) -> bytes:
        """Exactly that much of the fragment, as it is there.  Raises BlobMissing, StoreUnavailable."""
        found = self.read(offset, length) if length else b""
        if len(found) != length:
            msg = "a part of this clip is gone"
            raise BlobMissing(msg)
        return found

    def verified(self, offset: int, length: int) -> bytes:
        """The same, of a fragment that is as it was written: all of it is read.  Raises BlobMissing where it is not."""
        found = self.part(offset, length)
        if self.crc is not None:
            end = offset + length
            crc = crc32(found, crc32(self.part(0, offset)))
            if crc32(self.part(end, self.segment.size - end), crc) != self.crc:
                msg = "a part of this clip is not as it was recorded"
                raise BlobMissing(msg)
        return found


class Footage:
    """What was found, in lines: each of one connection, in the order in which it was recorded.

    Not in the order of time: where a clock was set back, two lines or two parts of one tell of the same hour.
    """

    def __init__(self) -> None:
        self.lines: list[list[Found]] = []
        self._there: dict[tuple[ConnectionId, int], list[tuple[list[Found], Segment]]] = {}

    def behind(self, segments: Iterable[Segment], on_damage: Callable[[], None]) -> "Pieces":
        """What lies behind the segments of a plan."""
        wanted = {id(segment) for segment in segments}
        found = (one for line in self.lines for one in line if id(one.segment) in wanted)
        return Pieces({id(one.segment): one for one in found}, on_damage)

    def add(self, more: Iterable[Found]) -> None:
        """Take in the buffer, then file after file, the newest first; what is there already is left out.

        Every file counts its times anew.  What it shares with a line tells how to place the rest of it there, and else
        that it ends where the line begins.
        """
        for _, flow in groupby(more, key=lambda one: one.segment.connection):
            self._add(list(flow))

    def bridge(self) -> None:
        """Make it one line: the hole between two lasts as long as it did by wall time."""
        found: list[Found] = []
        for line in sorted(self.lines, key=lambda one: one[0].segment.starts_at):
            newer = [one for one in line if not found or _is_newer(one.segment, found[-1].segment)]
            if newer and found:
                last, first = found[-1].segment, newer[0].segment
                begin = last.first_dts + last.duration + _ticks(first.starts_at - last.ends_at, first)
                newer = [_moved(one, begin - first.first_dts, 0) for one in newer]
            found += newer
        self.lines = [found]

    def _add(self, flow: list[Found]) -> None:
        twins = [self._twin_of(one.segment) for one in flow]
        shared = next(((twin, one) for twin, one in zip(twins, flow, strict=True) if twin is not None), None)
        if shared is not None:
            (line, there), same = shared
            offset = there.first_dts - same.segment.first_dts, there.sequence - same.segment.sequence
        else:
            line, offset = self._line_behind(flow[-1])
        # By its place in the line too: where the clock was set back in mid-event, its file has wall times of its own.
        taken = {one.segment.first_dts for one in line}
        for twin, one in zip(twins, flow, strict=True):
            moved = _moved(one, *offset)
            if twin is None and moved.segment.first_dts not in taken:
                line.append(moved)
                self._there.setdefault(_mark(moved.segment), []).append((line, moved.segment))
        line.sort(key=lambda one: one.segment.first_dts)

    def _twin_of(self, segment: Segment) -> tuple[list[Found], Segment] | None:
        """The same second in another file, or more or less of it where it is open, and its line."""
        known = self._there.get(_mark(segment), ())
        return next((twin for twin in known if _is_same(twin[1], segment)), None)

    def _line_behind(self, last: Found) -> tuple[list[Found], tuple[int, int]]:
        """The line that goes on where `last` ends, or else a new one, and how to move what ends so."""
        before = last.segment
        near = [line for line in self.lines if _joins(last, line[0])]
        if not near:
            self.lines.append([])
            return self.lines[-1], (0, 0)
        line = next((one for one in near if _follows(before, one[0].segment)), near[0])
        after = line[0].segment
        if _follows(before, after):
            return line, (0, 0)
        end = after.first_dts - _ticks(after.starts_at - before.ends_at, after)
        return line, (end - before.duration - before.first_dts, after.sequence - 1 - before.sequence)


class Pieces:
    """Reads the segments of one plan.  Holds them all, so that their identities last."""

    def __init__(self, found: dict[int, Found], on_damage: Callable[[], None]) -> None:
        """`on_damage` is told, in whichever thread reads, before a reader learns that something is gone or changed."""
        self._found = found
        self._on_damage = on_damage

    @property
    def buffered(self) -> list[Segment]:
        """Those that lie in the buffer, to be pinned."""
        return [one.buffered for one in self._found.values() if one.buffered is not None]

    @property
    def in_memory(self) -> bool:
        """Whether no read waits for a disk."""
        return all(one.in_memory for one in self._found.values())

    def format_of(self, segment: Segment) -> VideoFormat:
        """Of the connection."""
        return self._found[id(segment)].format

    def read(self, part: Slice, *, verify: bool = True) -> bytes:
        """Exactly that much of a fragment; of one that is as it was written, if `verify`.

        Raises BlobMissing, StoreUnavailable.
        """
        found = self._found[id(part.segment)]
        try:
            return (found.verified if verify else found.part)(part.offset, part.length)
        except BlobMissing:
            self._on_damage()
            raise


def buffered_footage(buffered: BufferedCamera, start: datetime, end: datetime) -> list[Found]:
    """What the buffer has for a clip of [start, end), the open second as it stands now included.  On the event loop."""
    found = []
    for segment in _needed(buffered.buffer.between(_EARLIEST, end + LATE_SOUND), start, end):
        read = partial(buffered.read, segment)
        found.append(Found(segment, buffered.format_of(segment), read, segment.crc, segment, in_memory=True))
    newest = buffered.open_second()
    if newest is not None and newest[0].starts_at < end + LATE_SOUND and start - LATE_SOUND < newest[0].ends_at:
        segment, content = newest
        found.append(Found(segment, buffered.format_of(segment), partial(_part, content), in_memory=True))
    return found


def intact(found: Sequence[Found]) -> list[Found]:
    """Those whose bytes are there as they were written: what was deleted, cut off or changed is a gap like any other.

    Reads them all.  Raises StoreUnavailable.
    """
    return [one for one in found if _is_intact(one)]


def recorded_footage(index: RecordingIndex, read: ReadBytes) -> list[Found]:
    """The segments of a recording whose bytes `read` reads."""
    return [
        Found(one.segment, index.format, partial(_shifted, read, one.offset), one.segment.crc) for one in index.segments
    ]


def around(found: Sequence[Found], start: datetime, end: datetime) -> list[Found]:
    """Those that a clip of [start, end) needs."""
    wanted = set(map(id, _needed([one.segment for one in found], start, end)))
    return [one for one in found if id(one.segment) in wanted]


def _needed(segments: Sequence[Segment], start: datetime, end: datetime) -> list[Segment]:
    """Those of [start, end), and what stands before each of them from the last key frame on.

    All are looked at, for a clock that was set puts later ones before earlier ones.
    """
    needed: list[Segment] = []
    begins_alone = True
    earliest, latest = start - LATE_SOUND, end + LATE_SOUND  # sound may lie in the segment after its pictures'
    for segment in reversed(segments):
        if earliest < segment.starts_at < latest:
            begins_alone = False
        elif begins_alone:
            continue
        else:
            begins_alone = bool(segment.samples.keys[0])
        needed.append(segment)
    return needed[::-1]


def _is_intact(one: Found) -> bool:
    try:
        one.verified(0, one.segment.size)
    except BlobMissing:
        return False
    return True


def _mark(segment: Segment) -> tuple[ConnectionId, int]:
    return segment.connection, segment.samples.sizes[0]


def _is_same(one: Segment, other: Segment) -> bool:
    """Whether they are of one second, by what a file leaves as it is: sizes, and wall times but for a correction.

    Sizes alone repeat themselves where nothing moves; times alone do where an hour exists twice.
    """
    common = min(len(one.samples), len(other.samples))
    same_sizes = one.samples.sizes[:common] == other.samples.sizes[:common]
    return same_sizes and abs(one.starts_at - other.starts_at) <= LARGEST_SEAM


def _is_newer(segment: Segment, than: Segment) -> bool:
    return segment.starts_at >= than.ends_at - (than.ends_at - than.starts_at) / 2


def _joins(before: Found, after: Found) -> bool:
    same = before.segment.connection == after.segment.connection and before.format == after.format
    return same and abs(after.segment.starts_at - before.segment.ends_at) <= LARGEST_SEAM


def _follows(before: Segment, after: Segment) -> bool:
    """Whether both, of one connection, are of one line of time already."""
    return before.sequence + 1 == after.sequence and before.first_dts < after.first_dts


def _ticks(span: timedelta, segment: Segment) -> int:
    """A span in ticks; one that is shorter than a picture is only rounding, as is a negative one."""
    ticks = round(span.total_seconds() * segment.timescale)
    return ticks if ticks >= segment.samples.durations[0] else 0


def _moved(one: Found, ticks: int, numbers: int) -> Found:
    segment = one.segment
    if not ticks and not numbers:
        return one
    return replace(one, segment=retimed(segment, segment.first_dts + ticks, segment.sequence + numbers))


def _part(content: bytes, offset: int, length: int) -> bytes:
    return content[offset : offset + length]


def _shifted(read: ReadBytes, begin: int, offset: int, length: int) -> bytes:
    return read(begin + offset, length)
