"""Single pictures of now, shared by all who watch.  Decoding is the source's business, HTTP is the web's."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime

from doorstep.core.camera import CameraId
from doorstep.ports import Clock, Frame, Snapshot

PICTURES_PER_SECOND = 10.0
LIVE_SIZE = (1280, 720)
LIVE_QUALITY = 75
SNAPSHOT_QUALITY = 85
FRESH_SECONDS = 2.0  # a picture so old still is "now"
WAIT_SECONDS = 2.0

_TOLERANCE_SECONDS = 0.002


@dataclass(slots=True, eq=False)
class _Viewer:
    """Somebody on the loop who waits for the next picture; `watches` who is shown it in the size of a viewer's."""

    loop: asyncio.AbstractEventLoop
    watches: bool
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        try:
            self.loop.call_soon_threadsafe(self.awake.set)
        except RuntimeError:  # the loop is closed: nobody waits there any more
            return


@dataclass(slots=True)
class _Screen:
    """What is shown of one camera; guarded by its lock, for the source's thread writes it and the loop reads it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    viewers: set[_Viewer] = field(default_factory=set)
    frame: Frame | None = None
    taken_at: datetime | None = None
    offered_at: float = float("-inf")
    number: int = 0
    """Counts frames, so that who waits knows whether there is a new one."""
    asked_for: int = 0
    """Counts those of them that somebody waited for."""
    live: Snapshot | None = None
    full: tuple[int, Snapshot] | None = None
    """The newest full-size JPEG and the number of the frame in it."""
    encoding: asyncio.Lock = field(default_factory=asyncio.Lock)
    removed: bool = False


class MjpegFeed:
    """A `ports.LiveFeed`.  Each picture is encoded once, and for viewers only while there are any.

    `wants` and `offer` are called from the source's thread, everything else on the event loop.
    """

    def __init__(self, clock: Clock, *, wait_seconds: float = WAIT_SECONDS) -> None:
        """`wait_seconds` is how long a snapshot waits where the newest picture is an old one."""
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._screens: dict[CameraId, _Screen] = {}

    # ------------------------------------------------------------------------------------ in the source's thread

    def wants(self, camera: CameraId, now: float) -> bool:
        """Whether somebody waits for a picture at `now` (monotonic seconds): ten times a second at most."""
        screen = self._screen(camera)
        with screen.lock:
            due = now - screen.offered_at >= 1 / PICTURES_PER_SECOND - _TOLERANCE_SECONDS
            return bool(screen.viewers) and due

    def offer(self, camera: CameraId, frame: Frame, taken_at: datetime) -> None:
        """The newest picture; may also come unasked.  Blocks for one JPEG if somebody watches and one is due."""
        screen = self._screen(camera)
        asked_for = self.wants(camera, frame.captured_at)
        with screen.lock:
            watched = asked_for and any(viewer.watches for viewer in screen.viewers)
        live = Snapshot(frame.jpeg(*LIVE_SIZE, LIVE_QUALITY), taken_at) if watched else None
        with screen.lock:
            screen.frame, screen.taken_at = frame, taken_at
            screen.number += 1
            screen.asked_for += asked_for
            if asked_for:
                screen.offered_at = frame.captured_at
            if live is not None:
                screen.live = live
            viewers = list(screen.viewers) if asked_for else []
        for viewer in viewers:
            viewer.wake()

    # ------------------------------------------------------------------------------------------------ on the loop

    def remove(self, camera: CameraId) -> None:
        """The camera is gone: what is shown of it ends."""
        with self._lock:
            screen = self._screens.pop(camera, None)
        if screen is None:
            return
        with screen.lock:
            screen.removed = True
            viewers = list(screen.viewers)
        for viewer in viewers:
            viewer.wake()

    async def snapshot(self, camera: CameraId) -> Snapshot | None:
        """The newest picture in full size, None when there never was one; waits a little for a fresh one."""
        screen = self._screen(camera)
        if not self._is_fresh(screen):
            await self._wait_for_frame(screen)
        async with screen.encoding:
            with screen.lock:
                frame, taken_at, number = screen.frame, screen.taken_at, screen.number
                if screen.full is not None and screen.full[0] == number:
                    return screen.full[1]
            if frame is None or taken_at is None:
                return None
            jpeg = await asyncio.to_thread(frame.jpeg, frame.width, frame.height, SNAPSHOT_QUALITY)
            screen.full = number, Snapshot(jpeg, taken_at)
            return screen.full[1]

    async def pictures(self, camera: CameraId) -> AsyncGenerator[Snapshot]:
        """Each picture as it comes, the newest wins, ten a second at most; ends when the camera is removed."""
        screen = self._screen(camera)
        viewer = _Viewer(asyncio.get_running_loop(), watches=True)
        with screen.lock:
            screen.viewers.add(viewer)
        shown: Snapshot | None = None
        try:
            while not screen.removed:
                await viewer.awake.wait()
                viewer.awake.clear()
                newest = screen.live
                if newest is not None and newest is not shown and not screen.removed:
                    shown = newest
                    yield newest
        finally:
            with screen.lock:
                screen.viewers.discard(viewer)

    def decoded(self, camera: CameraId) -> int:
        """As the port says; for any thread."""
        with self._lock:
            screen = self._screens.get(camera)
        return screen.asked_for if screen is not None else 0

    def _screen(self, camera: CameraId) -> _Screen:
        with self._lock:
            return self._screens.setdefault(camera, _Screen())

    def _is_fresh(self, screen: _Screen) -> bool:
        with screen.lock:
            return screen.frame is not None and self._clock.monotonic() - screen.frame.captured_at < FRESH_SECONDS

    async def _wait_for_frame(self, screen: _Screen) -> None:
        """Ask for a picture as a viewer does, and give up after a while: an old one is better than none."""
        viewer = _Viewer(asyncio.get_running_loop(), watches=False)
        with screen.lock:
            screen.viewers.add(viewer)
        try:
            async with asyncio.timeout(self._wait_seconds):
                await viewer.awake.wait()
        except TimeoutError:
            return
        finally:
            with screen.lock:
                screen.viewers.discard(viewer)
