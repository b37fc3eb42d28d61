"""A stored ZIP (PKWARE APPNOTE 6.3.10) of entries whose sizes are known: its own bytes, and where theirs go.

No byte of an entry is read here, and its CRC-32 is asked for only where it has to be written, so that the size of the
whole is known at once and any range of it can be made alone.
"""

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

_LOCAL = struct.Struct("<IHHHHHIIIHH")
"""Local file header up to the name (4.3.7)."""

_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
"""Central directory header up to the name (4.3.12)."""

_END = struct.Struct("<IHHHHIIH")
"""End of central directory record (4.3.16)."""

_END_64 = struct.Struct("<IQHHIIQQQQ")
"""ZIP64 end of central directory record (4.3.14)."""

_LOCATOR = struct.Struct("<IIQI")
"""ZIP64 end of central directory locator (4.3.15)."""

_EXTRA = struct.Struct("<HH")
_EXTRA_64 = 0x0001
"""Header id of the ZIP64 extended information (4.5.3)."""

_VERSION = 20
_VERSION_64 = 45
"""Version needed to extract (4.4.3.2)."""

_MADE_BY_UNIX = 3 << 8
_READABLE = 0o100644 << 16
"""External attributes: an ordinary file (4.4.15)."""

_UTF_8 = 1 << 11
"""General purpose flag: the name is UTF-8 (4.4.4)."""

LARGEST_32 = 0xFFFFFFFE
"""What a field of 32 bits can say; all ones mean that the ZIP64 fields say it (4.4.8)."""

MOST_ENTRIES_16 = 0xFFFE
_FULL_32 = 0xFFFFFFFF
_FULL_16 = 0xFFFF


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in the archive: its plain name, its size in bytes, its time, and how to learn its CRC-32."""

    name: str
    size: int
    modified: datetime
    crc: Callable[[], int] = field(repr=False)


@dataclass(frozen=True, slots=True)
class EntrySlice:
    """`length` bytes of the `index`-th entry from `offset` on."""

    index: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Bytes of the archive: of an entry, or made when they are wanted."""

    length: int
    source: int | Callable[[], bytes]


