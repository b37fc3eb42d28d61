"""Encoded video of now, handed on as it is to everybody who watches without decoding.  What they make of it (RTMP,
MSE) and who may watch is not known here.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from doorstep.core.camera import CameraId
from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat

LONGEST_GOP_BYTES = 16 << 20
QUEUE_BYTES = 8 << 20
QUEUE_ITEMS = 600


@dataclass(frozen=True, slots=True)
class FeedLimits:
    """What is kept: of each camera's group of pictures, and of what a viewer has not taken yet."""

    gop_bytes: int = LONGEST_GOP_BYTES
    queue_bytes: int = QUEUE_BYTES
    queue_items: int = QUEUE_ITEMS


@dataclass(slots=True, eq=False)
class _Viewer:
    """Somebody who watches: what waits for them, and whether they wait for the next key frame."""

    limits: FeedLimits
    waiting: deque[StreamItem]
    waiting_bytes: int = 0
    needs_key: bool = True
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, item: StreamItem, fmt: VideoFormat) -> None:
        """Queue it.  Who has too much waiting loses all of it and goes on at a key frame behind the format."""
        if isinstance(item, VideoFormat):
            self.needs_key = True  # the format itself is told with its first key frame
            return
        is_key = isinstance(item, Packet) and item.key
        if not self.needs_key and self._is_full(item):
            self.waiting.clear()
            self.waiting_bytes = 0
            self.needs_key = True
        if self.needs_key:
            if not is_key:
                return
            if self._is_full(item):
                self.waiting.clear()
                self.waiting_bytes = 0
            self.waiting.append(fmt)
            self.needs_key = False
        self.waiting.append(item)
        self.waiting_bytes += len(item.data)
        self.awake.set()

    def take(self) -> StreamItem:
        item = self.waiting.popleft()
        if not isinstance(item, VideoFormat):
            self.waiting_bytes -= len(item.data)
        return item

    def _is_full(self, item: Packet | AudioPacket) -> bool:
        if not self.waiting:
            return False  # a single giant one is let through: its size is bounded where it was read
        full = len(self.waiting) >= self.limits.queue_items
        return full or self.waiting_bytes + len(item.data) > self.limits.queue_bytes


@dataclass(slots=True)
class _Channel:
    """What is known of one camera; `gop` begins with a key frame or is empty."""

    format: VideoFormat | None = None
    gop: list[Packet | AudioPacket] = field(default_factory=list)
    gop_bytes: int = 0
    viewers: set[_Viewer] = field(default_factory=set)
    removed: bool = False


class PacketFeed:
    """A `ports.PacketFeed`.  Lives on the event loop alone; keeps references to packets, never copies of them."""

    def __init__(self, limits: FeedLimits | None = None) -> None:
        self._limits = limits or FeedLimits()
        self._channels: dict[CameraId, _Channel] = {}

    # ------------------------------------------------------------------------------------------ from the pipeline

    def put(self, camera: CameraId, item: StreamItem) -> None:
        """What the camera's source has just yielded; never blocks."""
        channel = self._channel(camera)
        if isinstance(item, VideoFormat):
            channel.format = item
            self._begin_gop(channel)
        elif isinstance(item, Packet) and item.key:
            self._begin_gop(channel)
            channel.gop.append(item)
            channel.gop_bytes = len(item.data)
        elif channel.gop:
            self._extend_gop(channel, item)
        if channel.viewers and channel.format is not None:
            for viewer in channel.viewers:
                viewer.offer(item, channel.format)

    def disconnected(self, camera: CameraId) -> None:
        """The connection is over: who comes now waits for the next one, as who is here does."""
        channel = self._channels.get(camera)
        if channel is None:
            return
        channel.format = None
        self._begin_gop(channel)
        for viewer in channel.viewers:
            viewer.needs_key = True

    def forget(self, camera: CameraId) -> None:
        """The camera is removed: what is shown of it ends."""
        channel = self._channels.pop(camera, None)
        if channel is None:
            return
        channel.removed = True
        for viewer in channel.viewers:
            viewer.awake.set()

    # ------------------------------------------------------------------------------------------------ for viewers

    def viewers(self, camera: CameraId) -> int:
        """How many watch now."""
        channel = self._channels.get(camera)
        return len(channel.viewers) if channel else 0

    async def packets(self, camera: CameraId) -> AsyncGenerator[StreamItem]:
        """The format, the current group of pictures at once, then each packet as it comes; a new format may follow.

        Who is slow misses packets and goes on at a key frame, behind the format told again; nobody waits for them.
        Ends when the camera is removed; yields nothing while it is not connected.
        """
        channel = self._channel(camera)
        first = deque[StreamItem]()
        viewer = _Viewer(self._limits, deque())
        if channel.format is not None and channel.gop:
            first.extend((channel.format, *channel.gop))
            viewer.needs_key = False
        channel.viewers.add(viewer)
        try:
            while first and not channel.removed:
                yield first.popleft()
            while not channel.removed:
                if viewer.waiting:
                    yield viewer.take()
                else:
                    viewer.awake.clear()
                    await viewer.awake.wait()
        finally:
            channel.viewers.discard(viewer)

    # ------------------------------------------------------------------------------------------------------------

    def _channel(self, camera: CameraId) -> _Channel:
        return self._channels.setdefault(camera, _Channel())

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
