"""A segment: about one second of encoded samples, the unit of buffer, loss and upload.  Its bytes live on a shelf."""

from array import array
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

from doorstep.core.camera import CameraId

ConnectionId = NewType("ConnectionId", str)


@dataclass(frozen=True, slots=True)
class Samples:
    """The sample table of one segment, column by column, each of the same length and at least one sample long.

    Arrays instead of an object a sample: fifteen minutes of 32 cameras are a million samples.  Nobody changes them
    once they stand here.  Times are ticks; `composition_offsets` is pts - dts and may be negative (ISO/IEC 14496-12,
    8.6.1.3, version 1); `keys` holds 1 for a sync sample and 0 for any other.
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

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True, slots=True)
class Segment:
    """The index of one segment: what is in the fragment, and when it was.

    `first_dts` is the decode time of its first sample in ticks of `timescale`, within `connection`.  `starts_at` is
    the wall time of that decode time; wall time of any tick t of the segment is
    `starts_at + (t - first_dts) / timescale`.  `sequence` rises by one within a connection.  The fragment is
    `size` bytes long and the first sample's bytes begin at `data_offset` in it; samples lie one behind the other.
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
        return self.starts_at + timedelta(seconds=self.duration / self.timescale)
