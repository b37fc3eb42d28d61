"""Stretches of whole GOPs as files that each play alone: an init segment, then stored fragments with times from 0 on.

Only the heads of the fragments are made anew; sizes and CRC-32 of the files follow from the index.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from zlib import crc32

from doorstep.core.clip import ClipPlan, ClipRun
from doorstep.core.media import VideoFormat
from doorstep.core.segment import AudioSamples, Samples
from doorstep.mp4.checksum import combined, exchanged
from doorstep.mp4.fragment import fragment_head, retime_fragment
from doorstep.mp4.init_segment import init_segment
from doorstep.mp4.movie import Slice

ReadSlice = Callable[[Slice], bytes]


@dataclass(frozen=True, slots=True)
class _Part:
    """One fragment of the file: a stored one from its `first_sample` on; the first is a key frame, or follows one."""

    run: ClipRun
    number: int
    origin: int
    """The decode time that is 0 in the file."""

    @property
    def is_whole(self) -> bool:
        return self.run.first_sample == 0

    @property
    def slices(self) -> tuple[Slice, ...]:
        """What is stored of it, behind its head."""
        segment, skipped = self.run.segment, self.run.first_sample
        if self.is_whole:
            return (Slice(segment, segment.data_offset, segment.size - segment.data_offset),)
        sizes = segment.samples.sizes
        begin = segment.data_offset + sum(sizes[:skipped])
        behind = segment.data_offset + sum(sizes)
        found = [Slice(segment, begin, behind - begin)]
        if segment.audio is not None:
            unheard = sum(segment.audio.sizes[: self._first_heard(segment.audio)])
            found.append(Slice(segment, behind + unheard, segment.size - behind - unheard))
        return tuple(one for one in found if one.length)

    @property
    def head(self) -> bytes:
        """The bytes in front of the slices."""
        first_dts = self.run.first_dts - self.origin
        return fragment_head(self.number, first_dts, self._samples, self._moved(self.audio))

    @property
    def size(self) -> int:
        """In bytes, with its head."""
        segment = self.run.segment
        return segment.size if self.is_whole else len(self.head) + sum(one.length for one in self.slices)

    @property
    def audio(self) -> AudioSamples | None:
        """The sound in it, in the connection's own ticks."""
        audio = self.run.segment.audio
        if audio is None or self.is_whole:
            return audio
        first = self._first_heard(audio)
        if first == len(audio):
            return None
        begin = audio.first_pts + sum(audio.durations[:first])
        return AudioSamples(begin, audio.sizes[first:], audio.durations[first:])

    def crc(self, read: ReadSlice) -> int:
        """From the index where the fragment is whole and its CRC known, else from its bytes."""
        segment = self.run.segment
        if self.is_whole and segment.crc is not None:
            stored = fragment_head(segment.sequence, segment.first_dts, segment.samples, segment.audio)
            audio = self._moved(segment.audio)
            head = retime_fragment(
                stored, segment.first_dts - self.origin, self.number, audio.first_pts if audio else 0
            )
            return exchanged(segment.crc, crc32(stored), crc32(head), segment.size - segment.data_offset)
        found = crc32(self.head)
        for one in self.slices:
            found = crc32(read(one), found)
        return found

    @property
    def _samples(self) -> Samples:
        samples, skipped = self.run.segment.samples, self.run.first_sample
        if self.is_whole:
            return samples
        columns: list[array[int]] = [samples.sizes, samples.durations, samples.composition_offsets]
        sizes, durations, offsets = (column[skipped:] for column in columns)
        return Samples(sizes, durations, offsets, samples.keys[skipped:])

    def _first_heard(self, audio: AudioSamples) -> int:
        segment = self.run.segment
        begin = self.run.first_dts * segment.sample_rate // segment.timescale
        starts = accumulate(audio.durations[:-1], initial=audio.first_pts)
        return sum(1 for pts in starts if pts < begin)

    def _moved(self, audio: AudioSamples | None) -> AudioSamples | None:
        segment = self.run.segment
        if audio is None:
            return None
        return replace(audio, first_pts=audio.first_pts - self.origin * segment.sample_rate // segment.timescale)


@dataclass(frozen=True, slots=True)
class GopFile:
    """One file: what it shows by wall time, and its parts, of together `size` bytes."""

    starts_at: datetime
    ends_at: datetime
    size: int
    init: bytes
    parts: tuple[_Part, ...]

    def pieces(self, offset: int, length: int) -> Iterator[bytes | Slice]:
        """What makes up the bytes [offset, offset + length), in order.  No head is made that lies outside of them."""
        end, at = offset + length, len(self.init)
        if offset < min(end, at):
            yield self.init[offset:end]
        for part in self.parts:
            if at >= end:
                return
            if at + part.size > offset:
                yield from _within(part, offset - at, end - at)
            at += part.size

    def crc(self, read: ReadSlice) -> int:
        """CRC-32 of the whole; `read` is asked for what the index does not tell."""
        found = crc32(self.init)
        for part in self.parts:
            found = combined(found, part.crc(read), part.size)
        return found


def gop_files(fmt: VideoFormat, plan: ClipPlan, shortest: float = 1.0) -> list[GopFile]:
    """The files of a planned clip, in order; each begins with a key frame and lasts `shortest` seconds or more.

    Only fragments that begin with a key frame begin a file, but for the first: it begins with the plan.  The last
    fragment stands whole in it, so that more than was planned is shown at the end.
    """
    groups: list[list[ClipRun]] = []
    for run in plan.runs:
        ticks = run.first_dts - groups[-1][0].first_dts if groups else 0
        if not groups or (run.segment.samples.keys[0] and ticks >= shortest * run.segment.timescale):
            groups.append([])
        groups[-1].append(run)
    init = init_segment(fmt)
    return [_file(init, group) for group in groups]


def _file(init: bytes, runs: Sequence[ClipRun]) -> GopFile:
    first, last = runs[0], runs[-1].segment
    parts = [_Part(run, number, first.first_dts) for number, run in enumerate(runs, 1)]
    origin = first.first_dts - _room_for_sound(parts)
    parts = [replace(part, origin=origin) for part in parts]
    begin = first.first_dts + first.segment.samples.composition_offsets[first.first_sample]
    size = len(init) + sum(part.size for part in parts)
    return GopFile(first.segment.wall_at(begin), last.ends_at, size, init, tuple(parts))


def _room_for_sound(parts: Sequence[_Part]) -> int:
    """Ticks by which sound begins before the first decode time: no time in a file is negative."""
    room = 0
    for part in parts:
        audio, segment = part.audio, part.run.segment
        if audio is not None:
            room = max(room, part.origin - audio.first_pts * segment.timescale // segment.sample_rate)
    return room


def _within(part: _Part, begin: int, end: int) -> Iterator[bytes | Slice]:
    """The bytes [begin, end) of a part, as far as it has them."""
    head = part.head if begin < part.run.segment.data_offset or not part.is_whole else b""
    at = len(head) if head else part.run.segment.data_offset
    if begin < min(end, at):
        yield head[max(0, begin) : end]
    for one in part.slices:
        skipped = max(0, begin - at)
        upto = min(end - at, one.length)
        if skipped < upto:
            yield Slice(one.segment, one.offset + skipped, upto - skipped)
        at += one.length


def name_of(at: datetime, taken: set[str]) -> str:
    """A file's name by its start, as those of all clips; a second file of that second gets a number."""
    stem = f"{at:%Y%m%d_%H%M%S}"
    name, number = f"{stem}.mp4", 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}.mp4"
    taken.add(name)
    return name
