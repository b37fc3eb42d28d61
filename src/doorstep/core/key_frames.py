"""How often a camera sends a picture that can be decoded alone, and what it costs where that is too seldom."""

from doorstep.core.media import Packet, VideoFormat

SUFFICE_SECONDS = 0.5
"""Key frames that come at least so often are enough to look at while nothing moves.

A first sighting is to come within 0.5 s in the median and 1.3 s in 95 % of visits.  Waiting for a key frame takes half
the interval in the median and all of it at worst: with 0.5 s a quarter and a half of a second, an eighth and a quarter
more than four looks a second do; with 1 s the wait alone would use up the median.
"""

WORTH_TELLING_PERCENT = 3.0
NANOSECONDS_A_PIXEL = 2.5  # to decode H.264 on one x86 core: 1.7 to 2.9, by how much moves; twice that on a Pi
_TOLERANCE_SECONDS = 0.05  # at 25 pictures a second half a second is 12 or 13 of them
_SELDOM_SECONDS = 5.0  # known without the next one


def suffice(interval: float) -> bool:
    """Whether key frames so many seconds apart are enough while nothing moves."""
    return interval <= SUFFICE_SECONDS + _TOLERANCE_SECONDS


class KeyFrames:
    """Those of one connection of a stream that comes encoded.  Give it every packet of the picture, in order."""

    def __init__(self, fmt: VideoFormat) -> None:
        self._timescale = fmt.timescale
        self._pixels = fmt.width * fmt.height
        self._key_dts: int | None = None
        self._newest_dts = 0
        self._pictures = 0
        self._interval: float | None = None
        self._rate = 0.0

    def take(self, packet: Packet) -> None:
        """The next packet."""
        self._newest_dts = packet.dts
        if packet.key:
            if self._key_dts is not None:
                self._interval = self._since_key
                self._rate = self._pictures / self._interval
            self._key_dts, self._pictures = packet.dts, 0
        self._pictures += 1

    @property
    def interval(self) -> float | None:
        """Seconds between the last two, or since the last where that is more; None while there is no telling."""
        if self._interval is None and self._since_key < _SELDOM_SECONDS:
            return None
        return max(self._interval or 0.0, self._since_key)

    @property
    def decoding_percent(self) -> float:
        """Of one core, roughly, to decode every picture of the stream."""
        rate = self._rate or (self._pictures / self._since_key if self._since_key else 0.0)
        return 100 * self._pixels * rate * NANOSECONDS_A_PIXEL / 1e9

    def hint(self, *, of_detect_stream: bool = False) -> str:
        """What the owner can save, and how; empty where there is nothing or little to save."""
        interval = self.interval
        if interval is None or suffice(interval) or self.decoding_percent < WORTH_TELLING_PERCENT:
            return ""
        every = f"every {round(interval, 1):g} s" if self._interval else f"more than {int(interval)} s apart"
        cost = f"so every picture is decoded (about {self.decoding_percent:.0f} % of a core)"
        if of_detect_stream:
            told, whose, otherwise = "The key frames of its detect stream come", "that stream's", "make it smaller"
        else:
            told, whose, otherwise = "Its key frames come", "its", "give it a smaller `detect` stream"
        return (
            f"{told} {every}, {cost}. Set {whose} key frame interval (GOP, I-frame interval) to 0.5 s, or {otherwise}."
        )

    @property
    def _since_key(self) -> float:
        return 0.0 if self._key_dts is None else (self._newest_dts - self._key_dts) / self._timescale
