"""The Range header (RFC 9110, 14): which part of a known number of bytes is asked for.  Sending lives elsewhere."""

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=[ \t]*(\d{1,18})?-(\d{1,18})?[ \t]*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes [offset, offset + length); never empty."""

    offset: int
    length: int

    def content_range(self, size: int) -> str:
        """The Content-Range header of a 206 (RFC 9110, 14.4)."""
        return f"bytes {self.offset}-{self.offset + self.length - 1}/{size}"


class Unsatisfiable(Exception):
    """The range lies behind the end: 416."""


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The one range asked for, None for everything.  Raises Unsatisfiable.

    What is not understood, and a list of several ranges, is answered whole, which RFC 9110, 14.2 allows.
    """
    found = _ONE_RANGE.fullmatch(header) if header is not None else None
    if found is None:
        return None
    first, last = found.groups()
    if first is None and last is None:
        return None
    if first is None:
        length = min(int(last), size)
        return _unless_empty(size - length, length)
    offset = int(first)
    if last is not None and int(last) < offset:
        return None
    end = size if last is None else min(int(last) + 1, size)
    return _unless_empty(offset, end - offset)


def begins_anew(header: str | None) -> bool:
    """Whether a request asks for a file from its start to its end, as a player's first request does."""
    found = _ONE_RANGE.fullmatch(header) if header is not None else None
    return found is None or (found.group(1) is not None and int(found.group(1)) == 0 and found.group(2) is None)


def _unless_empty(offset: int, length: int) -> ByteRange:
    if length <= 0:
        raise Unsatisfiable
    return ByteRange(offset, length)
