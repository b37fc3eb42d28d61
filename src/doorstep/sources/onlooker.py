"""Shows a tap what it wants to see of a stream that is read on the event loop.  Decoding itself lives in `media`."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat
from doorstep.media.decode import Eye
from doorstep.ports import FrameTap

MOST_PACKETS = 600
MOST_BYTES = 32 * 2**20
WAKE_EVERY = 4  # packets: looks are rarer than pictures, and each wake-up costs as much as taking a packet
END_SECONDS = 1.0


class Onlooker(Protocol):
    """Sees every item of one source's stream.  Called on the event loop."""

    def take(self, item: StreamItem) -> None:
        """The next item.  Never blocks and never raises: who is behind goes on at a key frame."""
        ...

    async def close(self) -> None:
        """Release thread, process and descriptors; a second at most."""
        ...


Look = Callable[[FrameTap], Onlooker]
"""Makes one for each stream; runs until it is closed."""


class ThreadedOnlooker:
    """An `Onlooker` that decodes in a thread of its own."""

    def __init__(self, tap: FrameTap) -> None:
        self._tap = tap
        self._loop = asyncio.get_running_loop()
        self._some = threading.Condition()
        self._items: deque[VideoFormat | Packet] = deque()
        self._bytes = 0
        self._format: VideoFormat | None = None
        self._skipping = False
        self._stopped = False
        self._gone = asyncio.Event()
        self._thread = threading.Thread(target=self._watch, name="onlooker", daemon=True)
        self._thread.start()

    def take(self, item: StreamItem) -> None:
        """As the protocol says."""
        if isinstance(item, AudioPacket):
            return
        with self._some:
            if isinstance(item, VideoFormat):
                self._format = item
                self._skipping = False
            elif not self._admits(item):
                return
            else:
                self._bytes += len(item.data)
            self._items.append(item)
            if isinstance(item, VideoFormat) or item.key or len(self._items) >= WAKE_EVERY:
                self._some.notify()

    def _admits(self, packet: Packet) -> bool:
        if len(self._items) >= MOST_PACKETS or self._bytes >= MOST_BYTES:
            self._items.clear()
            self._bytes = 0
            self._skipping = True
        if self._skipping and packet.key and self._format is not None:
            self._items.append(self._format)
            self._skipping = False
        return not self._skipping

    async def close(self) -> None:
        """As the protocol says; a hung native call is left behind."""
        with self._some:
            self._stopped = True
            self._some.notify()
        try:
            async with asyncio.timeout(END_SECONDS):
                await self._gone.wait()
        except TimeoutError:
            return
        self._thread.join()  # a few instructions are left of it

    # ------------------------------------------------------------------------------------------ in the thread

    def _watch(self) -> None:
        eye: Eye | None = None
        try:
            while (item := self._next()) is not None:
                if isinstance(item, VideoFormat):
                    eye = Eye(item, self._tap)
                elif eye is not None:
                    eye.take(item)
        finally:
            self._say_gone()

    def _next(self) -> VideoFormat | Packet | None:
        with self._some:
            while not self._items and not self._stopped:
                self._some.wait()
            if self._stopped:
                return None
            item = self._items.popleft()
            if isinstance(item, Packet):
                self._bytes -= len(item.data)
            return item

    def _say_gone(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._gone.set)
        except RuntimeError:  # the loop is closed: nobody waits
            self._stopped = True
