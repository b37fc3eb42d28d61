"""A stream of bytes in, whole JPEG pictures out.  Where the bytes come from, and decoding them, are elsewhere."""

import re

from doorstep.core.errors import MediaInvalid

LARGEST_PICTURE = 8 * 2**20
MOST_BETWEEN = 64 * 2**10
"""Bytes that may stand before or between pictures: boundaries and the headers of parts."""

MOST_DAMAGED = 200
"""In a row: each is walked through again from every beginning in it, which must not be a way to keep us busy."""

_START = b"\xff\xd8\xff"
# What may follow a scan's bytes: no stuffed zero, no restart marker, no fill byte (ITU-T T.81, B.1.1.5 and E.2.4).
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_FILL, _START_OF_IMAGE, _END_OF_IMAGE, _START_OF_SCAN = 0xFF, 0xD8, 0xD9, 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})


class JpegSplitter:
    """Finds pictures by their own markers (ITU-T T.81, annex B), in `multipart/x-mixed-replace` or anything else.

    Cameras disagree on boundaries, dashes and Content-Length, and some send neither; a JPEG always says where its
    segments end.  A picture that is cut off or damaged is left out, and the next one found.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._inside = False
        self._in_scan = False
        self._position = 0
        self._between = 0
        self._damaged = 0

    def feed(self, received: bytes) -> list[bytes]:
        """The pictures that these bytes complete.  Raises MediaInvalid where there is none for too long."""
        self._buffer += received
        pictures = []
        while (picture := self._next()) is not None:
            pictures.append(picture)
        return pictures

    def _next(self) -> bytes | None:
        while self._inside or self._find_start():
            end = self._walk()
            if end is None:
                if len(self._buffer) > LARGEST_PICTURE:
                    msg = f"a picture is larger than {LARGEST_PICTURE // 2**20} MiB"
                    raise MediaInvalid(msg)
                return None
            self._inside = False
            if end:
                self._damaged = 0
                picture = bytes(self._buffer[:end])
                del self._buffer[:end]
                return picture
            self._damaged += 1
            if self._damaged > MOST_DAMAGED:
                msg = f"{MOST_DAMAGED} pictures in a row are damaged"
                raise MediaInvalid(msg)
            del self._buffer[: len(_START)]  # look for the next beginning
        return None

    def _find_start(self) -> bool:
        start = self._buffer.find(_START)
        skipped = start if start >= 0 else max(0, len(self._buffer) - len(_START) + 1)
        self._between += skipped
        del self._buffer[:skipped]
        if self._between > MOST_BETWEEN:
            msg = f"there is no JPEG picture in {MOST_BETWEEN // 2**10} KiB"
            raise MediaInvalid(msg)
        if start < 0:
            return False
        self._inside, self._in_scan, self._position, self._between = True, False, 2, 0
        return True

    def _walk(self) -> int | None:
        """From marker to marker: where the picture ends, 0 if it is damaged, None if more bytes must come first."""
        while True:
            if self._in_scan and not self._leave_scan():
                return None
            if self._position + 4 > len(self._buffer):
                return self._end_at_last()
            mark, marker = self._buffer[self._position : self._position + 2]
            if mark != _FILL or marker == 0:
                return 0
            if marker == _END_OF_IMAGE:
                return self._position + 2
            if marker == _START_OF_IMAGE:  # the picture before it was cut off
                del self._buffer[: self._position]
                self._position = 2
            elif marker == _FILL:
                self._position += 1
            elif marker in _ALONE:
                self._position += 2
            else:
                length = int.from_bytes(self._buffer[self._position + 2 : self._position + 4])
                if length < 2:
                    return 0
                self._position += 2 + length
                self._in_scan = marker == _START_OF_SCAN

    def _leave_scan(self) -> bool:
        found = _END_OF_SCAN.search(self._buffer, min(self._position, len(self._buffer)))
        self._in_scan = found is None
        self._position = max(self._position, len(self._buffer) - 1) if found is None else found.start()
        return found is not None

    def _end_at_last(self) -> int | None:
        """The end marker may be the last two bytes that have come: nothing need follow it."""
        end = self._position + 2
        return end if self._buffer[self._position : end] == bytes((_FILL, _END_OF_IMAGE)) else None
