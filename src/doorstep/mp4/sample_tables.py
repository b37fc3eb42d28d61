"""The sample tables of a clip (ISO/IEC 14496-12, 8.6, 8.7): one row a sample, run-length coded where they are.

Which samples a clip has is the plan's business; where the tables stand in the file is the movie's.
"""

import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress, groupby, pairwise

from doorstep.core.clip import ClipPlan, ClipRun
from doorstep.core.segment import AudioSamples, Segment
from doorstep.mp4.boxes import full_box


@dataclass(frozen=True, slots=True)
class Columns:
    """All samples of a plan in decode order; offsets are pts - dts."""

    durations: "array[int]"
    offsets: "array[int]"
    sizes: "array[int]"
    keys: bytes


def columns_of(plan: ClipPlan) -> Columns:
    """The samples of a plan.  The last sample of a run lasts until the first of the next is decoded."""
    durations, offsets, sizes, keys = array("I"), array("i"), array("I"), bytearray()
    for run in plan.runs:
        samples, part = run.segment.samples, slice(run.first_sample, run.first_sample + run.sample_count)
        durations.extend(samples.durations[part])
        offsets.extend(samples.composition_offsets[part])
        sizes.extend(samples.sizes[part])
        keys += samples.keys[part]
    last = -1
    for run, following in pairwise(plan.runs):
        last += run.sample_count
        durations[last] = following.segment.first_dts - _last_dts(run.segment)
    return Columns(durations, offsets, sizes, bytes(keys))


@dataclass(frozen=True, slots=True)
class AudioColumns:
    """All samples of a plan's sound in the order of time; the first is to be heard at `first_pts`."""

    first_pts: int
    durations: "array[int]"
    sizes: "array[int]"


def audio_columns_of(runs: Sequence[ClipRun]) -> AudioColumns:
    """The samples of a plan's sound, at least one.  The last of a run lasts until the first of the next."""
    durations, sizes = array("I"), array("I")
    first = last = 0
    for run in runs:
        audio, part = audio_of(run), slice(run.first_sample, run.first_sample + run.sample_count)
        begin = audio.first_pts + sum(audio.durations[: run.first_sample])
        if durations:
            durations[-1] = begin - last
        else:
            first = begin
        durations.extend(audio.durations[part])
        sizes.extend(audio.sizes[part])
        last = begin + sum(audio.durations[part][:-1])
    return AudioColumns(first, durations, sizes)


def audio_of(run: ClipRun) -> AudioSamples:
    """The table that a run of sound is of.  Raises ValueError where its segment has none."""
    if run.segment.audio is None:
        msg = f"segment {run.segment.sequence} has no sound that a clip could have"
        raise ValueError(msg)
    return run.segment.audio


def decoding_times(durations: Iterable[int]) -> bytes:
    """Table stts (8.6.1.2)."""
    return _rows(b"stts", _run_lengths(durations))


def composition_offsets(offsets: "array[int]", shift: int) -> bytes:
    """Table ctts (8.6.1.3) of each offset plus `shift`, signed only where needed; empty where all are 0."""
    rows = [(count, offset + shift) for count, offset in _run_lengths(offsets)]
    if all(offset == 0 for _, offset in rows):
        return b""
    lowest = min(offset for _, offset in rows)
    if lowest >= 0:
        return _rows(b"ctts", rows)
    return full_box(b"ctts", 1, 0, struct.pack(">I" + "Ii" * len(rows), len(rows), *(n for row in rows for n in row)))


def sync_samples(keys: bytes) -> bytes:
    """Table stss (8.6.2); empty where every sample is one."""
    numbers = list(compress(range(1, len(keys) + 1), keys))
    if len(numbers) == len(keys):
        return b""
    return _numbers(b"stss", numbers)


def sample_sizes(sizes: "array[int]") -> bytes:
    """Table stsz (8.7.3.2)."""
    column = sizes[:]
    if sys.byteorder == "little":
        column.byteswap()  # at once: to pack them one by one takes longer than all other tables
    return full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(column)), column.tobytes())


def samples_to_chunks(runs: Sequence[ClipRun]) -> bytes:
    """Table stsc (8.7.4): each run is a chunk."""
    rows, chunk = [], 1
    for chunks, samples in _run_lengths(run.sample_count for run in runs):
        rows.append((chunk, samples, 1))
        chunk += chunks
    return _rows(b"stsc", rows)


def chunk_offsets(offsets: Sequence[int], *, large: bool) -> bytes:
    """Table co64 if `large`, else stco (8.7.5)."""
    if large:
        return full_box(b"co64", 0, 0, struct.pack(f">I{len(offsets)}Q", len(offsets), *offsets))
    return _numbers(b"stco", offsets)


def _last_dts(segment: Segment) -> int:
    return segment.first_dts + segment.duration - segment.samples.durations[-1]


def _run_lengths(column: Iterable[int]) -> list[tuple[int, int]]:
    """(how many, of which) for each stretch of equal numbers."""
    return [(len(list(group)), number) for number, group in groupby(column)]


def _numbers(kind: bytes, numbers: Sequence[int]) -> bytes:
    return full_box(kind, 0, 0, struct.pack(f">I{len(numbers)}I", len(numbers), *numbers))


def _rows(kind: bytes, rows: Sequence[tuple[int, ...]]) -> bytes:
    numbers = [number for row in rows for number in row]
    return full_box(kind, 0, 0, struct.pack(f">I{len(numbers)}I", len(rows), *numbers))
