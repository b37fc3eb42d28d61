"""A tar archive of plain files, as narrow as backups need it: ustar (IEEE 1003.1, pax, "ustar Interchange Format").

Any tar reads what is written here.  Read is only what could have been written here: no links, folders, devices, long
names or extensions, so there is nothing to be tricked by.  Which names mean what is `contents`' business.
"""

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from doorstep.backup.errors import BackupInvalid

LARGEST_MEMBER = 8 * 1024**3 - 1
"""Bytes: what eleven octal digits say."""

LONGEST_NAME = 100
_BLOCK = 512
_PIECE = 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)?")
_NUMBER = re.compile(rb"[0-7]{1,11}[ \0]*")
_DAMAGED = "The backup is damaged or was not made by Doorstep. Nothing of it was used."


class Readable(Protocol):
    """Gives at most `size` bytes, fewer than asked only at its end or in between; b"" at its end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        ...


class Writable(Protocol):
    """Takes bytes."""

    def write(self, data: bytes, /) -> int:
        """All of them."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive; its bytes are read in order, before the next member is asked for."""

    name: str
    size: int
    pieces: Iterator[bytes]


def is_member_name(name: str) -> bool:
    """Whether an archive may hold such a file: one plain name, or one in a folder."""
    return len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None


def write_member(archive: Writable, name: str, size: int, mtime: int, file: BinaryIO) -> None:
    """Add `size` bytes of `file`.  ValueError for a name or size that no archive takes, or a file that ends early."""
    if not is_member_name(name) or not 0 <= size <= LARGEST_MEMBER:
        msg = f"{name!r} of {size} bytes cannot be a part of a backup"
        raise ValueError(msg)
    head = tarfile.TarInfo(name)
    head.size, head.mtime, head.mode = size, mtime, 0o600
    archive.write(head.tobuf(tarfile.USTAR_FORMAT))
    left = size
    while left:
        piece = file.read(min(_PIECE, left))
        if not piece:
            msg = f"{name!r} ended before it was all in the backup"
            raise ValueError(msg)
        archive.write(piece)
        left -= len(piece)
    archive.write(bytes(-size % _BLOCK))


def write_end(archive: Writable) -> None:
    """Two empty blocks."""
    archive.write(bytes(2 * _BLOCK))


def read_members(archive: Readable) -> Iterator[Member]:
    """Every file in order.  Raises BackupInvalid for anything that `write_member` does not write."""
    while True:
        head = _exactly(archive, _BLOCK)
        if head == bytes(_BLOCK):
            if _exactly(archive, _BLOCK) != bytes(_BLOCK) or archive.read(1):
                raise BackupInvalid(_DAMAGED)
            return
        name, size = _parsed(head)
        pieces = _pieces(archive, size)
        yield Member(name, size, pieces)
        for _ in pieces:  # what nobody wanted
            pass


def _pieces(archive: Readable, size: int) -> Iterator[bytes]:
    left = size
    while left:
        piece = archive.read(min(_PIECE, left))
        if not piece:
            raise BackupInvalid(_DAMAGED)
        left -= len(piece)
        yield piece
    if any(_exactly(archive, -size % _BLOCK)):
        raise BackupInvalid(_DAMAGED)


def _parsed(head: bytes) -> tuple[str, int]:
    """Name and size.  The fields: name 100, mode 8, uid 8, gid 8, size 12, mtime 12, chksum 8, typeflag, linkname 100,
    magic 6, version 2, uname 32, gname 32, devmajor 8, devminor 8, prefix 155.
    """
    summed = sum(head[:148]) + 8 * ord(" ") + sum(head[156:])
    name = head[:100].rstrip(b"\0")
    is_plain = head[156:157] == b"0" and not any(head[157:257]) and not any(head[345:500])
    if head[257:265] != b"ustar\x0000" or _number(head[148:156]) != summed or not is_plain or not name.isascii():
        raise BackupInvalid(_DAMAGED)
    if not is_member_name(name.decode("ascii")):
        raise BackupInvalid(_DAMAGED)
    return name.decode("ascii"), _number(head[124:136])


def _number(field: bytes) -> int:
    if not _NUMBER.fullmatch(field):
        raise BackupInvalid(_DAMAGED)
    return int(field.rstrip(b" \0"), 8)


def _exactly(archive: Readable, length: int) -> bytes:
    found = b""
    while len(found) < length:
        piece = archive.read(length - len(found))
        if not piece:
            raise BackupInvalid(_DAMAGED)
        found += piece
    return found
