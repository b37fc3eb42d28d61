"""Decodes what somebody wants to look at, and no more.  Who wants what is the tap's business."""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext

from doorstep.core.key_frames import suffice
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.media.frame import DecodedFrame
from doorstep.ports import KEY_FRAME, FrameTap

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


def new_decoder(fmt: VideoFormat) -> VideoCodecContext:
    """Raises nothing: what cannot be decoded is found out with the first picture."""
    decoder = VideoCodecContext.create(fmt.codec.value, "r")
    decoder.extradata = fmt.decoder_config
    decoder.options = {"max_pixels": str(_MOST_PIXELS)}
    decoder.thread_count = 1  # a thread for each camera is parallel enough, and frame threads add delay
    return decoder


class Eye:
    """Decodes one connection for one tap, in one thread.

    Packets wait undecoded until a frame is wanted.  A wanted key frame is decoded alone.  A frame wanted in the
    middle of a GOP is decoded with everything since the key frame; where a key frame would do, the next one is waited
    for if they come often enough.  A GOP in which nothing was wanted is never decoded.
    """

    def __init__(self, fmt: VideoFormat, tap: FrameTap) -> None:
        self._format = fmt
        self._tap = tap
        self._time_base = Fraction(1, fmt.timescale)
        self._decoder = new_decoder(fmt)
        self._decoder_is_clean = True
        self._waiting: list[Packet] = []
        self._waiting_bytes = 0
        self._broken_gop = True  # until the first key frame
        self._wanted: dict[int, Packet] = {}
        self._key_frames_do = False
        self._rhythm = _Rhythm()
        self._newest_pts: int | None = None
        self.damaged = 0
        """How many packets or pictures could not be decoded."""

    def take(self, packet: Packet) -> None:
        """The next packet of the connection.  Never raises: damage is counted, and the next key frame heals it."""
        if packet.key:
            self._begin_gop(packet)
        if not self._broken_gop:
            self._wait(packet)
        if self._broken_gop:
            return
        self._ask(packet)
        if self._wanted:
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

    def _ask(self, packet: Packet) -> None:
        """In rising order only: one that is shown before its predecessor is never looked at.

        Also while the decoder holds a wanted one back: it may hold it for longer than the next look should wait.
        """
        if self._newest_pts is not None and packet.pts <= self._newest_pts:
            return
        self._newest_pts = packet.pts
        at = packet.pts / self._format.timescale
        wish = self._tap.wants(at)
        self._key_frames_do = wish == KEY_FRAME and self._rhythm.suffices(at)
        if wish and (packet.key or not self._key_frames_do):
            self._wanted[packet.pts] = packet

    def _catch_up(self) -> None:
        for packet in self._waiting:
            # Others than wanted ones are decoded only as far as later pictures need them.
            self._decoder.skip_frame = "DEFAULT" if packet.pts in self._wanted else "NONREF"
            self._decode(packet)
        newest = self._waiting[-1]
        self._waiting.clear()
        self._waiting_bytes = 0
        if newest.key and self._key_frames_do:
            # Most likely nothing else of its GOP will be wanted: no decoder may hold it back until then.  And if
            # something is, the emptied decoder needs it once more.
            self._drain()
            self._wait(newest)

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
            self._tap.put(DecodedFrame(picture, at=at, captured_at=packet.arrived))


class _Rhythm:
    """How far key frames lie apart."""

    def __init__(self) -> None:
        self._key_at: float | None = None
        self._gop_seconds: float | None = None

    def key_frame(self, at: float) -> None:
        if self._key_at is not None:
            self._gop_seconds = at - self._key_at
        self._key_at = at

    def suffices(self, at: float) -> bool:
        """Whether key frames are enough for who has time; not before the second is there, nor while one is late."""
        if self._key_at is None or self._gop_seconds is None:
            return False
        return suffice(max(self._gop_seconds, at - self._key_at))
