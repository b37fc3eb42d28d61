"""The running time of what is published: one line over all connections of the camera, and over outages of the net.

Whether a packet's own times are sound is each source's business.
"""

from doorstep.core.media import AudioPacket, Packet, VideoFormat


class Timeline:
    """Milliseconds since the first packet of the process, as an RTMP server is told them; never backwards.

    Within one connection of the camera its own clock counts; between two of them ours does, so that the time without
    a picture is told as it was.  One thread.
    """

    def __init__(self) -> None:
        self._began: float | None = None
        self._latest = -1
        self._format: VideoFormat | None = None
        self._base = 0  # of the connection, in milliseconds
        self._first: float | None = None  # second of the connection's own clock at which it began

    def begin(self, format: VideoFormat) -> None:  # noqa: A002 - the word of the glossary
        """A connection, or a new format within one."""
        self._format = format
        self._first = None

    def of(self, packet: Packet | AudioPacket) -> int:
        """The packet's decode time.  `begin` must have been called."""
        seconds = self._seconds(packet)
        if self._began is None:
            self._began = packet.arrived
        if self._first is None:
            self._first = seconds
            self._base = max(self._latest + 1, round(1000 * (packet.arrived - self._began)))
        time = max(0, self._base + round(1000 * (seconds - self._first)))
        self._latest = max(self._latest, time)
        return time

    def _seconds(self, packet: Packet | AudioPacket) -> float:
        if isinstance(packet, Packet):
            return packet.dts / self._format.timescale if self._format else 0.0
        return packet.pts / self._format.audio.sample_rate if self._format and self._format.audio else 0.0
