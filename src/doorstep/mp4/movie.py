"""A clip as a classic MP4, moov first: the head is built from a plan, the body is slices of stored fragments.

No sample is read or touched here, so the size of the whole is known before a byte of it is sent.
"""

import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from operator import itemgetter

from doorstep.core.clip import ClipPlan, ClipRun
from doorstep.core.media import AudioFormat, VideoFormat
from doorstep.core.segment import Segment
from doorstep.mp4.boxes import box, full_box
from doorstep.mp4.sample_tables import (
    AudioColumns,
    Columns,
    audio_columns_of,
    audio_of,
    chunk_offsets,
    columns_of,
    composition_offsets,
    decoding_times,
    sample_sizes,
    samples_to_chunks,
    sync_samples,
)
from doorstep.mp4.track import (
    TrackTimes,
    audio_media_box,
    audio_track_header,
    file_type,
    media_box,
    movie_header,
    movie_scale,
    track_header,
)

_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
"""Where the seconds of movie headers begin (ISO/IEC 14496-12, 8.2.2.3)."""

_NOTHING = -1
"""As the time of an edit: an empty one."""

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
    """The head and the slices of a planned clip; every run is one chunk and, but for neighbours, one slice.

    An edit list (8.6.6) begins the picture where the plan says and hides what is only decoded; another does it for the
    sound, which begins with the picture or as much later as it did.  Raises ValueError where the format counts in
    other ticks than the plan, or knows of no sound that the plan has.
    """
    if fmt.timescale != plan.timescale:
        msg = f"a clip of {plan.timescale} ticks a second does not fit a format of {fmt.timescale}"
        raise ValueError(msg)
    if plan.audio and fmt.audio is None:
        msg = "a clip with sound does not fit a format without"
        raise ValueError(msg)
    chunks = _chunks(plan)
    data = _head(fmt if plan.audio else replace(fmt, audio=None), plan, created, chunks)
    slices = tuple(_joined(chunk.part for chunk in chunks if chunk.part.length))
    ends = tuple(accumulate((part.length for part in slices), initial=len(data)))
    return MovieHead(data, slices, ends[-1], ends[1:])


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


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The samples of one run, of the picture or of the sound."""

    part: Slice
    heard: bool


def _chunks(plan: ClipPlan) -> list[_Chunk]:
    """In the order in which they stand in the file: that of their segments, the sound behind the picture."""
    if not plan.audio:
        return [_Chunk(_slice(run), heard=False) for run in plan.runs]
    runs = [(run.segment.first_dts, False, run) for run in plan.runs]
    runs += [(run.segment.first_dts, True, run) for run in plan.audio]
    return [
        _Chunk(_audio_slice(run) if heard else _slice(run), heard)
        for _, heard, run in sorted(runs, key=itemgetter(0, 1))
    ]


def _slice(run: ClipRun) -> Slice:
    return _samples_slice(run, run.segment.samples.sizes, 0)


def _audio_slice(run: ClipRun) -> Slice:
    return _samples_slice(run, audio_of(run).sizes, sum(run.segment.samples.sizes))


def _samples_slice(run: ClipRun, sizes: "array[int]", before: int) -> Slice:
    """`before` bytes of other samples stand before those of `sizes`."""
    skipped = sum(sizes[: run.first_sample]) if run.first_sample else 0
    length = sum(sizes[run.first_sample : run.first_sample + run.sample_count])
    return Slice(run.segment, run.segment.data_offset + before + skipped, length)


def _joined(slices: Iterable[Slice]) -> list[Slice]:
    """Those that lie one behind the other in one fragment are read at once."""
    joined: list[Slice] = []
    for part in slices:
        last = joined[-1] if joined else None
        if last is not None and last.segment is part.segment and last.offset + last.length == part.offset:
            joined[-1] = Slice(last.segment, last.offset, last.length + part.length)
        else:
            joined.append(part)
    return joined


def _head(fmt: VideoFormat, plan: ClipPlan, created: datetime, chunks: Sequence[_Chunk]) -> bytes:
    """ftyp, moov and the head of the mdat."""
    payload = sum(chunk.part.length for chunk in chunks)
    large = payload > LARGEST_SMALL
    file = file_type(fmt, b"isom", b"iso4")
    mdat = struct.pack(">I4sQ", 1, b"mdat", 16 + payload) if large else struct.pack(">I4s", 8 + payload, b"mdat")
    # Where the chunks begin depends on the size of moov, and that not on where they begin.
    movie_box = _Moov(fmt, plan, (created - _EPOCH) // _SECOND)
    unplaced = movie_box.placed(chunks, 0, large=large)
    moov = movie_box.placed(chunks, len(file) + len(unplaced) + len(mdat), large=large)
    return file + moov + mdat


class _Moov:
    """The box moov (8.2.1) of a plan, made anew for each place at which the samples may begin."""

    def __init__(self, fmt: VideoFormat, plan: ClipPlan, created: int) -> None:
        self._fmt = fmt
        self._plan = plan
        scale = movie_scale(fmt)
        columns = columns_of(plan)
        self._shown = plan.shown_ticks * scale // fmt.timescale
        self._times = TrackTimes(scale, created, self._shown, sum(columns.durations))
        self._tables = _tables(plan, columns)
        self._sound = audio_columns_of(plan.audio) if plan.audio else None

    def placed(self, chunks: Sequence[_Chunk], begin: int, *, large: bool) -> bytes:
        """The box for samples of which the first stands at `begin` in the file."""
        begins = list(accumulate((chunk.part.length for chunk in chunks), initial=begin))
        places = [at for at, chunk in zip(begins, chunks, strict=False) if not chunk.heard]
        tracks = [self._picture(chunk_offsets(places, large=large))]
        if self._sound and self._fmt.audio:
            places = [at for at, chunk in zip(begins, chunks, strict=False) if chunk.heard]
            tracks.append(self._heard(self._sound, self._fmt.audio, chunk_offsets(places, large=large)))
        return box(b"moov", movie_header(self._fmt, self._times), *tracks)

    def _picture(self, places: bytes) -> bytes:
        edit = _edits((self._shown, self._plan.media_start_ticks + _shift(self._plan)))
        return box(
            b"trak",
            track_header(self._fmt, self._times),
            edit,
            media_box(self._fmt, self._times, self._tables, places),
        )

    def _heard(self, sound: AudioColumns, audio: AudioFormat, places: bytes) -> bytes:
        times = replace(self._times, media=sum(sound.durations))
        tables = (
            decoding_times(sound.durations),
            sample_sizes(sound.sizes),
            samples_to_chunks(self._plan.audio),
            places,
        )
        return box(
            b"trak",
            audio_track_header(times),
            self._audio_edits(sound, audio.sample_rate),
            audio_media_box(audio, times, *tables),
        )

    def _audio_edits(self, sound: AudioColumns, rate: int) -> bytes:
        """From where in the sound the picture begins; where sound begins after it, nothing comes before."""
        scale, timescale = self._times.movie_scale, self._fmt.timescale
        begin = (self._plan.first_dts + self._plan.media_start_ticks) * rate // timescale
        silent = (sound.first_pts - begin) * scale // rate
        if silent <= 0:
            return _edits((self._shown, begin - sound.first_pts))
        return _edits((silent, _NOTHING), (max(1, self._shown - silent), 0))


def _edits(*edits: tuple[int, int]) -> bytes:
    """Box edts (8.6.5): for how many ticks of the movie the media is shown from which of its own."""
    rows = b"".join(struct.pack(">Qqhh", lasts, media_time, 1, 0) for lasts, media_time in edits)
    return box(b"edts", full_box(b"elst", 1, 0, struct.pack(">I", len(edits)), rows))


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


def _shift(plan: ClipPlan) -> int:
    """What is added to all composition times, for an edit cannot begin before 0 (-1 would mean an empty edit)."""
    return max(0, -plan.media_start_ticks)
