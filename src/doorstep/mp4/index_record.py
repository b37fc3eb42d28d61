"""The record behind each stored fragment: what the fragment cannot say of itself, and the checksums that prove it.

A `uuid` box (ISO/IEC 14496-12, 11.1), which players skip: version and length of the connection's name (16 bits each),
sequence (64), wall time of the first decode time in microseconds since 1970 UTC (64), CRC-32 of the fragment (32),
the connection's name in UTF-8, and last the CRC-32 of the fragment's head (all before its first sample) and of the
record so far.  Big-endian.  The last one makes index and head trustworthy without a look at the samples.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zlib import crc32

from doorstep.core.camera import CameraId
from doorstep.core.errors import MediaInvalid
from doorstep.core.media import VideoFormat
from doorstep.core.segment import ConnectionId, Segment
from doorstep.mp4.boxes import box, box_at
from doorstep.mp4.fragment import ParsedFragment

LARGEST_RECORD = 512
"""Bytes; a connection's name has at most 255."""

_UUID = bytes.fromhex("1d0f3c7a52e84b6e9a0bd00257e9c1f4")
_FIELDS = struct.Struct(">HHQQI")
_CHECK = struct.Struct(">I")
_VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""Far enough from the last year of datetime that no sum of a fragment's times leaves it."""


@dataclass(frozen=True, slots=True)
class IndexRecord:
    """One record as it was read; `size` is that of the whole box."""

    connection: ConnectionId
    sequence: int
    starts_at: datetime
    fragment_crc: int
    size: int

    def segment(self, camera: CameraId, fmt: VideoFormat, fragment: ParsedFragment) -> Segment:
        """The segment that record and fragment describe together, of a connection with this format.

        Raises MediaInvalid for sound in a fragment of a connection that has none.
        """
        if fragment.audio is not None and fmt.audio is None:
            msg = "a fragment of the video has sound that its header does not describe"
            raise MediaInvalid(msg)
        return Segment(
            camera=camera,
            connection=self.connection,
            sequence=self.sequence,
            timescale=fmt.timescale,
            first_dts=fragment.first_dts,
            starts_at=self.starts_at,
            samples=fragment.samples,
            data_offset=fragment.data_offset,
            size=fragment.size,
            sample_rate=fmt.audio.sample_rate if fmt.audio else 0,
            audio=fragment.audio,
            crc=self.fragment_crc,
        )


def index_record(segment: Segment, fragment: bytes) -> bytes:
    """The record of a segment whose bytes are `fragment`.

    Raises ValueError for another fragment's bytes, a connection's name over 255 bytes or a time before 1970.
    """
    name = segment.connection.encode()
    if len(fragment) != segment.size or len(name) > 255 or not _EPOCH <= segment.starts_at < _LATEST:
        msg = f"segment {segment.sequence} of {segment.connection!r} cannot be described by an index record"
        raise ValueError(msg)
    starts_at = (segment.starts_at - _EPOCH) // _MICROSECOND
    fields = _FIELDS.pack(_VERSION, len(name), segment.sequence, starts_at, crc32(fragment))
    check = _check(memoryview(fragment)[: segment.data_offset], fields + name)
    return box(b"uuid", _UUID, fields, name, check)


def read_index_record(data: bytes, fragment_head: bytes) -> IndexRecord:
    """The record at the beginning of `data`, behind a fragment whose bytes before its first sample are given.

    Raises MediaInvalid for everything that `index_record` does not write.
    """
    found = box_at(data, 0, len(data))
    body = data[found.body : found.end]
    if found.kind == b"uuid" and body[:16] == _UUID and len(body) >= 16 + _FIELDS.size + _CHECK.size:
        version, length, sequence, starts_at, fragment_crc = _FIELDS.unpack_from(body, 16)
        fields, check = body[16 : -_CHECK.size], body[-_CHECK.size :]
        if version == _VERSION and len(fields) == _FIELDS.size + length and check == _check(fragment_head, fields):
            name = _text(fields[_FIELDS.size :])
            return IndexRecord(ConnectionId(name), sequence, _instant(starts_at), fragment_crc, found.end)
    msg = "the index record behind a fragment of the video is damaged"
    raise MediaInvalid(msg)


def _check(head: bytes | memoryview, fields: bytes) -> bytes:
    return _CHECK.pack(crc32(fields, crc32(head)))


def _text(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError as error:
        msg = "the index record behind a fragment of the video names no connection"
        raise MediaInvalid(msg) from error


def _instant(microseconds: int) -> datetime:
    if microseconds >= (_LATEST - _EPOCH) // _MICROSECOND:
        msg = "the index record behind a fragment of the video names an impossible time"
        raise MediaInvalid(msg)
    return _EPOCH + timedelta(microseconds=microseconds)
