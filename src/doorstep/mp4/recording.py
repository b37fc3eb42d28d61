"""A recording: one growing file, `ftyp moov uuid(label) uuid(check) (moof mdat uuid(index))*`, readable on its own.

A fragmented MP4 at every moment, for any player.  Planning a clip of it and storing it live elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from zlib import crc32

from doorstep.core.camera import CameraId
from doorstep.core.errors import MediaInvalid
from doorstep.core.media import VideoFormat
from doorstep.core.segment import Segment
from doorstep.mp4.boxes import BOX_HEAD, box, box_at
from doorstep.mp4.fragment import claimed_moof_size, read_fragment
from doorstep.mp4.index_record import LARGEST_RECORD, index_record, read_index_record
from doorstep.mp4.init_segment import init_segment, read_init

Read = Callable[[int, int], bytes]
"""At most `length` bytes from `offset` on."""

LARGEST_LABEL = 64 * 1024
"""Bytes of the label that a header carries."""

READ_AHEAD = 4096
"""Bytes: the record behind one fragment and the head of the next come with one read."""

_LARGEST_BOX = 1024 * 1024
"""Bytes of a box of the header that are read at all."""

_UUID = bytes.fromhex("b7a4e01c96d1466f8c35d00257e91abe")
_CHECK_UUID = bytes.fromhex("5c0e9b7340f24d1a9d61d00257e9c4ec")
_CHECK_BOX = BOX_HEAD + 16 + 4
"""Bytes of the box behind the label: the CRC-32 of all before it, big-endian."""


@dataclass(frozen=True, slots=True)
class RecordedSegment:
    """A segment of a recording, and where its fragment begins in the file."""

    segment: Segment
    offset: int


@dataclass(frozen=True, slots=True)
class RecordingIndex:
    """What a recording holds, oldest first; the file is whole up to `whole_size`, and may be cut there and go on.

    `header_is_whole` is False where format and label are not what was written.
    """

    format: VideoFormat
    label: bytes
    segments: tuple[RecordedSegment, ...]
    whole_size: int
    header_is_whole: bool = True


def header(fmt: VideoFormat, label: bytes) -> bytes:
    """The first bytes of a recording; `label` is the caller's and comes back as it is.  ValueError over 64 KiB."""
    if len(label) > LARGEST_LABEL:
        msg = f"a label of {len(label)} bytes is more than the {LARGEST_LABEL} that a recording carries"
        raise ValueError(msg)
    told = init_segment(fmt) + box(b"uuid", _UUID, label)
    return told + _check_box(told)


def entry(segment: Segment, fragment: bytes) -> bytes:
    """What one segment adds to a recording.

    Decode times and sequence of a file's fragments rise: see `retimed` and `retime_fragment`.  Raises ValueError where
    `fragment` is not the segment's, and MediaInvalid where it is no fragment.
    """
    found = read_fragment(fragment)
    claimed = (segment.first_dts, segment.data_offset, segment.size, segment.audio)
    if (found.first_dts, found.data_offset, found.size, found.audio) != claimed:
        msg = f"these are not the bytes of segment {segment.sequence}"
        raise ValueError(msg)
    return fragment + index_record(segment, fragment)


def retimed(segment: Segment, first_dts: int, sequence: int) -> Segment:
    """The segment as it stands in a file with a time line of its own; `retime_fragment` does the same to its bytes.

    Its sound moves by the same time, rounded down to a tick of its own.
    """
    audio = segment.audio
    if audio is not None:
        moved = (first_dts - segment.first_dts) * segment.sample_rate // segment.timescale
        audio = replace(audio, first_pts=audio.first_pts + moved)
    return replace(segment, first_dts=first_dts, sequence=sequence, audio=audio, crc=None)


