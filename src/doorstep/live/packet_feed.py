"""Encoded video of now, handed on as it is to everybody who watches without decoding.  What they make of it (RTMP,
MSE) and who may watch is not known here.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from doorstep.core.camera import CameraId, StreamKind
from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat
from doorstep.live.viewer_queue import QueueLimits, ViewerQueue

LONGEST_GOP_BYTES = 16 << 20
QUEUE_BYTES = 8 << 20
QUEUE_ITEMS = 600


@dataclass(frozen=True, slots=True)
class FeedLimits:
    """What is kept: of each camera's group of pictures, and of what a viewer has not taken yet."""

    gop_bytes: int = LONGEST_GOP_BYTES
    queue_bytes: int = QUEUE_BYTES
    queue_items: int = QUEUE_ITEMS


class PacketSink(Protocol):
    """Who is handed a stream as it comes, in the pipeline's own turn: nothing here blocks or raises."""

    def take(self, item: StreamItem) -> None:
        """What came; the first picture behind a format is a key frame."""
        ...

    def disconnected(self) -> None:
        """The connection is over; a format comes first when there is another."""
        ...

    def removed(self) -> None:
        """The camera is gone, and so is this sink's place."""
        ...


class _Viewer:
    """Somebody who watches packets, as they come."""

    def __init__(self, limits: FeedLimits) -> None:
        self.queue = ViewerQueue[StreamItem](QueueLimits(limits.queue_bytes, limits.queue_items))

    def take(self, item: StreamItem) -> None:
        if isinstance(item, VideoFormat):
            self.queue.put_format(item)
        else:
            self.queue.put(item, len(item.data), key=isinstance(item, Packet) and item.key)

    def disconnected(self) -> None:
        self.queue.interrupt()

    def removed(self) -> None:
        self.queue.end()


@dataclass(slots=True)
class _Channel:
    """What is known of one stream; `gop` begins with a key frame or is empty."""

    format: VideoFormat | None = None
    gop: list[Packet | AudioPacket] = field(default_factory=list)
    gop_bytes: int = 0
    sinks: set[PacketSink] = field(default_factory=set)


class PacketFeed:
    """A `ports.PacketFeed`.  Lives on the event loop alone; keeps references to packets, never copies of them."""

    def __init__(self, limits: FeedLimits | None = None) -> None:
        self._limits = limits or FeedLimits()
        self._channels: dict[tuple[CameraId, StreamKind], _Channel] = {}

    # ------------------------------------------------------------------------------------------ from the pipeline

    def put(self, camera: CameraId, item: StreamItem, stream: StreamKind = StreamKind.MAIN) -> None:
        """What the camera's source has just yielded; never blocks."""
        channel = self._channel(camera, stream)
        if isinstance(item, VideoFormat):
            channel.format = item
            self._begin_gop(channel)
        elif isinstance(item, Packet) and item.key:
            self._begin_gop(channel)
            channel.gop.append(item)
            channel.gop_bytes = len(item.data)
        elif channel.gop:
            self._extend_gop(channel, item)
        for sink in tuple(channel.sinks):
            sink.take(item)

    def disconnected(self, camera: CameraId, stream: StreamKind = StreamKind.MAIN) -> None:
        """The connection is over: who comes now waits for the next one, as who is here does."""
        channel = self._channels.get((camera, stream))
        if channel is None:
            return
        channel.format = None
        self._begin_gop(channel)
        for sink in tuple(channel.sinks):
            sink.disconnected()

    def forget(self, camera: CameraId) -> None:
        """The camera is removed: what is shown of it ends."""
        for stream in StreamKind:
            channel = self._channels.pop((camera, stream), None)
            for sink in tuple(channel.sinks) if channel else ():
                sink.removed()

    # ------------------------------------------------------------------------------------------------ for viewers

    def shown(self, camera: CameraId, asked: StreamKind) -> StreamKind:
        """The stream for who asks for this one: the main one where that is not connected now."""
        channel = self._channels.get((camera, asked))
        return asked if channel is not None and channel.format is not None else StreamKind.MAIN

    def viewers(self, camera: CameraId, stream: StreamKind = StreamKind.MAIN) -> int:
        """How many sinks there are now."""
        channel = self._channels.get((camera, stream))
        return len(channel.sinks) if channel else 0

    def join(self, camera: CameraId, sink: PacketSink, stream: StreamKind = StreamKind.MAIN) -> Sequence[StreamItem]:
        """Hand the stream to this sink until it leaves or the camera is removed.

        What it has missed is returned: the format, behind it all since the last key frame where that is kept; nothing
        while the camera is not connected.
        """
        self._channel(camera, stream).sinks.add(sink)
        return self.backlog(camera, stream)

    def backlog(self, camera: CameraId, stream: StreamKind = StreamKind.MAIN) -> Sequence[StreamItem]:
        """What who joins now has missed, as `join` returns it."""
        channel = self._channels.get((camera, stream))
        return (channel.format, *channel.gop) if channel is not None and channel.format is not None else ()

    def leave(self, camera: CameraId, sink: PacketSink, stream: StreamKind = StreamKind.MAIN) -> None:
        """No more; no error if it is gone already."""
        channel = self._channels.get((camera, stream))
        if channel is not None:
            channel.sinks.discard(sink)

    async def packets(self, camera: CameraId, stream: StreamKind = StreamKind.MAIN) -> AsyncGenerator[StreamItem]:
        """The format, the current group of pictures at once, then each packet as it comes; a new format may follow.

        Who is slow misses packets and goes on at a key frame, behind the format told again; nobody waits for them.
        Ends when the camera is removed; yields nothing while it is not connected.
        """
        viewer = _Viewer(self._limits)
        known = self.join(camera, viewer, stream)
        viewer.queue.begin(known[:1], known[1:])
        try:
            async for item in viewer.queue.items():
                yield item
        finally:
            self.leave(camera, viewer, stream)

    # ------------------------------------------------------------------------------------------------------------

    def _channel(self, camera: CameraId, stream: StreamKind) -> _Channel:
        return self._channels.setdefault((camera, stream), _Channel())

    def _extend_gop(self, channel: _Channel, item: Packet | AudioPacket) -> None:
        """One that grows too large is dropped whole: who comes then waits for the next key frame."""
        channel.gop_bytes += len(item.data)
        if channel.gop_bytes > self._limits.gop_bytes:
            self._begin_gop(channel)
        else:
            channel.gop.append(item)

    @staticmethod
    def _begin_gop(channel: _Channel) -> None:
        channel.gop = []
        channel.gop_bytes = 0
