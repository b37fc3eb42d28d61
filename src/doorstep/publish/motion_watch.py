"""Looks for motion beside the video that goes out, and has it told.  Neither ever holds up the video."""

import asyncio
import random
import uuid
from collections.abc import Callable
from functools import partial
from typing import Protocol

import structlog

from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.motion_gate import MotionGate, MotionGateSettings
from doorstep.core.motion_report import Cooldown, MotionReport, ReportQueue
from doorstep.own_threads import in_own_thread
from doorstep.ports import Clock, Frame, MotionScorer

log = structlog.get_logger()

COOLDOWN_SECONDS = 60.0


class Frames(Protocol):
    """Where the newest frame waits."""

    async def take(self) -> Frame:
        """Wait for it and take it out."""
        ...


class MotionWatch:
    """`run` scores frames and reports motion until it is cancelled; on the event loop only."""

    def __init__(
        self,
        frames: Frames,
        scorer: Callable[[], MotionScorer],
        send: Callable[[MotionReport], None],
        clock: Clock,
        cooldown: float = COOLDOWN_SECONDS,
    ) -> None:
        """`send` blocks; it raises NotifierUnavailable or NotifierRefused.  A scorer is made for each connection."""
        self._frames = frames
        self._new_scorer = scorer
        self._send = send
        self._clock = clock
        self._cooldown = Cooldown(cooldown)
        self._queue = ReportQueue()
        self._more = asyncio.Event()
        self._told = True  # whether the last report was taken

    async def run(self) -> None:
        """Raises ConfigInvalid as `send` may."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look())
            tasks.create_task(self._tell())

    async def _look(self) -> None:
        scorer, gate, last = self._new_scorer(), MotionGate(MotionGateSettings()), float("-inf")
        while True:
            frame = await self._frames.take()
            if frame.at < last:  # another connection of the camera
                scorer = self._new_scorer()
            last = frame.at
            # A look at brightness alone is short, and video waits in the source's hand-over meanwhile.
            score = scorer.score(frame)
            now = self._clock.monotonic()
            if self._cooldown.due(now, moving=gate.observe(frame.at, score)):
                self._queue.put(MotionReport(uuid.uuid4().hex, now, score))
                self._more.set()

    async def _tell(self) -> None:
        while True:
            report = self._queue.due(self._clock.monotonic())
            if report is not None:
                await self._try(report)
                continue
            wait = self._queue.wait(self._clock.monotonic())
            if wait is None:
                self._more.clear()
                await self._more.wait()
            else:
                await self._clock.sleep(wait)

    async def _try(self, report: MotionReport) -> None:
        """Log lines come at changes only: a server that is away for a day makes one."""
        try:
            await in_own_thread("motion", partial(self._send, report))
        except NotifierUnavailable as error:
            self._queue.failed(self._clock.monotonic(), random.random())  # noqa: S311 - jitter, not a secret
            self._not_told(str(error))
        except NotifierRefused as error:
            self._queue.refused(report)
            self._not_told(str(error))
        else:
            self._queue.taken(report)
            log.info("motion reported", score=round(report.score, 3), waiting=len(self._queue))
            self._told = True

    def _not_told(self, reason: str) -> None:
        if self._told:
            log.warning("motion not reported", reason=reason)
        self._told = False
