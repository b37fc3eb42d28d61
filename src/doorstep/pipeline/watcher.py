"""Looks at a camera: newest frame, motion score, gate, detector, presence.  What follows is decided in `core`."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.errors import DetectorUnavailable
from doorstep.core.event import Moved, Tick
from doorstep.core.motion_gate import LookRule, MotionGate, MotionGateSettings
from doorstep.core.region import WHOLE, RegionRule, RegionSettings
from doorstep.core.relevance import Relevance
from doorstep.core.remote_use import CallTold, DetectionPlace, Looked, RemoteCall
from doorstep.core.settings import DetectionSettings
from doorstep.core.still_choice import StillChoice
from doorstep.core.tracking import EVERYWHERE, Presence, Sighting, TrackSettings
from doorstep.core.zone import Zone
from doorstep.media.crop import seen_in
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.ports import Clock, Detector, Frame, MotionScorer

log = structlog.get_logger()

CROPS = RegionSettings()


@dataclass(frozen=True, slots=True)
class Found:
    """What the detector saw in a frame, and in which parts of it; `worth` is the frame's as a still of its event.

    `where` was looked; `calls` are pictures that were sent away for it, also those that nobody answered.
    """

    detections: tuple[Detection, ...] = ()
    crops: tuple[Box, ...] = ()
    worth: float = 0.0
    where: DetectionPlace = DetectionPlace.LOCAL
    calls: tuple[RemoteCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: when the frame was, what followed from it, and when the detector had answered.

    `motion` is how much of the picture moved, 0..1, `moving` whether that counts, None while detection is off.
    """

    frame: Frame
    at: datetime
    observation: Sighting | Moved | Tick
    answered_at: datetime
    found: Found = Found()
    motion: float = 0.0
    moving: bool | None = None


def _anywhere(_scorer: MotionScorer) -> Sequence[Box]:
    """Of a scorer that does not say where it moves."""
    return EVERYWHERE


def _unmeasured(_frame: Frame, _box: Box) -> float:
    """Where nobody measures sharpness, all pictures are equally sharp."""
    return 100.0


async def _not_judged(_frame: Frame) -> None:
    """Where nobody watches over the pictures."""


def always_wanted() -> bool:
    """Where nobody can switch detection off."""
    return True


LookWith = Callable[[Detector, Frame, float, CallTold], Looked]


def look_here(detector: Detector, frame: Frame, least: float, _told: CallTold) -> Looked:
    """Of a detector that lies on this machine."""
    return Looked(detector.detect(frame, least))


@dataclass(frozen=True, slots=True)
class Eyes:
    """What a watcher looks with; the detector and its threads are shared by all cameras.

    `look` asks the detector, in the pool, and says where it looked; it tells each picture that it sends elsewhere.
    `regions` says, of a scorer that has just scored, where it moves; `sharpness` of a frame how sharp a box of it is,
    at least 0; it is called in a thread.  While they are not `wanted`, nobody looks.
    `picture` is told each frame, and judges how the camera is; it never raises.
    """

    scorer: Callable[[], MotionScorer]
    detector: Callable[[], Detector | None]
    pool: Executor
    regions: Callable[[MotionScorer], Sequence[Box]] = _anywhere
    sharpness: Callable[[Frame, Box], float] = _unmeasured
    look: LookWith = look_here
    wanted: Callable[[], bool] = always_wanted
    picture: Callable[[Frame], Awaitable[None]] = _not_judged


