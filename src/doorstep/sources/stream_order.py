"""The promises of a stream, checked where it comes from somebody who may lie: `ports.Source`, and plausible times."""

from dataclasses import replace

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat

_OLDEST_SECONDS = 5.0


class StreamOrder:
    """One stream's rules, from its first item on."""

    def __init__(self) -> None:
        self.format: VideoFormat | None = None
        self._last_dts: int | None = None
        self._last_sound: int | None = None

    def check(self, item: StreamItem, now: float) -> StreamItem:
        """The item, its time of arrival made plausible.  Raises MediaInvalid for what breaks the port's promises."""
        match item:
            case VideoFormat():
                self.format, self._last_dts, self._last_sound = item, None, None
                return item
            case Packet():
                first = self._last_dts is None
                if self.format is None or (first and not item.key) or (not first and item.dts <= (self._last_dts or 0)):
                    msg = "packets came out of order"
                    raise MediaInvalid(msg)
                self._last_dts = item.dts
            case AudioPacket():
                late = self._last_sound is not None and item.pts <= self._last_sound
                if self.format is None or self.format.audio is None or late:
                    msg = "sound came out of order"
                    raise MediaInvalid(msg)
                self._last_sound = item.pts
        # Written so that what is no number at all is replaced, too.
        return item if now - _OLDEST_SECONDS <= item.arrived <= now else replace(item, arrived=now)
