"""What is still whole of a damaged recording, also behind the damage.  Only `fsck` looks so hard; see `recording`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from doorstep.core.camera import CameraId
from doorstep.mp4.recording import Read, RecordedSegment, RecordingIndex, read_recording

_PIECE = 1024 * 1024
_KIND = re.compile(b"moof")
_KIND_BYTES = 4
_KIND_AT = 4
"""Bytes from a box's beginning to its kind."""


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes [begin, end) of a file: whole entries (`moof mdat index`), one right behind the other."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Salvage:
    """A recording of `size` bytes whose header and every fragment were checked against their checksums.

    `front` is what `read_recording` finds, up to the first damage; `segments` and `runs` are all there is, in the
    file's order.  Header and runs together are a recording again.
    """

    size: int
    header_size: int
    front: RecordingIndex
    segments: tuple[RecordedSegment, ...]
    runs: tuple[Run, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the file is damaged, and there is something in it."""
        return bool(self.segments) and self.front.whole_size == self.size and self.front.header_is_whole

    @property
    def goes_on_behind_damage(self) -> bool:
        """Whether cutting the file at the first damage would lose whole segments."""
        return len(self.segments) > len(self.front.segments)


def salvage(read: Read, size: int, camera: CameraId) -> Salvage:
    """Every whole segment of a recording, to the last byte.  Raises MediaInvalid where not even the header is whole.

    Also what `read` raises.  Reads the file once, and what lies behind the first damage twice.
    """
    front = read_recording(read, size, camera, verify=True)
    header_size = front.segments[0].offset if front.segments else front.whole_size
    header = read(0, header_size)
    segments, runs = [*front.segments], []
    if front.segments:
        runs.append(Run(header_size, front.whole_size))
    offset = front.whole_size
    for begin in _claimed_fragments(read, front.whole_size, size):
        if begin < offset:
            continue
        found = read_recording(_behind(header, read, begin), header_size + size - begin, camera, verify=True)
        if found.segments:
            offset = begin + found.whole_size - header_size
            segments += (RecordedSegment(one.segment, one.offset - header_size + begin) for one in found.segments)
            runs.append(Run(begin, offset))
    return Salvage(size, header_size, front, tuple(segments), tuple(runs))


def _behind(header: bytes, read: Read, begin: int) -> Read:
    """Reads as if the file's entries began at `begin`."""

    def reads(offset: int, length: int) -> bytes:
        front = header[offset : offset + length]
        rest = length - len(front)
        return front + (read(begin + max(0, offset - len(header)), rest) if rest > 0 else b"")

    return reads


def _claimed_fragments(read: Read, offset: int, size: int) -> Iterator[int]:
    """Where boxes begin, at `offset` or behind it, that call themselves a fragment's head; a picture may do so too."""
    at = offset + _KIND_AT
    while at < size:
        piece = read(at, min(_PIECE, size - at))
        yield from (at + found.start() - _KIND_AT for found in _KIND.finditer(piece))
        if len(piece) < _KIND_BYTES:
            return
        # The last bytes again with the next piece: a kind may lie across both.
        at += len(piece) - _KIND_BYTES + 1