def read_recording(read: Read, size: int, camera: CameraId, *, verify: bool = False) -> RecordingIndex:
    """The index of a recording of `size` bytes, up to its last whole segment, wherever the file was cut.

    Reads heads and records only, one small read a segment; with `verify` the samples too, to stop before the first
    fragment whose checksum is wrong (needed once after a power cut, which may leave holes).  Raises MediaInvalid when
    not even the header is whole, and what `read` raises.
    """
    window = _Window(read, size)
    fmt, label, offset, header_is_whole = _read_header(window)
    segments = []
    while offset < size:
        try:
            recorded, end = _read_entry(window, offset, camera, fmt, verify=verify)
        except MediaInvalid:
            break
        segments.append(recorded)
        offset = end
    return RecordingIndex(fmt, label, tuple(segments), offset, header_is_whole)


def _check_box(told: bytes) -> bytes:
    return box(b"uuid", _CHECK_UUID, crc32(told).to_bytes(4, "big"))


def _read_header(window: "_Window") -> tuple[VideoFormat, bytes, int, bool]:
    """Format and label, where the first entry begins, and whether the checksum fits.  Raises MediaInvalid."""
    file_type = window.box(b"ftyp", 0)
    init = file_type + window.box(b"moov", len(file_type))
    label = window.box(b"uuid", len(init))
    if label[BOX_HEAD : BOX_HEAD + 16] != _UUID:
        msg = "this video is no recording of Doorstep"
        raise MediaInvalid(msg)
    told, begin = init + label, len(init) + len(label)
    # Where a file has no checksum, its first fragment lies here, which is longer than this.
    check = window.exactly(begin, _CHECK_BOX)
    has_check = check[:-4] == _check_box(told)[:-4]
    is_whole = not has_check or check == _check_box(told)
    return read_init(init), label[BOX_HEAD + 16 :], begin + (_CHECK_BOX if has_check else 0), is_whole


def _read_entry(
    window: "_Window", offset: int, camera: CameraId, fmt: VideoFormat, *, verify: bool
) -> tuple[RecordedSegment, int]:
    """One entry, and where the next begins.  Raises MediaInvalid."""
    head = window.exactly(offset, claimed_moof_size(window.exactly(offset, BOX_HEAD)) + BOX_HEAD)
    fragment = read_fragment(head, whole=False)
    record_at = offset + fragment.size
    record = read_index_record(window.up_to(record_at, LARGEST_RECORD), head)
    if verify and crc32(window.exactly(offset, fragment.size)) != record.fragment_crc:
        msg = "a fragment of the video does not match its checksum"
        raise MediaInvalid(msg)
    return RecordedSegment(record.segment(camera, fmt, fragment), offset), record_at + record.size


class _Window:
    """Reads a file ahead in small pieces, and never behind its end."""

    def __init__(self, read: Read, size: int) -> None:
        self._read = read
        self._size = size
        self._offset = 0
        self._data = b""

    def exactly(self, offset: int, length: int) -> bytes:
        """Exactly [offset, offset + length).  Raises MediaInvalid where the file ends before that."""
        found = self.up_to(offset, length)
        if len(found) < length:
            msg = "the video is cut off"
            raise MediaInvalid(msg)
        return found

    def up_to(self, offset: int, length: int) -> bytes:
        """At most [offset, offset + length): less only at the end of the file."""
        begin = offset - self._offset
        wanted = min(length, self._size - offset)
        if not 0 <= begin <= len(self._data) - wanted:
            self._data = self._read(offset, min(max(length, READ_AHEAD), self._size - offset)) if wanted > 0 else b""
            self._offset, begin = offset, 0
        return self._data[begin : begin + length]

    def box(self, kind: bytes, offset: int) -> bytes:
        """The whole box of `kind` at `offset`.  Raises MediaInvalid."""
        head = self.exactly(offset, BOX_HEAD)
        claimed = int.from_bytes(head[:4], "big")
        if head[4:] != kind or claimed > _LARGEST_BOX:
            msg = "this video is no recording of Doorstep"
            raise MediaInvalid(msg)
        data = self.exactly(offset, claimed)
        box_at(data, 0, len(data))
        return data
