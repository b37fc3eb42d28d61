"""A segment: about one second of encoded samples, the unit of buffer, loss and upload, and where a stream is cut.

Its bytes live on a shelf; how they are laid out lives in `mp4`.
"""

from array import array
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

from doorstep.core.camera import CameraId
from doorstep.core.media import Packet

ConnectionId = NewType("ConnectionId", str)

LARGEST_SEGMENT = 16 * 1024 * 1024
"""Bytes at which a segment is cut early; only a single packet may be larger."""

MOST_SAMPLES = 4096
"""Samples at which a segment is cut early, so that a hostile stream of tiny packets stays cheap to index."""

_MICROSECOND = timedelta(microseconds=1)
_A_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Samples:
    """The sample table of one segment, column by column, each of the same length and at least one sample long.

    Arrays instead of an object a sample: fifteen minutes of 32 cameras are a million samples.  Nobody changes them
    once they stand here.  Times are ticks; `composition_offsets` is pts - dts and may be negative (ISO/IEC 14496-12,
    8.6.1.3, version 1); `keys` holds 1 for a sync sample and 0 for any other.  The type codes of the arrays are "I",
    "I" and "i": a column goes into a file as it is.
    """

    sizes: "array[int]"
    durations: "array[int]"
    composition_offsets: "array[int]"
    keys: bytes

    def __post_init__(self) -> None:
        count = len(self.sizes)
        if count == 0 or not count == len(self.durations) == len(self.composition_offsets) == len(self.keys):
            msg = "a sample table needs at least one sample and columns of one length"
            raise ValueError(msg)
        if (self.sizes.typecode, self.durations.typecode, self.composition_offsets.typecode) != ("I", "I", "i"):
            msg = 'the columns of a sample table are array("I"), array("I") and array("i")'
            raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True, slots=True)
class Segment:
    """The index of one segment: what is in the fragment, and when it was.

    `first_dts` is the decode time of its first sample in ticks of `timescale`, within `connection`.  `starts_at` is
    the wall time of that decode time; wall time of any tick t of the segment is
    `starts_at + (t - first_dts) / timescale`, rounded down to a microsecond.  `sequence` rises by one within a
    connection.  The fragment is `size` bytes long and the first sample's bytes begin at `data_offset` in it; samples
    lie one behind the other.
    """

    camera: CameraId
    connection: ConnectionId
    sequence: int
    timescale: int
    first_dts: int
    starts_at: datetime
    samples: Samples
    data_offset: int
    size: int

    @property
    def duration(self) -> int:
        """In ticks, from the first sample's decode time to the end of the last sample."""
        return sum(self.samples.durations)

    @property
    def ends_at(self) -> datetime:
        """The wall time at which the last sample's duration is over."""
        return self.wall_at(self.first_dts + self.duration)

    def wall_at(self, tick: int) -> datetime:
        """The wall time of a tick of this connection, rounded down to a microsecond."""
        return self.starts_at + timedelta(microseconds=(tick - self.first_dts) * _A_MILLION // self.timescale)

    def tick_at(self, instant: datetime) -> int:
        """The last tick that is not after `instant`: exact, so that `tick_at(wall_at(t)) >= t` always."""
        microseconds = (instant - self.starts_at) // _MICROSECOND + 1
        return self.first_dts + (microseconds * self.timescale - 1) // _A_MILLION


class SegmentCutter:
    """Cuts the packets of one connection into segments.  One for each connection; not for several threads at once.

    A segment ends when `target_ticks` (about a second) are collected, or before a key frame once half of that is, so
    that key frames tend to begin segments and the cuts of a stream with one-second GOPs fall on them.
    """

    __slots__ = ("_bytes", "_pending", "_target")

    def __init__(self, target_ticks: int) -> None:
        self._target = target_ticks
        self._pending: list[Packet] = []
        self._bytes = 0

    @property
    def pending(self) -> tuple[Packet, ...]:
        """The packets of the segment that is still open, in decode order."""
        return tuple(self._pending)

    def add(self, packet: Packet) -> tuple[Packet, ...]:
        """Take the next packet; the packets of the finished segment if this one begins a new one, else ()."""
        finished = self.flush() if self._ends_before(packet) else ()
        self._pending.append(packet)
        self._bytes += len(packet.data)
        return finished

    def flush(self) -> tuple[Packet, ...]:
        """The packets of the open segment, which ends here; () when there are none."""
        finished = tuple(self._pending)
        self._pending.clear()
        self._bytes = 0
        return finished

    def _ends_before(self, packet: Packet) -> bool:
        if not self._pending:
            return False
        collected = packet.dts - self._pending[0].dts
        return (
            collected >= self._target
            or (packet.key and collected * 2 >= self._target)
            or self._bytes + len(packet.data) > LARGEST_SEGMENT
            or len(self._pending) >= MOST_SAMPLES
        )
