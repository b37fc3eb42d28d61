"""Where the newest frame waits for the look: one place, the newest wins.  The looking itself lives in `watcher`."""

import asyncio
import threading

from doorstep.ports import KEY_FRAME, Frame, FrameTap, Wish

TOLERANCE_SECONDS = 0.002


class FrameMailbox:
    """Takes frames in the source's thread at a steady rate and hands the newest to the loop.

    Pictures come later than they were asked for, by as much as a decoder holds back: whoever asks sets the pace, and
    what nobody asked for in this connection is not taken.

    While it is `patient`, key frames will do where they come often enough: set on the loop while nothing moves and
    nobody is there.  The pace stays: the first frame behind the change is asked for as any other.
    """

    def __init__(self, looks_per_second: float, loop: asyncio.AbstractEventLoop) -> None:
        self._every = 1.0 / looks_per_second
        self._loop = loop
        self._lock = threading.Lock()
        self._frame: Frame | None = None
        self._next_due = float("-inf")
        self._asked_at = float("-inf")
        self._arrived = asyncio.Event()
        self.patient = False

    def wants(self, at: float) -> Wish:
        """Whether the next look is due at this time of the connection; a step backwards starts anew."""
        with self._lock:
            if at < self._asked_at:
                self._next_due = at
            self._asked_at = at
            due = self._is_due(at)
        return KEY_FRAME if due and self.patient else due

    def put(self, frame: Frame) -> None:
        """Leave a frame, in place of one that nobody fetched.  From the source's thread."""
        with self._lock:
            if frame.at > self._asked_at or not self._is_due(frame.at):
                return
            # Steps on a grid, so that 15 frames a second still give four looks and not three and three quarters.
            behind = frame.at - self._next_due
            self._next_due = frame.at + self._every if behind > self._every else self._next_due + self._every
            self._frame = frame
        self._loop.call_soon_threadsafe(self._arrived.set)

    async def take(self) -> Frame:
        """Wait for the newest frame and take it out."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            with self._lock:
                frame, self._frame = self._frame, None
            if frame is not None:
                return frame

    def forget(self) -> None:
        """A connection is over: its frames are worth no look, and its times say nothing of the next one's."""
        with self._lock:
            self._frame = None
            self._next_due = self._asked_at = float("-inf")

    def _is_due(self, at: float) -> bool:
        return at >= self._next_due - TOLERANCE_SECONDS


class SwitchedTap:
    """A tap that may be off: of two streams of one camera, one is looked at, and the other is not even decoded.

    `on` is set on the loop and read in the source's thread: a frame more or less at the change does not matter.
    """

    def __init__(self, tap: FrameTap, *, on: bool) -> None:
        self._tap = tap
        self.on = on

    def wants(self, at: float) -> Wish:
        """Whether it is on and the tap behind it wants the frame."""
        return self.on and self._tap.wants(at)

    def put(self, frame: Frame) -> None:
        """Pass it on while it is on."""
        if self.on:
            self._tap.put(frame)


class TapOfAll:
    """Several taps on one stream."""

    def __init__(self, *taps: FrameTap) -> None:
        self._taps = taps

    def wants(self, at: float) -> Wish:
        """What the least patient of them wants; each is asked, for asking may keep count."""
        wishes = [tap.wants(at) for tap in self._taps]
        return True in wishes or (KEY_FRAME if KEY_FRAME in wishes else False)

    def put(self, frame: Frame) -> None:
        """Each gets it: a picture that is decoded anyway costs nobody more."""
        for tap in self._taps:
            tap.put(frame)
