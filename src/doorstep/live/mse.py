"""Live video for a browser's media source: packetized once for each stream that somebody watches, and only then."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field

from doorstep.core.camera import CameraId, StreamKind
from doorstep.core.errors import MediaInvalid
from doorstep.core.live_piece import LiveFormat, LiveFragment, LivePiece, LiveSkip
from doorstep.core.media import StreamItem, VideoFormat
from doorstep.live.mse_fragments import MseFragments
from doorstep.live.packet_feed import LONGEST_GOP_BYTES, PacketFeed
from doorstep.live.viewer_queue import QueueLimits, ViewerQueue
from doorstep.mp4.codec_string import mime_type
from doorstep.ports import Clock

LIMITS = QueueLimits(bytes=8 << 20, items=400, seconds=4.0)
"""Who is further behind than that is better off with the next key frame."""


class MseFeed:
    """A `ports.MseFeed`.  Lives on the event loop alone."""

    def __init__(self, packets: PacketFeed, clock: Clock, limits: QueueLimits = LIMITS) -> None:
        self._packets = packets
        self._clock = clock
        self._limits = limits
        self._channels: dict[tuple[CameraId, StreamKind], _Channel] = {}
        self._built_before = Counter[CameraId]()

    def fragments(self, camera: CameraId) -> int:
        """As the port says."""
        now = (channel.fragments.built for channel in self._channels.values() if channel.camera == camera)
        return self._built_before[camera] + sum(now)

    def shown(self, camera: CameraId, asked: StreamKind) -> StreamKind:
        """As the port says."""
        return self._packets.shown(camera, asked)

    def mime(self, camera: CameraId, stream: StreamKind) -> str | None:
        """As the port says."""
        known = self._packets.backlog(camera, stream)[:1]
        with suppress(MediaInvalid):
            return next((mime_type(item) for item in known if isinstance(item, VideoFormat)), None)
        return None

    async def pieces(self, camera: CameraId, stream: StreamKind) -> AsyncGenerator[LivePiece]:
        """As the port says."""
        channel = self._channel(camera, stream)
        queue, told = ViewerQueue[LivePiece](self._limits, self._clock.monotonic), _Told()
        fmt = channel.fragments.format
        queue.begin([fmt] if fmt is not None else [], channel.backlog())
        channel.queues.add(queue)
        try:
            async for piece in queue.items():
                tell = told.of(piece)
                if tell is not None:
                    yield tell
        finally:
            channel.queues.discard(queue)
            if not channel.queues:
                self._close(channel)

    def _channel(self, camera: CameraId, stream: StreamKind) -> "_Channel":
        channel = self._channels.get((camera, stream))
        if channel is None or channel.over:
            if channel is not None:
                self._close(channel)
            channel = _Channel(self._packets, camera, stream, MseFragments(self._clock))
            self._channels[camera, stream] = channel
            for item in self._packets.join(camera, channel, stream)[:1]:
                channel.take(item)
        return channel

    def _close(self, channel: "_Channel") -> None:
        if self._channels.get((channel.camera, channel.stream)) is channel:
            del self._channels[channel.camera, channel.stream]
            self._packets.leave(channel.camera, channel, channel.stream)
            self._built_before[channel.camera] += channel.fragments.built


@dataclass(slots=True, eq=False)
class _Channel:
    """A `PacketSink` of one stream that is watched."""

    packets: PacketFeed
    camera: CameraId
    stream: StreamKind
    fragments: MseFragments
    queues: set[ViewerQueue[LivePiece]] = field(default_factory=set)
    over: bool = False
    missed: list[LiveFragment] | None = None
    """What who comes now has missed, made when the first of its group of pictures comes, and shared by all of them."""

    missed_bytes: int = 0

    def take(self, item: StreamItem) -> None:
        if isinstance(item, VideoFormat):
            self.missed = None
            self.fragments.begin(item)
            for queue in self.queues:
                if self.fragments.format is not None:
                    queue.put_format(self.fragments.format)
                else:
                    queue.interrupt()
            return
        made = self.fragments.take(item)
        if made is None:
            return
        self._miss(made)
        for queue in self.queues:
            queue.put(made, len(made.data), key=made.key)

    def disconnected(self) -> None:
        self.missed = None
        self.fragments.end()
        for queue in self.queues:
            queue.interrupt()

    def removed(self) -> None:
        self.over = True
        for queue in self.queues:
            queue.end()

    def backlog(self) -> list[LiveFragment]:
        """What there is since the last key frame."""
        if self.missed is None:
            self.missed = self.fragments.backlog(self.packets.backlog(self.camera, self.stream)[1:])
            self.missed_bytes = sum(len(one.data) for one in self.missed)
        return self.missed

    def _miss(self, made: LiveFragment) -> None:
        """Who comes next has missed this, too."""
        self.missed_bytes += len(made.data)
        if made.key or self.missed_bytes > LONGEST_GOP_BYTES:
            self.missed = None
        elif self.missed:
            self.missed.append(made)


@dataclass(slots=True)
class _Told:
    """What one viewer was told, so that what they are given can always be decoded."""

    format: LiveFormat | None = None
    shown_from: int | None = None

    def of(self, piece: LivePiece) -> LivePiece | None:
        """The piece as it is told them; None for a picture that leads the key frame where they began."""
        match piece:
            case LiveFormat():
                again, self.format, self.shown_from = piece is self.format, piece, None
                return LiveSkip() if again else piece
            case LiveFragment():
                if self.shown_from is None:
                    self.shown_from = piece.shown_at
                return piece if piece.shown_at >= self.shown_from else None
            case LiveSkip():
                return piece
