"""Counts what one camera sends, and notices what it leaves out.  The rule for that lives in `core/gap`."""

from doorstep.core.camera import CameraCounts
from doorstep.core.gap import left_out
from doorstep.core.key_frames import KeyFrames
from doorstep.core.media import AudioPacket, Packet, VideoFormat

SMOOTHING = 0.1


class Tally:
    """One for each camera, over all its connections; used on the event loop only."""

    def __init__(self) -> None:
        self._packets = self._bytes = self._connections = 0
        self._timescale = 1
        self._last: Packet | None = None
        self._usually = 0.0
        self._newest_arrival: float | None = None
        self._expects_first = False
        self._key_frames: KeyFrames | None = None
        self.gaps = 0
        self.looks = 0

    def began(self, fmt: VideoFormat) -> None:
        """A connection, or a new format within one."""
        self._connections += 1
        self._timescale = fmt.timescale
        self._key_frames = KeyFrames(fmt)
        self._last, self._usually, self._expects_first = None, 0.0, True

    def heard(self, packet: AudioPacket) -> None:
        """Sound came."""
        self._packets += 1
        self._bytes += len(packet.data)

    def is_first(self, packet: Packet) -> bool:
        """A picture came: whether it is the first since `began`."""
        self._packets += 1
        self._bytes += len(packet.data)
        self._newest_arrival = packet.arrived
        if self._key_frames is not None:
            self._key_frames.take(packet)
        first, self._expects_first = self._expects_first, False
        return first

    @property
    def hint(self) -> str:
        """What its key frames cost whoever looks at it, for the owner; empty where there is little to save."""
        return "" if self._key_frames is None else self._key_frames.hint()

    def left_out_since(self, packet: Packet) -> float | None:
        """The monotonic time since which pictures are missing before this one; None where none are."""
        last, self._last = self._last, packet
        if last is None:
            return None
        apart = (packet.dts - last.dts) / self._timescale
        usually = self._usually or min(apart, last.duration / self._timescale)
        if left_out(packet.arrived - last.arrived, apart, usually):
            return last.arrived + usually
        self._usually = usually + SMOOTHING * (apart - usually)
        return None

    def counts(
        self, now: float, *, overruns: int, lost_segments: int, buffer_seconds: float, buffer_bytes: int
    ) -> CameraCounts:
        """As the metrics show it; `now` is monotonic."""
        return CameraCounts(
            packets=self._packets,
            bytes=self._bytes,
            connections=self._connections,
            gaps=self.gaps,
            looks=self.looks,
            overruns=overruns,
            lost_segments=lost_segments,
            buffer_seconds=buffer_seconds,
            buffer_bytes=buffer_bytes,
            last_packet_seconds=None if self._newest_arrival is None else max(0.0, now - self._newest_arrival),
        )
