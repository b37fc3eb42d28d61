"""Looks at a camera: newest frame, motion score, gate, detector, presence.  What follows is decided in `core`."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

import structlog

from doorstep.core.detection import Detection, Thresholds
from doorstep.core.errors import DetectorUnavailable
from doorstep.core.event import Moved, Tick
from doorstep.core.motion_gate import LookRule, MotionGate, MotionGateSettings
from doorstep.core.settings import DetectionSettings
from doorstep.core.tracking import Presence, Sighting
from doorstep.core.zone import Zone
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.ports import Clock, Detector, Frame, MotionScorer

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: when the frame was, what followed from it, and when the detector had answered."""

    frame: Frame
    at: datetime
    observation: Sighting | Moved | Tick
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Eyes:
    """What a watcher looks with; the detector and its threads are shared by all cameras."""

    scorer: Callable[[], MotionScorer]
    detector: Callable[[], Detector | None]
    pool: Executor


class Watcher:
    """One task for each camera.  A slow detector lowers the rate of looks and nothing else."""

    def __init__(
        self,
        camera: str,
        eyes: Eyes,
        settings: DetectionSettings,
        zones: tuple[Zone, ...],
        forget_after: float,
        health: HealthBoard,
        clock: Clock,
    ) -> None:
        self._camera = camera
        self._eyes = eyes
        self._zones = zones
        self._forget_after = forget_after
        self._health = health
        self._clock = clock
        self._rule = LookRule(settings.look_at_least_every)
        self._look_at_least_every = settings.look_at_least_every
        self._gate = MotionGate(MotionGateSettings())
        self._scorer = eyes.scorer()
        self._presence: Presence | None = None
        self.last_look_at: datetime | None = None
        self.looked_where = "local"

    def begin(self) -> None:
        """A new connection: nothing of the last picture compares with the next."""
        self._scorer = self._eyes.scorer()
        self._gate = MotionGate(MotionGateSettings())
        self._rule = LookRule(self._look_at_least_every)

    async def run(
        self, mailbox: FrameMailbox, wall_of: Callable[[Frame], datetime], seen: Callable[[Look], None]
    ) -> None:
        """Look at each frame that comes, for ever."""
        while True:
            frame = await mailbox.take()
            at = wall_of(frame)
            score = await asyncio.to_thread(self._scorer.score, frame)
            moving = self._gate.observe(frame.at, score)
            observation = await self._look(frame, at, moving=moving, score=score)
            seen(Look(frame, at, observation, self._clock.now()))

    async def _look(self, frame: Frame, at: datetime, *, moving: bool, score: float) -> Sighting | Moved | Tick:
        detector = self._eyes.detector()
        if detector is None:
            return Moved(at, score, no_detector=True) if moving else Tick(at)
        presence = self._presence_for(detector.thresholds)
        if self._rule.due(frame.at, moving=moving, somebody_present=presence.somebody):
            try:
                detections = await self._detect(detector, frame)
            except DetectorUnavailable as error:
                self._report(error)
                return Moved(at, score, no_detector=True) if moving else Tick(at)
            self._health.clear("detector")
            self.last_look_at = at
            sighting = presence.observe(at, detections)
            if sighting is not None:
                return sighting
        return Moved(at, score) if moving else Tick(at)

    async def _detect(self, detector: Detector, frame: Frame) -> "list[Detection]":
        loop = asyncio.get_running_loop()
        least = detector.thresholds.keep
        return list(await loop.run_in_executor(self._eyes.pool, detector.detect, frame, least))

    def _presence_for(self, thresholds: Thresholds) -> Presence:
        if self._presence is None:
            self._presence = Presence(thresholds, zones=self._zones, forget_after=self._forget_after)
        return self._presence

    def _report(self, error: DetectorUnavailable) -> None:
        if self._health.report(
            "detector", f"Nobody can be recognised: {error}", "Motion alone makes events until then."
        ):
            log.warning("detector unavailable", camera=self._camera, reason=str(error))
