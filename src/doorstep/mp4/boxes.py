"""A box: size, type, content (ISO/IEC 14496-12, 4.2).  What stands in each kind of box lives in the other files."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from doorstep.core.errors import MediaInvalid

BOX_HEAD = 8
"""Bytes of size and type."""

_HEAD = struct.Struct(">I4s")
_FULL_HEAD = struct.Struct(">I4sI")


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of `kind` (four bytes) with all parts in it; it must stay below 4 GiB."""
    return b"".join((_HEAD.pack(BOX_HEAD + sum(map(len, parts)), kind), *parts))


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box that begins with a version and 24 flags (4.2)."""
    return b"".join((_FULL_HEAD.pack(12 + sum(map(len, parts)), kind, version << 24 | flags), *parts))


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies in the bytes that were read: its content is [body, end)."""

    kind: bytes
    body: int
    end: int


def box_at(data: bytes, offset: int, end: int) -> Box:
    """The box that begins at `offset` and lies wholly before `end`.

    Raises MediaInvalid.  Sizes of 0 (to the end of the file) and 1 (64 bits) are not taken: nothing of ours has them.
    """
    if end - offset < BOX_HEAD or end > len(data):
        msg = "the video ends in the middle of a box"
        raise MediaInvalid(msg)
    size, kind = _HEAD.unpack_from(data, offset)
    if not BOX_HEAD <= size <= end - offset:
        msg = f"a box of the video claims {size} bytes where {end - offset} are left"
        raise MediaInvalid(msg)
    return Box(kind, offset + BOX_HEAD, offset + size)


def boxes(data: bytes, offset: int, end: int) -> Iterator[Box]:
    """The boxes that fill [offset, end) without a rest.  Raises MediaInvalid."""
    while offset < end:
        found = box_at(data, offset, end)
        yield found
        offset = found.end


def child(data: bytes, within: Box, kind: bytes, skip: int = 0) -> Box:
    """The first box of `kind` among those that fill `within`, behind its first `skip` bytes.  Raises MediaInvalid."""
    for found in boxes(data, within.body + skip, within.end):
        if found.kind == kind:
            return found
    msg = f"the video lacks its {kind.decode('latin-1')!r} box"
    raise MediaInvalid(msg)


def unpack(form: struct.Struct, data: bytes, within: Box, skip: int = 0) -> tuple[int, ...]:
    """The numbers behind the first `skip` bytes of a box.  Raises MediaInvalid where it is too short for them."""
    if within.end - within.body - skip < form.size:
        msg = f"the {within.kind.decode('latin-1')!r} box of the video is too short"
        raise MediaInvalid(msg)
    return form.unpack_from(data, within.body + skip)
