"""One publisher's items between its connection and whoever streams the camera.  Both live on the event loop."""

import asyncio
from collections import deque
from collections.abc import Callable

from doorstep.core.errors import SourceError, SourceLost, SourceOverrun
from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat
from doorstep.sources.threaded import HandoverBounds

USUAL_BOUNDS = HandoverBounds(packets=4096)  # one read of a socket holds a thousand tiny ones


class Publication:
    """A bounded queue.  While nobody streams it keeps what it can, so that a source that opens late misses little.

    Half full while somebody streams: the publisher should pause.  Full all the same: that stream ends loudly, and who
    streams next goes on at a key frame.  Full while nobody does: the oldest groups of pictures go.
    """

    def __init__(self, bounds: HandoverBounds = USUAL_BOUNDS) -> None:
        self._bounds = bounds
        self._items: deque[StreamItem] = deque()
        self._bytes = 0
        self._format: VideoFormat | None = None  # the newest that was put
        self._taken: VideoFormat | None = None  # the newest that was taken
        self._waits_for_key = False
        self._over: SourceError | None = None
        self._overran = False
        self._awake = asyncio.Event()
        self._streamed = False
        self._relieved: Callable[[], None] | None = None

    @property
    def is_pressed(self) -> bool:
        """Whether a stream is behind so far that its publisher should pause."""
        return self._streamed and self._is_over(2)

    def when_relieved(self, tell: Callable[[], None]) -> None:
        """Tell once that there is room again, or that nobody streams any more."""
        self._relieved = tell

    def put(self, item: StreamItem) -> None:
        """The next item of the publisher."""
        if isinstance(item, VideoFormat):
            self._format = item
            self._waits_for_key = False
        elif self._waits_for_key:
            if not (isinstance(item, Packet) and item.key) or self._format is None:
                return
            self._waits_for_key = False
            self._append(self._format)
        self._append(item)
        if self._is_full():
            self._overflow()
        self._awake.set()

    def end(self, error: SourceError) -> None:
        """The publisher is gone; whoever streams gets what waits, then this."""
        self._over = self._over or error
        self._awake.set()

    def begin(self) -> None:
        """Somebody streams from here on: first a format, then a key frame.  Raises SourceLost if somebody does."""
        if self._streamed:
            msg = "This camera's video is being read already."
            raise SourceLost(msg)
        self._streamed = True
        self._overran = False
        self._cut_to_a_beginning(newest=False)

    @property
    def is_unread(self) -> bool:
        """Whether items wait that nobody has begun to take."""
        return self._taken is None and bool(self._items)

    def leave(self) -> None:
        """Nobody streams any more."""
        self._streamed = False
        self._relieve()

    async def take(self) -> StreamItem:
        """The next item; raises SourceLost when the publisher is gone and nothing waits.

        Raises SourceOverrun where this stream was too slow; the publisher goes on, and `begin` begins anew.
        """
        while self._overran or not self._items:
            if self._overran:
                msg = "Doorstep was too slow to take this camera's video; lower its bit rate or use fewer cameras."
                raise SourceOverrun(msg)
            if self._over is not None:
                raise self._over
            self._awake.clear()
            await self._awake.wait()
        item = self._items.popleft()
        self._bytes -= _size(item)
        if isinstance(item, VideoFormat):
            self._taken = item
        if not self._is_over(4):
            self._relieve()
        return item

    def _relieve(self) -> None:
        tell, self._relieved = self._relieved, None
        if tell is not None:
            tell()

    def _append(self, item: StreamItem) -> None:
        self._items.append(item)
        self._bytes += _size(item)

    def _overflow(self) -> None:
        if not self._streamed:
            self._cut_to_a_beginning(newest=True)
            return
        self._clear()
        self._streamed = False
        self._overran = True
        self._relieve()

    def _cut_to_a_beginning(self, *, newest: bool) -> None:
        """Drop what lies before the first or the newest key frame, and put its format in front."""
        items = list(self._items)
        keys = [index for index, item in enumerate(items) if isinstance(item, Packet) and item.key]
        self._clear()
        if not keys:
            return
        cut = keys[-1 if newest else 0]
        formats = [self._taken, *(item for item in items[:cut] if isinstance(item, VideoFormat))]
        if formats[-1] is None:
            return
        self._waits_for_key = False
        for item in (formats[-1], *items[cut:]):
            self._append(item)
        if self._is_full():
            self._clear()

    def _is_full(self) -> bool:
        return self._is_over(1)

    def _is_over(self, part: int) -> bool:
        """Whether more waits than this part of what may."""
        return len(self._items) > self._bounds.packets // part or self._bytes > self._bounds.bytes // part

    def _clear(self) -> None:
        self._items.clear()
        self._bytes = 0
        self._waits_for_key = True


def _size(item: StreamItem) -> int:
    return len(item.data) if isinstance(item, Packet | AudioPacket) else len(item.decoder_config)
