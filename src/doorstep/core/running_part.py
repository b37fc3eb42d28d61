"""Which segments of a running event go off-site next, and how many together.  Sending them: `pipeline`."""

from collections.abc import Sequence

from doorstep.core.segment import Segment

SECONDS_A_PART = 1.5
"""So long may the sending of one part take: with the second that a segment lasts, less than five are ever missing."""

LEAST_BYTES = 128 * 1024
MOST_BYTES = 4 * 1024 * 1024
_WEIGHT = 0.5


def newest_run(waiting: Sequence[Segment], most_bytes: int) -> Sequence[Segment]:
    """The newest of those that wait (in the order in which they were cut) that make the next part, in that order.

    Of one connection, one behind the other; `most_bytes` together, or one alone.  () where none waits.
    """
    begin = len(waiting)
    size = 0
    while begin > 0:
        segment = waiting[begin - 1]
        size += segment.size
        is_first = begin == len(waiting)
        if not is_first and (size > most_bytes or not _precedes(segment, waiting[begin])):
            break
        begin -= 1
    return waiting[begin:]


class PartPace:
    """How large a part may be on this line, by how fast the last ones went."""

    def __init__(self) -> None:
        self._rate: float | None = None

    @property
    def most_bytes(self) -> int:
        """Of one part."""
        if self._rate is None:
            return LEAST_BYTES
        return int(min(max(self._rate * SECONDS_A_PART, LEAST_BYTES), MOST_BYTES))

    def sent(self, size: int, seconds: float) -> None:
        """A part of so many bytes took so long."""
        rate = size / max(seconds, 0.001)
        self._rate = rate if self._rate is None else self._rate * (1 - _WEIGHT) + rate * _WEIGHT


def _precedes(segment: Segment, after: Segment) -> bool:
    return segment.connection == after.connection and segment.sequence + 1 == after.sequence
