"""Whether a file is a whole classic MP4, as `movie` lays it out: every byte of its samples is there."""

import struct
from collections.abc import Callable

from doorstep.core.errors import MediaInvalid
from doorstep.mp4.boxes import BOX_HEAD, Box, box_at, boxes, child, unpack

Read = Callable[[int, int], bytes]
"""At most `length` bytes from `offset` on."""

LARGEST_INDEX = 64 << 20
"""Bytes of a moov that is looked at; a day of video has less."""

_LARGE = struct.Struct(">Q")
_SIZES = struct.Struct(">III")
_IS_LARGE = 1


def check_movie(read: Read, size: int) -> None:
    """Raises MediaInvalid where a file of `size` bytes is no whole clip of ours; samples are not decoded.

    `ftyp moov mdat` fill the file, and the samples that the index counts fill the mdat.
    """
    ftyp = _kind_and_size(read, 0, size, b"ftyp")
    moov = _kind_and_size(read, ftyp, size, b"moov")
    body = ftyp + moov
    _kind_and_size(read, body, size, b"mdat")
    if moov > LARGEST_INDEX:
        msg = "its index is larger than that of any clip"
        raise MediaInvalid(msg)
    index = read(ftyp, moov)
    head = BOX_HEAD if int.from_bytes(read(body, 4), "big") != _IS_LARGE else 2 * BOX_HEAD
    if body + head + _sample_bytes(index) != size:
        msg = "it does not hold all samples that its index counts"
        raise MediaInvalid(msg)


def _kind_and_size(read: Read, offset: int, size: int, kind: bytes) -> int:
    """How long the box of this kind is that begins there."""
    head = read(offset, 2 * BOX_HEAD)
    if len(head) < BOX_HEAD or head[4:BOX_HEAD] != kind:
        msg = f"it lacks its {kind.decode()!r} box"
        raise MediaInvalid(msg)
    claimed = int.from_bytes(head[:4], "big")
    if claimed == _IS_LARGE and len(head) == 2 * BOX_HEAD:
        (claimed,) = _LARGE.unpack_from(head, BOX_HEAD)
    if claimed < BOX_HEAD or claimed > size - offset:
        msg = "it is cut off"
        raise MediaInvalid(msg)
    return claimed


def _sample_bytes(index: bytes) -> int:
    whole = box_at(index, 0, len(index))
    tracks = [found for found in boxes(index, whole.body, whole.end) if found.kind == b"trak"]
    if not tracks:
        msg = "its index names no track"
        raise MediaInvalid(msg)
    return sum(_bytes_of(index, track) for track in tracks)


def _bytes_of(index: bytes, track: Box) -> int:
    """Of box stsz (ISO/IEC 14496-12, 8.7.3)."""
    found = track
    for kind in (b"mdia", b"minf", b"stbl", b"stsz"):
        found = child(index, found, kind)
    _flags, each, count = unpack(_SIZES, index, found)
    if each:
        return each * count
    begin = found.body + _SIZES.size
    if found.end - begin != 4 * count:
        msg = "its index is damaged"
        raise MediaInvalid(msg)
    return sum(struct.unpack_from(f">{count}I", index, begin))
