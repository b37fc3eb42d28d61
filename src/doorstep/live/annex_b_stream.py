"""One camera's pictures as WebRTC sends them, converted once however many watch; exists while somebody does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from doorstep.core.camera import CameraId, StreamKind
from doorstep.core.errors import MediaInvalid, WayImpossible
from doorstep.core.h264_profile import decoders_of, profile_level
from doorstep.core.media import AudioPacket, Codec, Packet, StreamItem, VideoFormat
from doorstep.live.encoded_picture import VIDEO_RATE, EncodedPicture, squeezed
from doorstep.live.opus_sound import OpusSound
from doorstep.live.packet_feed import PacketFeed
from doorstep.live.viewer_queue import QueueLimits, ViewerQueue
from doorstep.media.nal import H264, join_annex_b, nal_type, split_length_prefixed

_QUEUE_LIMITS = QueueLimits(bytes=4 << 20, items=120)
_LONGEST_LEAP = 10 * VIDEO_RATE
"""Ticks between two pictures of a connection; what says more is placed by its arrival."""

_LONGEST_GOP_BYTES = 16 << 20
_LENGTH_SIZE = 4
_NOT_SENT = frozenset({H264.DELIMITER, 12})  # filler (H.264, table 7-1)
AWAY = "The camera is not connected now."
_REORDERED = (
    "This camera sends pictures out of their order (B-frames), which WebRTC cannot show. Switch them off there."
)


def why_impossible(fmt: VideoFormat, gop: Sequence[Packet] = ()) -> str:
    """Why such a stream, of which a group of pictures is known, cannot be shown by WebRTC; empty if it can."""
    if fmt.codec is not Codec.H264:
        return "This camera sends HEVC, which browsers do not take by WebRTC."
    try:
        stream = profile_level(fmt.decoder_config)
    except MediaInvalid:
        return "This camera does not say what its video is."
    if not decoders_of(stream):
        return f"This camera sends H.264 in a profile ({stream.profile_idc}) that browsers do not show."
    if not parameter_sets(fmt.decoder_config):
        return "This camera does not say what its video is."
    return _REORDERED if any(later.pts < one.pts for one, later in pairwise(gop)) else ""


@dataclass(slots=True)
class _Timeline:
    """Ticks of 90 kHz that never run backwards, over all connections."""

    newest: int = 0
    arrived: float | None = None
    offset: int | None = None

    def place(self, pts: int, timescale: int, arrived: float) -> int:
        ticks = pts * VIDEO_RATE // timescale
        if self.offset is None or ticks + self.offset - self.newest > _LONGEST_LEAP:
            away = 0.0 if self.arrived is None else max(arrived - self.arrived, 0.0)
            self.offset = self.newest + max(1, round(away * VIDEO_RATE)) - ticks
        self.newest = max(self.newest + 1, ticks + self.offset)
        self.arrived = arrived
        return self.newest


class AnnexBStream:
    """A `PacketSink` for one camera's stream.  Lives on the event loop."""

    def __init__(self, feed: PacketFeed, camera: CameraId, stream: StreamKind, on_over: Callable[[str], None]) -> None:
        """`on_over` hears, with the reason, when nobody can go on watching; it may end queues."""
        self._feed = feed
        self._key = (camera, stream)
        self._on_over = on_over
        self.format: VideoFormat | None = None
        self.sound = OpusSound()
        self._sets: tuple[bytes, ...] = ()
        self._timeline = _Timeline()
        self._gop: list[EncodedPicture] = []
        self._gop_bytes = 0
        self._newest_pts: int | None = None
        self._queues: set[ViewerQueue[EncodedPicture]] = set()
        self.reason = ""
        for item in feed.join(camera, self, stream):
            self.take(item)

    def close(self) -> None:
        """Nobody watches any more."""
        camera, stream = self._key
        self._feed.leave(camera, self, stream)

    @property
    def viewers(self) -> int:
        """How many there are."""
        return len(self._queues)

    def join(self) -> ViewerQueue[EncodedPicture]:
        """A viewer more, who first gets what came since the last key frame, as late.

        Raises WayImpossible while there is no stream that can be sent so.
        """
        if self.format is None or self.reason:
            raise WayImpossible(self.reason or AWAY)
        queue = ViewerQueue[EncodedPicture](_QUEUE_LIMITS)
        queue.begin((), squeezed(self._gop))
        self._queues.add(queue)
        return queue

    def leave(self, queue: ViewerQueue[EncodedPicture]) -> None:
        """No error if it is gone already."""
        self._queues.discard(queue)
        queue.end()

    # ---------------------------------------------------------------------------------------------- as a PacketSink

    def take(self, item: StreamItem) -> None:
        """As `PacketSink` says."""
        match item:
            case VideoFormat():
                self._begin(item)
            case AudioPacket():
                self.sound.take(item)
            case Packet() if self.format is not None and not self.reason:
                self._send(item, self.format)

    def disconnected(self) -> None:
        """As `PacketSink` says."""
        self._interrupt()
        self.format = None

    def removed(self) -> None:
        """As `PacketSink` says."""
        self.format = None
        self._on_over("The camera was removed.")

    # ------------------------------------------------------------------------------------------------------------

    def _begin(self, fmt: VideoFormat) -> None:
        self._interrupt()
        self.format, self.reason = fmt, why_impossible(fmt)
        self.sound.begin(fmt.audio)
        if not self.reason:
            self._sets = parameter_sets(fmt.decoder_config)
        if self.reason:
            self._on_over(self.reason)

    def _interrupt(self) -> None:
        self._gop, self._gop_bytes = [], 0
        self._newest_pts = self._timeline.offset = None
        for queue in self._queues:
            queue.interrupt()

    def _send(self, packet: Packet, fmt: VideoFormat) -> None:
        if self._newest_pts is not None and packet.pts < self._newest_pts:
            self.reason = _REORDERED
            self._on_over(_REORDERED)
            return
        self._newest_pts = packet.pts
        try:
            picture = self._picture(packet, fmt)
        except MediaInvalid:
            return  # its own decoder would not show it either; the next key frame mends what follows
        self._keep(picture)
        for queue in self._queues:
            queue.put(picture, len(picture.data), key=picture.key)

    def _picture(self, packet: Packet, fmt: VideoFormat) -> EncodedPicture:
        units = split_length_prefixed(packet.data, _LENGTH_SIZE)
        kinds = {nal_type(Codec.H264, unit) for unit in units}
        kept = [unit for unit in units if nal_type(Codec.H264, unit) not in _NOT_SENT]
        own_sets = {H264.SPS, H264.PPS} <= kinds
        data = join_annex_b((*self._sets, *kept) if packet.key and not own_sets else kept)
        pts = self._timeline.place(packet.pts, fmt.timescale, packet.arrived)
        return EncodedPicture(data, pts, packet.key)

    def _keep(self, picture: EncodedPicture) -> None:
        """One group of pictures, if it is not too large: who comes then waits for the next key frame."""
        if picture.key:
            self._gop, self._gop_bytes = [], 0
        elif not self._gop:
            return
        self._gop.append(picture)
        self._gop_bytes += len(picture.data)
        if self._gop_bytes > _LONGEST_GOP_BYTES:
            self._gop, self._gop_bytes = [], 0


def parameter_sets(record: bytes) -> tuple[bytes, ...]:
    """SPS and PPS of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1.2); none where it is cut off."""
    sets: list[bytes] = []
    at = 5
    for mask in (0x1F, 0xFF):
        count = record[at] & mask if at < len(record) else 0
        at += 1
        for _ in range(count):
            end = at + 2 + int.from_bytes(record[at : at + 2])
            sets.append(record[at + 2 : end])
            at = end
    return tuple(sets) if at <= len(record) and len(sets) > 1 and all(sets) else ()
