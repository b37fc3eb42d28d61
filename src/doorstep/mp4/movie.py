"""A clip as a classic MP4, moov first: the head is built from a plan, the body is slices of stored fragments.

No sample is read or touched here, so the size of the whole is known before a byte of it is sent.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from doorstep.core.clip import ClipPlan, ClipRun
from doorstep.core.media import VideoFormat
from doorstep.core.segment import Segment
from doorstep.mp4.boxes import box, full_box
from doorstep.mp4.sample_tables import (
    Columns,
    chunk_offsets,
    columns_of,
    composition_offsets,
    decoding_times,
    sample_sizes,
    samples_to_chunks,
    sync_samples,
)
from doorstep.mp4.track import TrackTimes, file_type, media_box, movie_header, track_header

_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
"""Where the seconds of movie headers begin (ISO/IEC 14496-12, 8.2.2.3)."""

LARGEST_SMALL = 2**31 - 1
"""Bytes of samples from which on sizes and offsets have 64 bits; no head comes near the rest of the 32-bit range."""


@dataclass(frozen=True, slots=True)
class Slice:
    """`length` bytes of a segment's fragment from `offset` on."""

    segment: Segment
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class MovieHead:
    """A clip: first `data`, then the slices one behind the other, together `size` bytes.

    `ends` holds where in the whole each slice ends.
    """

    data: bytes
    slices: tuple[Slice, ...]
    size: int
    ends: tuple[int, ...] = field(repr=False)


def movie(fmt: VideoFormat, plan: ClipPlan, created: datetime) -> MovieHead:
    """The head and the slices of a planned clip; every run is one chunk and one slice.

    An edit list (8.6.6) begins the picture where the plan says and hides what is only decoded.  Raises ValueError
    where the format counts in other ticks than the plan.
    """
    if fmt.timescale != plan.timescale:
        msg = f"a clip of {plan.timescale} ticks a second does not fit a format of {fmt.timescale}"
        raise ValueError(msg)
    slices = tuple(map(_slice, plan.runs))
    data = _head(fmt, plan, created, [part.length for part in slices])
    filled = tuple(part for part in slices if part.length)
    ends = tuple(accumulate((part.length for part in filled), initial=len(data)))
    return MovieHead(data, filled, ends[-1], ends[1:])


def pieces(head: MovieHead, offset: int, length: int) -> Iterator[bytes | Slice]:
    """What makes up the bytes [offset, offset + length) of the whole, in order; less where the whole ends before.

    Raises ValueError for negative numbers.
    """
    if offset < 0 or length < 0:
        msg = f"no file has {length} bytes at {offset}"
        raise ValueError(msg)
    end = min(offset + length, head.size)
    if offset < min(end, len(head.data)):
        yield head.data[offset:end]
        offset = len(head.data)
    for index in range(bisect_right(head.ends, offset), len(head.slices)):
        if offset >= end:
            return
        part, part_end = head.slices[index], head.ends[index]
        skipped = offset - (part_end - part.length)
        upto = min(end, part_end)
        yield Slice(part.segment, part.offset + skipped, upto - offset)
        offset = upto


def _slice(run: ClipRun) -> Slice:
    sizes = run.segment.samples.sizes
    skipped = sum(sizes[: run.first_sample])
    length = sum(sizes[run.first_sample : run.first_sample + run.sample_count])
    return Slice(run.segment, run.segment.data_offset + skipped, length)


def _head(fmt: VideoFormat, plan: ClipPlan, created: datetime, chunks: Sequence[int]) -> bytes:
    """ftyp, moov and the head of the mdat; `chunks` are the bytes of each chunk."""
    columns = columns_of(plan)
    times = TrackTimes((created - _EPOCH) // _SECOND, plan.shown_ticks, sum(columns.durations))
    payload = sum(chunks)
    large = payload > LARGEST_SMALL
    file = file_type(fmt, b"isom", b"iso4")
    mdat = struct.pack(">I4sQ", 1, b"mdat", 16 + payload) if large else struct.pack(">I4s", 8 + payload, b"mdat")
    # Where the chunks begin depends on the size of moov, and that not on where they begin.
    tables = _tables(plan, columns)
    unplaced = _moov(fmt, plan, times, tables, chunk_offsets([0] * len(chunks), large=large))
    begins = list(accumulate(chunks, initial=len(file) + len(unplaced) + len(mdat)))[:-1]
    return file + _moov(fmt, plan, times, tables, chunk_offsets(begins, large=large)) + mdat


def _tables(plan: ClipPlan, columns: Columns) -> bytes:
    return b"".join(
        (
            decoding_times(columns.durations),
            composition_offsets(columns.offsets, _shift(plan)),
            sync_samples(columns.keys),
            sample_sizes(columns.sizes),
            samples_to_chunks(plan.runs),
        )
    )


def _moov(fmt: VideoFormat, plan: ClipPlan, times: TrackTimes, tables: bytes, places: bytes) -> bytes:
    edit = struct.pack(">IQqhh", 1, plan.shown_ticks, plan.media_start_ticks + _shift(plan), 1, 0)
    return box(
        b"moov",
        movie_header(fmt, times),
        box(
            b"trak",
            track_header(fmt, times),
            box(b"edts", full_box(b"elst", 1, 0, edit)),
            media_box(fmt, times, tables, places),
        ),
    )


def _shift(plan: ClipPlan) -> int:
    """What is added to all composition times, for an edit cannot begin before 0 (-1 would mean an empty edit)."""
    return max(0, -plan.media_start_ticks)