@dataclass(frozen=True, slots=True)
class WatchRules:
    """How large somebody must be, when he loiters or is a statue (seconds); `regions` None never looks at crops."""

    least_heights: tuple[tuple[str, float], ...] = ()
    stationary_after: float = 300.0
    loitering_after: float | None = None
    regions: RegionSettings | None = CROPS


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
        rules: WatchRules = WatchRules(),
    ) -> None:
        self._camera = camera
        self._eyes = eyes
        self._rules = rules
        self._relevance = Relevance(zones, rules.least_heights)
        self._tracks = TrackSettings(forget_after, rules.stationary_after, rules.loitering_after)
        self._health = health
        self._clock = clock
        self._look_at_least_every = settings.look_at_least_every
        self._presence: Presence | None = None
        self.last_look_at: datetime | None = None
        self.looked_where = DetectionPlace.LOCAL
        self.begin()

    def begin(self) -> None:
        """A new connection: nothing of the last picture compares with the next."""
        self._scorer = self._eyes.scorer()
        self._gate = MotionGate(MotionGateSettings())
        self._rule = LookRule(self._look_at_least_every)
        self._regions = None if self._rules.regions is None else RegionRule(self._rules.regions)

    @property
    def is_on(self) -> bool:
        """Whether somebody looks, by the owner's switch."""
        return self._eyes.wanted()

    async def run(
        self, mailbox: FrameMailbox, wall_of: Callable[[Frame], datetime], seen: Callable[[Look], None]
    ) -> None:
        """Look at each frame that comes, for ever; the mailbox learns whether there is time for fewer."""
        while True:
            frame = await mailbox.take()
            at = wall_of(frame)
            await self._eyes.picture(frame)
            if not self.is_on:  # its frames still go with presses, and show how the picture is
                mailbox.patient = True
                self._presence = None  # whoever was there may go unseen
                self.begin()
                seen(Look(frame, at, Tick(at), self._clock.now()))
                continue
            scorer = self._scorer
            score = await asyncio.to_thread(scorer.score, frame)
            moving = self._gate.observe(frame.at, score)
            mailbox.patient = not (moving or self._somebody)  # at once: the look may take long
            observation, found = await self._look(frame, at, self._eyes.regions(scorer), moving=moving, score=score)
            mailbox.patient = not (moving or self._somebody)
            seen(Look(frame, at, observation, self._clock.now(), found, score, moving))

    @property
    def _somebody(self) -> bool:
        return self._presence is not None and self._presence.somebody

    async def _look(
        self, frame: Frame, at: datetime, regions: Sequence[Box], *, moving: bool, score: float
    ) -> tuple[Sighting | Moved | Tick, Found]:
        detector = self._eyes.detector()
        blind = Moved(at, score, no_detector=True) if moving else Tick(at)
        if detector is None:
            return blind, Found()
        unseen = Moved(at, score) if moving else Tick(at)
        presence = self._presence_for(detector.thresholds)
        if not self._rule.due(frame.at, moving=moving, somebody_present=presence.somebody):
            return unseen, Found()
        crops = self._where(frame, regions, presence)
        calls: list[RemoteCall] = []
        try:
            looked = await self._detect(detector, frame, crops, calls.append)
        except DetectorUnavailable as error:
            self._report(error)
            return blind, Found(calls=tuple(calls))
        self._health.clear("detector")
        self.last_look_at, self.looked_where = at, looked.where
        detections = tuple(filter(self._is_told, looked.detections))
        sighting = presence.observe(at, detections, regions)
        worth = 0.0 if sighting is None else await self._worth(frame, sighting)
        return sighting or unseen, Found(detections, crops, worth, looked.where, tuple(calls))

    def _is_told(self, detection: Detection) -> bool:
        """Whoever is a person is shown also where he does not count: then the owner sees why nothing opened."""
        return detection.label == PERSON or self._relevance.zone_of(detection) is not None

    def _where(self, frame: Frame, regions: Sequence[Box], presence: Presence) -> tuple[Box, ...]:
        if self._regions is None:
            return (WHOLE,)
        return self._regions.where(frame.at, regions, presence.where, frame.width / frame.height)

    async def _detect(self, detector: Detector, frame: Frame, crops: Sequence[Box], told: CallTold) -> Looked:
        loop, look = asyncio.get_running_loop(), partial(self._eyes.look, detector)
        return await loop.run_in_executor(self._eyes.pool, _look_in, look, frame, crops, detector.thresholds.keep, told)

    async def _worth(self, frame: Frame, sighting: Sighting) -> float:
        sharpness = await asyncio.to_thread(self._eyes.sharpness, frame, sighting.box)
        return StillChoice(sighting, sharpness, self._relevance.middle_of(sighting.zone)).worth

    def _presence_for(self, thresholds: Thresholds) -> Presence:
        if self._presence is None:
            self._presence = Presence(thresholds, self._relevance, self._tracks)
        self._presence.thresholds = thresholds  # a remote detector may have looked while the model here was loading
        return self._presence

    def _report(self, error: DetectorUnavailable) -> None:
        if self._health.report(
            "detector", f"Nobody can be recognised: {error}", "Motion alone makes events until then."
        ):
            log.warning("detector unavailable", camera=self._camera, reason=str(error))


def _look_in(
    look: Callable[[Frame, float, CallTold], Looked], frame: Frame, crops: Sequence[Box], least: float, told: CallTold
) -> Looked:
    """In the pool: one after the other, so that a camera never takes two turns at once.  Remote where any part was."""
    places: list[DetectionPlace] = []

    def detect(part: Frame) -> Sequence[Detection]:
        looked = look(part, least, told)
        places.append(looked.where)
        return looked.detections

    found = seen_in(detect, frame, crops)
    return Looked(found, DetectionPlace.REMOTE if DetectionPlace.REMOTE in places else DetectionPlace.LOCAL)
