"""Pictures of what was recorded: the instants that a sheet of previews shows, and the key frame that stands for one.

Finding and decoding them lives in `pipeline`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from doorstep.core.gap import SHORTEST_GAP_SECONDS
from doorstep.core.segment import Segment

MOST_TILES = 60
LARGEST_TILE = 160, 90
COLUMNS = 6
LARGEST_PICTURE = 1920
"""Pixels of the wider side: what a page shows large."""

LONGEST_GOP = timedelta(seconds=20)
"""How far before an instant its key frame may lie; cameras send one every one to ten seconds."""

_HARDLY_A_GAP = timedelta(seconds=SHORTEST_GAP_SECONDS)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PreviewGrid:
    """`count` instants, one `every` so many whole seconds from `since` on, which is a multiple of that since 1970.

    On a grid, so that who asks for a neighbouring minute asks for pictures that were made already.
    """

    since: datetime
    every: int
    count: int

    def __post_init__(self) -> None:
        if not (0 < self.every <= 3600 and 0 < self.count <= MOST_TILES):
            msg = f"a sheet shows 1 to {MOST_TILES} pictures, 1 to 3600 seconds apart"
            raise ValueError(msg)

    @property
    def instants(self) -> tuple[datetime, ...]:
        """Each of them, the earliest first.  Raises OverflowError behind the year 9999."""
        return tuple(self.since + timedelta(seconds=self.every * number) for number in range(self.count))

    @property
    def until(self) -> datetime:
        """Where the time of the last one ends.  Raises OverflowError behind the year 9999."""
        return self.since + timedelta(seconds=self.every * self.count)


def grid_of(since: datetime, every: int, count: int) -> PreviewGrid:
    """The grid that begins at or just before `since`.  Raises ValueError, OverflowError."""
    if every <= 0:
        msg = "pictures lie at least a second apart"
        raise ValueError(msg)
    return PreviewGrid(since - (since - _EPOCH) % timedelta(seconds=every), every, count)


@dataclass(frozen=True, slots=True)
class KeySample:
    """Where the bytes of a key frame lie in a segment's fragment, and when its picture is shown."""

    segment: Segment
    offset: int
    size: int
    shown_at: datetime


@dataclass(frozen=True, slots=True)
class PastPicture:
    """A JPEG, and the wall time of the picture in it."""

    jpeg: bytes
    shown_at: datetime


@dataclass(frozen=True, slots=True)
class PreviewSheet:
    """A JPEG of tiles, row by row, `columns` in a row, each `tile_width` x `tile_height`.

    `kept` has one entry for each instant of the grid; the tile is black where nothing was kept.
    """

    jpeg: bytes
    tile_width: int
    tile_height: int
    columns: int
    kept: tuple[bool, ...]


def key_sample_at(segments: Iterable[Segment], at: datetime) -> KeySample | None:
    """The newest key frame shown at or before `at`, of a connection that shows something then; None where none does.

    Where a recording begins just behind `at`, its first key frame.  In any order given, of one camera.
    """
    candidates = list(segments)
    covering = {one.connection for one in candidates if _covers(one, at)}
    if not covering:
        return None
    keys = [
        key
        for one in candidates
        if one.connection in covering and one.ends_at > at - LONGEST_GOP and one.starts_at <= at + _HARDLY_A_GAP
        for key in key_samples(one)
    ]
    before = [key for key in keys if at - LONGEST_GOP <= key.shown_at <= at]
    if before:
        return max(before, key=lambda key: key.shown_at)
    behind = [key for key in keys if at < key.shown_at <= at + _HARDLY_A_GAP]
    return min(behind, key=lambda key: key.shown_at, default=None)


def key_samples(segment: Segment) -> Iterator[KeySample]:
    """Each key frame of the segment, in the order of its bytes."""
    samples = segment.samples
    ticks = accumulate(samples.durations, initial=segment.first_dts)
    offsets = accumulate(samples.sizes, initial=segment.data_offset)
    rows = zip(samples.keys, ticks, samples.composition_offsets, offsets, samples.sizes, strict=False)
    for key, tick, composition, offset, size in rows:
        if key:
            yield KeySample(segment, offset, size, segment.wall_at(tick + composition))


def rows_of(tiles: Sequence[object], columns: int = COLUMNS) -> int:
    """How many rows a sheet of these has."""
    return -(-len(tiles) // columns)


def _covers(segment: Segment, at: datetime) -> bool:
    """With a hole that nobody would notice."""
    return segment.starts_at - _HARDLY_A_GAP <= at < segment.ends_at + _HARDLY_A_GAP
