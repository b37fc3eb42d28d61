"""Makes clips of the parts of an event that arrived off-site, without a catalog.  Fetching them is `bucket_recovery`'s.

Every part is a whole file of the recording format, so none needs another: they may be missing, damaged, there twice
and in any order.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

from doorstep.core.camera import CameraId
from doorstep.core.clip import ClipPlan, plan_parts
from doorstep.core.errors import MediaInvalid
from doorstep.core.media import VideoFormat
from doorstep.core.off_site_key import PartKey
from doorstep.core.segment import ConnectionId, Segment
from doorstep.mp4.movie import MovieHead, movie, pieces
from doorstep.mp4.salvage import salvage
from doorstep.pipeline.clip_footage import Found, Pieces, ReadBytes, recorded_footage
from doorstep.pipeline.recording_job import placed_behind

LEAST_HOLE = timedelta(seconds=0.5)
"""What is missing between two segments and worth telling: less is the rest of a picture."""

_MICROSECOND = timedelta(microseconds=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FetchedPart:
    """A part of which `size` bytes are here.  `read` raises StoreUnavailable, BlobMissing."""

    key: PartKey
    size: int
    read: ReadBytes


@dataclass(frozen=True, slots=True)
class Hole:
    """A span without video in a clip; the picture before it stands still for so long."""

    starts_at: datetime
    ends_at: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.ends_at - self.starts_at).total_seconds()


@dataclass(frozen=True, slots=True)
class JoinedClip:
    """A clip that plays everywhere, ready to be written: `size` bytes.

    `begins_at` is when its first segment begins, which it is called after.
    """

    begins_at: datetime
    starts_at: datetime
    ends_at: datetime
    holes: tuple[Hole, ...]
    size: int
    _head: MovieHead
    _behind: Pieces

    def read(self) -> Iterator[bytes]:
        """All of it, in pieces.  Raises BlobMissing where a part is not any more what it was; StoreUnavailable."""
        for piece in pieces(self._head, 0, self.size):
            yield piece if isinstance(piece, bytes) else self._behind.read(piece)


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of an event's parts: clips, the oldest first, and for each part that gave nothing or less the reason.

    Mostly one clip; another begins where the camera changed its format, or after hours without video.
    """

    clips: tuple[JoinedClip, ...]
    damaged: tuple[tuple[PartKey, str], ...]


def join_parts(camera: CameraId, parts: Iterable[FetchedPart]) -> Joined:
    """Every whole segment of all parts, each once, in the order in which they were filmed."""
    found: list[Found] = []
    damaged = []
    for part in sorted(parts, key=lambda one: one.key.number):
        segments, fault = _read(camera, part)
        found += segments
        if fault:
            damaged.append((part.key, fault))
    clips = [clip for line in _lines(found) for clip in _clips(line)]
    return Joined(tuple(sorted(clips, key=lambda one: one.starts_at)), tuple(damaged))


def _read(camera: CameraId, part: FetchedPart) -> tuple[list[Found], str]:
    """The whole segments of a part, and what is wrong with it."""
    try:
        whole = salvage(part.read, part.size, camera)
    except MediaInvalid as error:
        return [], str(error)
    if not whole.front.header_is_whole:
        return [], "its first bytes are not what was sent"
    index = replace(whole.front, segments=whole.segments)
    fault = "" if whole.is_whole else f"only {len(whole.segments)} whole seconds of it are there"
    return recorded_footage(index, part.read), fault


def _lines(found: Sequence[Found]) -> list[list[Found]]:
    """By format, for a clip never mixes two; each segment once."""
    lines: list[list[Found]] = []
    formats: list[VideoFormat] = []
    for one in _in_order(found):
        if one.format not in formats:
            formats.append(one.format)
            lines.append([])
        lines[formats.index(one.format)].append(one)
    return lines


def _in_order(found: Sequence[Found]) -> Sequence[Found]:
    """As they were filmed: by time, or where a clock was set back meanwhile, so that two claim one, as they were sent.

    Each part counts from one, so numbers of segments say nothing.
    """
    there: dict[tuple[ConnectionId, int], list[Segment]] = {}
    once = []
    for one in found:
        known = there.setdefault((one.segment.connection, one.segment.samples.sizes[0]), [])
        if not any(_is_same(segment, one.segment) for segment in known):
            known.append(one.segment)
            once.append(one)
    by_time = sorted(once, key=lambda one: one.segment.starts_at)
    clash = any(_overlap(one.segment, other.segment) for one, other in pairwise(by_time))
    return once if clash else by_time


def _is_same(one: Segment, other: Segment) -> bool:
    """Whether one of them was sent twice."""
    common = min(len(one.samples), len(other.samples))
    return _overlap(*sorted((one, other), key=_starts_at)) and (
        one.samples.sizes[:common] == other.samples.sizes[:common]
    )


def _overlap(one: Segment, later: Segment) -> bool:
    """Whether both show more or less the same time."""
    shorter = min(one.ends_at - one.starts_at, later.ends_at - later.starts_at)
    return (later.starts_at - one.starts_at) * 2 < shorter


def _starts_at(segment: Segment) -> datetime:
    return segment.starts_at


def _clips(line: Sequence[Found]) -> Iterator[JoinedClip]:
    """On one line of time, as the recorder would have written them."""
    placed = list(_placed(line))
    segments = [one.segment for one in placed]
    latest = max(segment.ends_at for segment in segments)
    by_segment = {id(one.segment): one for one in placed}
    for plan in plan_parts(segments, _LONG_AGO, latest + _MICROSECOND, bridge_gaps=True, exact=False):
        behind = Pieces({id(run.segment): by_segment[id(run.segment)] for run in (*plan.runs, *plan.audio)}, _ignore)
        head = movie(line[0].format, plan, plan.ends_at)
        begins_at = plan.runs[0].segment.starts_at
        yield JoinedClip(begins_at, plan.starts_at, plan.ends_at, tuple(_holes(plan)), head.size, head, behind)


def _placed(line: Sequence[Found]) -> Iterator[Found]:
    tail: Segment | None = None
    for one in line:
        tail = placed_behind(tail, one.segment)
        yield replace(one, segment=tail)


def _holes(plan: ClipPlan) -> Iterator[Hole]:
    for before, after in pairwise(plan.runs):
        hole = Hole(before.segment.ends_at, after.segment.starts_at)
        if hole.ends_at - hole.starts_at >= LEAST_HOLE:
            yield hole


def _ignore() -> None:
    """Nobody plans another clip of these parts."""


def spooled_part(key: PartKey, read: ReadBytes, begin: int, size: int) -> FetchedPart:
    """A part whose bytes lie at `begin` among others that `read` reads."""
    return FetchedPart(key, size, partial(_within, read, begin, size))


def _within(read: ReadBytes, begin: int, size: int, offset: int, length: int) -> bytes:
    return read(begin + offset, max(0, min(length, size - offset)))
