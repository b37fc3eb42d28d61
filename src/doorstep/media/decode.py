"""Decodes what somebody wants to look at, and no more.  Who wants what is the tap's business."""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext

from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.media.frame import DecodedFrame
from doorstep.ports import FrameTap

_MOST_WAITING_BYTES = 16 * 2**20  # a GOP that is larger is not caught up with: the next key frame serves
_MOST_PIXELS = 2**26  # of a camera's picture: 8192 x 8192


def looking(items: Iterator[StreamItem], tap: FrameTap) -> Iterator[StreamItem]:
    """Hands every item on at once, and afterwards shows its picture to the tap if the tap wants it."""
    eye: Eye | None = None
    for item in items:
        yield item
        if isinstance(item, VideoFormat):
            eye = Eye(item, tap)
        elif eye is not None and isinstance(item, Packet):
            eye.take(item)


class Eye:
    """Decodes one connection for one tap, in one thread.

    Packets wait undecoded until a frame is wanted.  A wanted key frame is decoded alone.  A frame wanted in the
    middle of a GOP is decoded with everything since the key frame, but only if key frames are rarer than looks
    (else the next one is waited for).  A GOP in which nothing was wanted is never decoded.
    """

    def __init__(self, fmt: VideoFormat, tap: FrameTap) -> None:
        self._format = fmt
        self._tap = tap
        self._time_base = Fraction(1, fmt.timescale)
        self._decoder = self._new_decoder()
        self._decoder_is_clean = True
        self._waiting: list[Packet] = []
        self._waiting_bytes = 0
        self._broken_gop = True  # until the first key frame
        self._wanted: dict[int, Packet] = {}
        self._rhythm = _Rhythm()
        self._newest_pts: int | None = None
        self.damaged = 0
        """How many packets or pictures could not be decoded."""

    def take(self, packet: Packet) -> None:
        """The next packet of the connection.  Never raises: damage is counted, and the next key frame heals it."""
        if packet.key:
            self._begin_gop(packet)
        if self._broken_gop:
            return
        self._wait(packet)
        if self._wanted or self._wants(packet):
            self._catch_up()

    def _begin_gop(self, packet: Packet) -> None:
        self._drain()
        self._waiting.clear()
        self._waiting_bytes = 0
        self._broken_gop = False
        self._rhythm.key_frame(packet.pts / self._format.timescale)

    def _wait(self, packet: Packet) -> None:
        self._waiting.append(packet)
        self._waiting_bytes += len(packet.data)
        if self._waiting_bytes > _MOST_WAITING_BYTES:
            self._waiting.clear()
            self._waiting_bytes = 0
            self._broken_gop = True

    def _wants(self, packet: Packet) -> bool:
        """Asks for pictures in rising order only: one that is shown before its predecessor is never looked at."""
        if self._broken_gop or (self._newest_pts is not None and packet.pts <= self._newest_pts):
            return False
        self._newest_pts = packet.pts
        at = packet.pts / self._format.timescale
        if not self._tap.wants(at) or not self._rhythm.worth_decoding(at, key=packet.key):
            return False
        self._wanted[packet.pts] = packet
        return True

    def _catch_up(self) -> None:
        for packet in self._waiting:
            # Others than wanted ones are decoded only as far as later pictures need them.
            self._decoder.skip_frame = "DEFAULT" if packet.pts in self._wanted else "NONREF"
            self._decode(packet)
        self._waiting.clear()
        self._waiting_bytes = 0
        if len(self._wanted) == 1 and self._lone_key_frame():
            self._drain()

    def _lone_key_frame(self) -> bool:
        """Whether only a key frame was decoded while looks are so rare that nothing of its GOP will follow."""
        (packet,) = self._wanted.values()
        return packet.key and self._rhythm.key_frames_suffice

    def _decode(self, packet: Packet) -> None:
        raw = av.Packet(packet.data)
        raw.pts, raw.dts, raw.time_base = packet.pts, packet.dts, self._time_base
        raw.is_keyframe = packet.key
        self._decoder_is_clean = False
        try:
            pictures = self._decoder.decode(raw)
        except (av.FFmpegError, ValueError):
            self.damaged += 1
            self._wanted.pop(packet.pts, None)
            return
        self._show(pictures)

    def _drain(self) -> None:
        """Get out what the decoder holds back, and leave it ready for a key frame."""
        if self._decoder_is_clean:
            return
        try:
            self._show(self._decoder.decode(None))
        except (av.FFmpegError, ValueError):
            self.damaged += 1
        self._decoder.flush_buffers()
        self._decoder_is_clean = True
        self._wanted.clear()

    def _show(self, pictures: list[av.VideoFrame]) -> None:
        for picture in pictures:
            packet = self._wanted.pop(picture.pts, None) if picture.pts is not None else None
            if packet is None:
                continue
            if picture.is_corrupt:
                self.damaged += 1
                continue
            at = packet.pts / self._format.timescale
            self._rhythm.looked(at)
            self._tap.put(DecodedFrame(picture, at=at, captured_at=packet.arrived))

    def _new_decoder(self) -> VideoCodecContext:
        decoder = VideoCodecContext.create(self._format.codec.value, "r")
        decoder.extradata = self._format.decoder_config
        decoder.options = {"max_pixels": str(_MOST_PIXELS)}
        decoder.thread_count = 1  # a thread for each camera is parallel enough, and frame threads add delay
        return decoder


class _Rhythm:
    """How far key frames lie apart, and how far looks: which of the two is rarer."""

    def __init__(self) -> None:
        self._key_at: float | None = None
        self._gop_seconds = 0.0
        self._looked_at: float | None = None
        self._first_wanted_at: float | None = None
        self._look_seconds = 0.0

    def key_frame(self, at: float) -> None:
        if self._key_at is not None:
            self._gop_seconds = at - self._key_at
        self._key_at = at

    def looked(self, at: float) -> None:
        self._looked_at = at
        self._first_wanted_at = None

    def worth_decoding(self, at: float, *, key: bool) -> bool:
        """Whether to decode a frame that is wanted, or to wait for the next key frame instead."""
        if self._looked_at is not None and self._first_wanted_at is None:
            self._first_wanted_at = at
            self._look_seconds = at - self._looked_at
        since_key = at - self._key_at if self._key_at is not None else 0.0
        unknown = self._gop_seconds == 0.0  # so early nobody can tell when the next key frame comes
        return key or unknown or max(self._gop_seconds, since_key) > self._look_seconds

    @property
    def key_frames_suffice(self) -> bool:
        return 0.0 < self._gop_seconds <= self._look_seconds