class Archive:
    """The whole archive: `size` bytes, laid out in the order of the entries, the directory last."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        """Raises ValueError where two entries have one name, or a name is none for a file in a folder."""
        names = [entry.name for entry in entries]
        if len(set(names)) < len(names) or not all(name and "/" not in name and "\\" not in name for name in names):
            msg = "the entries of an archive need plain names, each its own"
            raise ValueError(msg)
        self._entries = tuple(entries)
        self._begins: list[int] = []
        stretches, at = [], 0
        for index, entry in enumerate(self._entries):
            self._begins.append(at)
            head = _LOCAL.size + len(entry.name.encode()) + _local_extra_size(entry)
            stretches += [_Stretch(head, _made_for(_local_header, entry)), _Stretch(entry.size, index)]
            at += head + entry.size
        self._directory_at = at
        directory = self._directory_size()
        stretches.append(_Stretch(directory, lambda: self._directory))
        self._stretches = stretches
        self._ends: list[int] = []
        end = 0
        for stretch in stretches:
            end += stretch.length
            self._ends.append(end)
        self.size = end

    def pieces(self, offset: int, length: int) -> Iterator[bytes | EntrySlice]:
        """What makes up the bytes [offset, offset + length) of the whole, in order; less where the whole ends before.

        Raises ValueError for negative numbers, and what the CRC of an entry raises whose header lies there.
        """
        if offset < 0 or length < 0:
            msg = f"no archive has {length} bytes at {offset}"
            raise ValueError(msg)
        end = min(offset + length, self.size)
        for index in range(bisect_right(self._ends, offset), len(self._stretches)):
            if offset >= end:
                return
            stretch = self._stretches[index]
            skipped = offset - (self._ends[index] - stretch.length)
            upto = min(end, self._ends[index])
            if upto > offset:
                if isinstance(stretch.source, int):
                    yield EntrySlice(stretch.source, skipped, upto - offset)
                else:
                    yield stretch.source()[skipped : skipped + upto - offset]
            offset = upto

    @cached_property
    def _directory(self) -> bytes:
        headers = [_central_header(entry, at) for entry, at in zip(self._entries, self._begins, strict=True)]
        return b"".join(headers) + self._end(sum(map(len, headers)))

    def _directory_size(self) -> int:
        places = zip(self._entries, self._begins, strict=True)
        headers = sum(_CENTRAL.size + len(one.name.encode()) + len(_central_extra(one, at)) for one, at in places)
        return headers + (_END_64.size + _LOCATOR.size if self._is_large(headers) else 0) + _END.size

    def _is_large(self, directory: int) -> bool:
        return len(self._entries) > MOST_ENTRIES_16 or max(self._directory_at, directory) > LARGEST_32

    def _end(self, directory: int) -> bytes:
        """What stands behind the headers of the directory, which are so many bytes (4.3.14 to 4.3.16)."""
        count, at = len(self._entries), self._directory_at
        large = b""
        if self._is_large(directory):
            large = _END_64.pack(
                *(0x06064B50, _END_64.size - 12, _MADE_BY_UNIX | _VERSION_64, _VERSION_64),
                *(0, 0, count, count, directory, at),
            ) + _LOCATOR.pack(0x07064B50, 0, at + directory, 1)
        few = _FULL_16 if count > MOST_ENTRIES_16 else count
        return large + _END.pack(0x06054B50, 0, 0, few, few, _in_32(directory), _in_32(at), 0)


def _made_for(make: Callable[[Entry], bytes], entry: Entry) -> Callable[[], bytes]:
    return lambda: make(entry)


def _local_extra_size(entry: Entry) -> int:
    return _EXTRA.size + 16 if entry.size > LARGEST_32 else 0


def _local_header(entry: Entry) -> bytes:
    """4.3.7; of a large entry both sizes stand in the extra field (4.5.3)."""
    name = entry.name.encode()
    extra = _EXTRA.pack(_EXTRA_64, 16) + struct.pack("<QQ", entry.size, entry.size) if _local_extra_size(entry) else b""
    fields = (_needs(entry, 0), _UTF_8, 0, *_dos_time(entry.modified), entry.crc(), *_sizes(entry))
    return _LOCAL.pack(0x04034B50, *fields, len(name), len(extra)) + name + extra


def _central_header(entry: Entry, at: int) -> bytes:
    name, extra = entry.name.encode(), _central_extra(entry, at)
    version = _needs(entry, at)
    fields = (version, _UTF_8, 0, *_dos_time(entry.modified), entry.crc(), *_sizes(entry))
    rest = (len(name), len(extra), 0, 0, 0, _READABLE, _in_32(at))
    return _CENTRAL.pack(0x02014B50, _MADE_BY_UNIX | version, *fields, *rest) + name + extra


def _central_extra(entry: Entry, at: int) -> bytes:
    """Only what does not fit its 32 bits, in this order (4.5.3)."""
    numbers = [entry.size, entry.size] if entry.size > LARGEST_32 else []
    numbers += [at] if at > LARGEST_32 else []
    return _EXTRA.pack(_EXTRA_64, 8 * len(numbers)) + struct.pack(f"<{len(numbers)}Q", *numbers) if numbers else b""


def _needs(entry: Entry, at: int) -> int:
    return _VERSION_64 if max(entry.size, at) > LARGEST_32 else _VERSION


def _sizes(entry: Entry) -> tuple[int, int]:
    return _in_32(entry.size), _in_32(entry.size)


def _in_32(number: int) -> int:
    return number if number <= LARGEST_32 else _FULL_32


def _dos_time(at: datetime) -> tuple[int, int]:
    """Time and date (4.4.6), of two seconds each, in UTC; what lies outside 1980..2107 as its nearest."""
    at = at.astimezone(UTC)
    if at.year < 1980:
        return 0, 1 << 5 | 1
    year = min(at.year, 2107) - 1980
    return at.hour << 11 | at.minute << 5 | at.second // 2, year << 9 | at.month << 5 | at.day
