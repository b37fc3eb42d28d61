"""A segment: about one second of encoded samples, the unit of buffer, loss and upload, and where a stream is cut.

Its bytes live on a shelf; how they are laid out lives in `mp4`.
"""

from array import array
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NewType

from doorstep.core.camera import CameraId
from doorstep.core.media import AudioPacket, Packet

ConnectionId = NewType("ConnectionId", str)

LARGEST_SEGMENT = 16 * 1024 * 1024
"""Bytes at which a segment is cut early; only a single packet may be larger."""

MOST_SAMPLES = 4096
"""Samples at which a segment is cut early, so that a hostile stream of tiny packets stays cheap to index."""

FARTHEST_FROM_PICTURE = 2
"""Seconds that sound may lie before or behind the newest picture; what is farther belongs to no picture here."""

LARGEST_AUDIO_PACKET = 8191
"""Bytes: what the length in an ADTS header can say (ISO/IEC 14496-3, 1.A.2.2)."""

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
class AudioSamples:
    """The sound of one segment: AAC access units, each a sync sample, at least one.

    `first_pts` and the durations are ticks of the segment's `sample_rate`, on the segment's time line:
    `first_pts / sample_rate` and `first_dts / timescale` are the same seconds.  A duration reaches to the next sample,
    over a silence too; the last is as long as its packet says.  The arrays have the type code "I".
    """

    first_pts: int
    sizes: "array[int]"
    durations: "array[int]"

    def __post_init__(self) -> None:
        if not len(self.sizes) == len(self.durations) > 0:
            msg = "a table of sound needs at least one sample and columns of one length"
            raise ValueError(msg)
        if (self.sizes.typecode, self.durations.typecode) != ("I", "I"):
            msg = 'the columns of a table of sound are array("I")'
            raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def last_pts(self) -> int:
        """Where the last sample begins."""
        return self.end - self.durations[-1]

    @property
    def end(self) -> int:
        """Where the last sample is over."""
        return self.first_pts + sum(self.durations)


@dataclass(frozen=True, slots=True)
class Segment:
    """The index of one segment: what is in the fragment, and when it was.

    `first_dts` is the decode time of its first sample in ticks of `timescale`, within `connection`.  `starts_at` is
    the wall time of that decode time; wall time of any tick t of the segment is
    `starts_at + (t - first_dts) / timescale`, rounded down to a microsecond.  `sequence` rises by one within a
    connection.  The fragment is `size` bytes long and the first sample's bytes begin at `data_offset` in it; samples
    lie one behind the other, those of the sound behind those of the picture.  `sample_rate` is how many ticks a second
    the sound is counted in, 0 where the connection keeps none; `audio` is None also where just this segment has none.
    `crc` is the CRC-32 of the fragment's bytes (ISO/IEC 3309, as zlib's), None where nobody told it; no part of what
    the segment is.
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
    sample_rate: int = 0
    audio: AudioSamples | None = None
    crc: int | None = field(default=None, compare=False, repr=False)

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


@dataclass(frozen=True, slots=True)
class Cut:
    """What one segment consists of: pictures in decode order, at least one, and the sound that came among them."""

    packets: tuple[Packet, ...]
    audio: tuple[AudioPacket, ...] = ()


class SegmentCutter:
    """Cuts the packets of one connection into segments.  One for each connection; not for several threads at once.

    A segment ends when `timescale` ticks, a second, are collected, or before a key frame once half of that is, so that
    key frames tend to begin segments and the cuts of a stream with one-second GOPs fall on them.  Sound never cuts: it
    joins the segment that is open when it comes, whatever its times are.
    """

    __slots__ = ("_audio", "_bytes", "_heard_until", "_pending", "_sample_rate", "_timescale")

    def __init__(self, timescale: int, sample_rate: int = 0) -> None:
        """Ticks a second of the pictures, and of the sound; with 0 none is kept."""
        self._timescale = timescale
        self._sample_rate = sample_rate
        self._pending: list[Packet] = []
        self._audio: list[AudioPacket] = []
        self._heard_until: int | None = None
        self._bytes = 0

    @property
    def first(self) -> Packet | None:
        """The first picture of the segment that is still open."""
        return self._pending[0] if self._pending else None

    @property
    def pending(self) -> Cut | None:
        """The segment that is still open, as it stands."""
        return Cut(tuple(self._pending), tuple(self._audio)) if self._pending else None

    def add(self, packet: Packet) -> Cut | None:
        """Take the next packet; the finished segment if this one begins a new one."""
        finished = self.flush() if self._ends_before(packet) else None
        self._pending.append(packet)
        self._bytes += len(packet.data)
        return finished

    def add_audio(self, packet: AudioPacket) -> bool:
        """Take the next packet of sound; False where it was left out.

        That is what comes before the first picture or far from the newest, what does not rise or is empty or larger
        than any AAC, and what would make a segment too large.
        """
        if not self._pending or not self._belongs(packet, self._pending[-1]):
            return False
        self._audio.append(packet)
        self._heard_until = packet.pts
        self._bytes += len(packet.data)
        return True

    def flush(self) -> Cut | None:
        """The open segment, which ends here."""
        finished = self.pending
        self._pending.clear()
        self._audio.clear()
        self._bytes = 0
        return finished

    def _ends_before(self, packet: Packet) -> bool:
        if not self._pending:
            return False
        collected = packet.dts - self._pending[0].dts
        return (
            collected >= self._timescale
            or (packet.key and collected * 2 >= self._timescale)
            or self._bytes + len(packet.data) > LARGEST_SEGMENT
            or len(self._pending) >= MOST_SAMPLES
        )

    def _belongs(self, packet: AudioPacket, newest: Packet) -> bool:
        apart = abs(packet.pts * self._timescale - newest.dts * self._sample_rate)
        return (
            apart <= FARTHEST_FROM_PICTURE * self._timescale * self._sample_rate
            and self._sample_rate > 0
            and (self._heard_until is None or packet.pts > self._heard_until)
            and packet.duration > 0
            and 0 < len(packet.data) <= LARGEST_AUDIO_PACKET
            and self._bytes + len(packet.data) <= LARGEST_SEGMENT
            and len(self._audio) < MOST_SAMPLES
        )
