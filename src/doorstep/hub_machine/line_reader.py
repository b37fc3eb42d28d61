"""Lines of somebody who is not believed, out of a stream of bytes: bounded, whatever comes.  Pure."""

from collections.abc import Iterator
from typing import Final

from doorstep.core.hub_status import LONGEST_LINE

MOST_LINES_AT_ONCE: Final = 64


class LineTooLong(Exception):
    """More came without a line's end than a line may have."""


class LineReader:
    """Fed with what came; gives whole lines, without their ends."""

    def __init__(self) -> None:
        self._rest = b""

    def fed(self, chunk: bytes) -> Iterator[bytes]:
        """The lines that are whole now; of more than 64 at once the last ones.  Raises LineTooLong."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LONGEST_LINE or any(len(line) > LONGEST_LINE for line in lines):
            raise LineTooLong
        yield from lines[-MOST_LINES_AT_ONCE:]
