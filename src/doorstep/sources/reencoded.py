"""A camera that sends encoded video, decoded, turned, masked and encoded anew.  What that costs: `reencode_cost`."""

import threading
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import closing
from dataclasses import replace

import av
from av.video.codeccontext import VideoCodecContext

from doorstep.core.errors import SourceLost
from doorstep.core.media import AudioFormat, AudioPacket, Packet, StreamItem, VideoFormat
from doorstep.media.encode import TIMESCALE
from doorstep.media.mask import Masks
from doorstep.ports import Clock, Frame, FrameTap
from doorstep.sources.lateness import Lateness
from doorstep.sources.own_frames import OwnFrames, usable
from doorstep.sources.threaded import BlockingSource, threaded

_ASSUMED_RATE = 25
_MOST_PIXELS = 2**24
_MOST_REORDERED = 64  # pictures that a decoder may hold back
_MOST_DAMAGED = 250  # packets in a row


class ReencodedSource:
    """A `ports.Source` over another one: no unmasked picture leaves it, neither as a packet nor to a tap.

    Sound passes as it is, and times stay the camera's own, so that both stay together.
    """

    def __init__(self, inner: BlockingSource, *, masks: Masks = (), rotation: int = 0, clock: Clock) -> None:
        self._inner = inner
        self._masks = masks
        self._rotation = rotation
        self._clock = clock

    def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        """As the port says; raises what the inner source raises, and SourceLost where nothing can be decoded."""
        return threaded(lambda stop: self.read(tap, stop), "reencoded")

    def read(self, tap: FrameTap, stop: threading.Event) -> Generator[StreamItem]:
        """The same, blocking, until `stop` is set."""
        anew: _Anew | None = None
        with closing(self._inner.read(_Blind(), stop)) as items:
            for item in items:
                match item:
                    case VideoFormat():
                        frames = OwnFrames(tap, masks=self._masks, rotation=self._rotation, rate=_ASSUMED_RATE)
                        anew = _Anew(item, frames, self._clock)
                    case Packet() if anew is not None:
                        yield from anew.take(item)
                    case AudioPacket() if anew is not None and anew.began:
                        yield item


class _Blind:
    """Wants nothing: the inner source must not show what is not masked."""

    def wants(self, _at: float) -> bool:
        return False

    def put(self, frame: Frame) -> None:
        """Never called, and would keep nothing."""


class _Anew:
    """One connection."""

    def __init__(self, fmt: VideoFormat, frames: OwnFrames, clock: Clock) -> None:
        self._format = fmt
        self._frames = frames
        self._lateness = Lateness(clock)
        self._arrived: dict[int, float] = {}
        self._damaged = 0
        self._decoder = VideoCodecContext.create(fmt.codec.value, "r")
        self._decoder.extradata = fmt.decoder_config
        self._decoder.options = {"max_pixels": str(_MOST_PIXELS)}
        self._decoder.thread_count = 1
        self.began = False
        """Whether the format has been told: sound before it belongs to nothing."""

    def take(self, packet: Packet) -> Iterator[StreamItem]:
        """What comes out of the packet: nothing, or pictures that the decoder held back."""
        self._arrived[packet.pts] = packet.arrived
        for picture in self._decoded(packet):
            pts = picture.pts if picture.pts is not None else packet.pts
            arrived = self._arrived.pop(pts, packet.arrived)
            # Who is late leaves pictures out before the dear part; the decoder needs every packet.
            if self._lateness.late(pts / self._format.timescale):
                continue
            planes = usable(picture)
            for item in self._frames.take(planes, arrived, pts * TIMESCALE // self._format.timescale):
                self.began = True
                yield _with_sound(item, self._format.audio)
        while len(self._arrived) > _MOST_REORDERED:
            del self._arrived[next(iter(self._arrived))]

    def _decoded(self, packet: Packet) -> list[av.VideoFrame]:
        raw = av.Packet(packet.data)
        raw.pts, raw.dts = packet.pts, packet.dts
        raw.is_keyframe = packet.key
        try:
            pictures = self._decoder.decode(raw)
        except (av.FFmpegError, ValueError) as error:
            self._damaged += 1
            if self._damaged > _MOST_DAMAGED:
                msg = "The camera's video cannot be decoded, which its masks need; restart the camera."
                raise SourceLost(msg) from error
            return []
        self._damaged = 0
        return pictures


def _with_sound(item: StreamItem, audio: AudioFormat | None) -> StreamItem:
    return replace(item, audio=audio) if isinstance(item, VideoFormat) else item
