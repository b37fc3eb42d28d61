"""What waits between the thread that reads a camera and the event loop; the thread itself is `threaded`'s."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from doorstep.core.errors import SourceLost, SourceOverrun
from doorstep.core.media import StreamItem, VideoFormat

if TYPE_CHECKING:
    from doorstep.sources.threaded import HandoverBounds, Read

END_SECONDS = 1.0


class Handover:
    """The queue between the thread and the loop, with one wake-up for as many items as came meanwhile."""

    def __init__(self, bounds: "HandoverBounds") -> None:
        """On the loop."""
        self._loop = asyncio.get_running_loop()
        self._bounds = bounds
        self._lock = threading.Lock()
        self._items: deque[StreamItem] = deque()
        self._bytes = 0
        self._over: BaseException | None = None
        self._asleep = False
        self._awake = asyncio.Event()
        self._gone = asyncio.Event()
        self._stop = threading.Event()

    # ------------------------------------------------------------------------------------------ in the thread

    def fill(self, read: "Read") -> None:
        """Read until the end, whatever ends it."""
        over: BaseException = SourceLost("The camera's stream stopped; it will be opened again.")
        try:
            with closing(read(self._stop)) as items:
                for item in items:
                    if self._stop.is_set():
                        break
                    self._put(item)
        except BaseException as error:  # noqa: BLE001 - nothing is swallowed: it is raised again on the loop
            over = error
        finally:
            with self._lock:
                self._over = over
            del over  # its traceback holds this frame: a circle, with pictures in it, that only the collector would end
            self._on_loop(self._awake.set)
            self._on_loop(self._gone.set)

    def _put(self, item: StreamItem) -> None:
        with self._lock:
            self._items.append(item)
            self._bytes += _size(item)
            full = len(self._items) > self._bounds.packets or self._bytes > self._bounds.bytes
            wake, self._asleep = self._asleep, False
        if wake:
            self._on_loop(self._awake.set)
        if full:
            msg = "Doorstep was too slow to take this camera's video; lower its bit rate or use fewer cameras."
            raise SourceOverrun(msg)

    def _on_loop(self, wake: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(wake)
        except RuntimeError:  # the loop is closed: nobody listens any more
            self._stop.set()

    # -------------------------------------------------------------------------------------------- on the loop

    async def take(self) -> StreamItem:
        """The next item; raises what ended the reading once all are taken."""
        while True:
            with self._lock:
                if self._items:
                    item = self._items.popleft()
                    self._bytes -= _size(item)
                    return item
                if self._over is not None:
                    raise self._ending()
                self._asleep = True
                self._awake.clear()
            await self._awake.wait()

    def _ending(self) -> BaseException:
        """What ended it, told once: an error that its own traceback reaches again is a circle."""
        over, self._over = self._over, _told()
        return over or _told()

    async def stopped(self) -> bool:
        """Tell the thread to end, and whether it did: a hung native call must not hold the house for ever."""
        self._stop.set()
        try:
            async with asyncio.timeout(END_SECONDS):
                await self._gone.wait()
        except TimeoutError:
            return False
        return True


def _told() -> SourceLost:
    return SourceLost("The camera's stream is over.")


def _size(item: StreamItem) -> int:
    return len(item.decoder_config) if isinstance(item, VideoFormat) else len(item.data)
