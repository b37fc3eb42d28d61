"""Watches a video as a camera is watched, with the video's own time for a clock, and says what followed from each look.

For `doorstep detect --explain`.  The rules are `core/replay.py`'s; nothing is recorded, and nobody is told.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from doorstep.app.replay_rules import camera_of, replay_rules
from doorstep.core.camera import CameraId
from doorstep.core.detection import Box, Detection
from doorstep.core.observation import Interrupted
from doorstep.core.replay import Moment, Replay, ReplayRules, Step
from doorstep.core.replay_explanation import ExplainedEvent, ReplayExplanations
from doorstep.core.replay_words import Happening, happenings, state_words
from doorstep.core.settings import Settings
from doorstep.core.still_choice import StillChoice
from doorstep.core.tracking import Sighting
from doorstep.media.crop import seen_in
from doorstep.pipeline.explanations import seeing_model
from doorstep.ports import Detector, Frame, MotionScorer
from doorstep.vision.luma_difference import LumaDifference
from doorstep.vision.sharpness import sharpness

LEAST_SCORE = 0.05
"""Of a box that is shown; what counts is the rules' to say."""

BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
"""When every video begins: of times only the seconds behind it are shown."""

_TOLERANCE_SECONDS = 0.002


@dataclass(frozen=True, slots=True)
class ExplainedLook:
    """One frame, or the end of the video: `at` in seconds of it, and what followed.

    `crops` are the parts that were looked at, none where nobody looked; `where` those whom looks go on for, and `state`
    says the same in words.  `over` is the event that is over by it.
    """

    at: float
    step: Step
    crops: tuple[Box, ...]
    where: tuple[Box, ...]
    state: str
    happenings: tuple[Happening, ...]
    over: ExplainedEvent | None

    @property
    def is_end(self) -> bool:
        """Whether this is no frame but the end of the video."""
        return isinstance(self.step.observation, Interrupted)


@dataclass(frozen=True, slots=True)
class VideoEyes:
    """What a video is watched with; `regions` says, of a scorer that has just scored, where it moves."""

    detector: Detector
    scorer: MotionScorer
    regions: Callable[[MotionScorer], Sequence[Box]]
    sharpness: Callable[[Frame, Box], float] = sharpness


def explained_video(
    frames: Iterable[Frame], settings: Settings, camera: str | None, detector: Detector
) -> Iterator[ExplainedLook]:
    """The video as the config's camera would be watched, or without one as any without zones.

    Raises DetectorUnavailable, and what `frames` raises.
    """
    chosen = camera_of(settings, camera) if camera is not None else None
    rules = replay_rules(settings, chosen, detector.thresholds, whole=False)
    scorer = LumaDifference(chosen.motion_masks if chosen is not None else ())
    watch = VideoWatch(VideoEyes(detector, scorer, lambda _: scorer.regions), rules)
    return watch.looks(due(frames, settings.detection.looks_per_second))


class VideoWatch:
    """Watches one video, once; `begin` is when its first second is."""

    def __init__(self, eyes: VideoEyes, rules: ReplayRules, begin: datetime = BEGIN) -> None:
        self._eyes = eyes
        self._rules = rules
        self._begin = begin
        self._replay = Replay(CameraId("video"), rules)
        self._explanations = ReplayExplanations(seeing_model(eyes.detector))

    def looks(self, frames: Iterable[Frame]) -> Iterator[ExplainedLook]:
        """What followed from each frame, and from the end.  Raises DetectorUnavailable, and what `frames` raises."""
        at = 0.0
        for frame in frames:
            at = frame.at
            yield self._look(frame)
        yield self._told(at, self._replay.end(self._wall(at)), (), 0.0)

    def _look(self, frame: Frame) -> ExplainedLook:
        motion = self._eyes.scorer.score(frame)
        regions = self._eyes.regions(self._eyes.scorer)
        glance = self._replay.glance(frame.at, motion, regions, frame.width / frame.height)
        found = seen_in(self._seen, frame, glance.crops) if glance.crops else None
        step = self._replay.see(Moment(self._wall(frame.at), motion, glance.moving, found, tuple(regions)))
        return self._told(frame.at, step, glance.crops, self._worth(frame, step))

    def _seen(self, part: Frame) -> Sequence[Detection]:
        """The weaker ones too: they never displace a better one."""
        return self._eyes.detector.detect(part, LEAST_SCORE)

    def _worth(self, frame: Frame, step: Step) -> float:
        seen = step.observation
        if not isinstance(seen, Sighting):
            return 0.0
        return StillChoice(
            seen, self._eyes.sharpness(frame, seen.box), self._rules.relevance.middle_of(seen.zone)
        ).worth

    def _wall(self, at: float) -> datetime:
        return self._begin + timedelta(seconds=at)

    def _told(self, at: float, step: Step, crops: tuple[Box, ...], worth: float) -> ExplainedLook:
        over = self._explanations.step(step, crops, worth)
        state = state_words(step, self._replay)
        return ExplainedLook(
            at, step, crops, self._replay.presence.where, state, tuple(happenings(step, self._rules)), over
        )


def due(frames: Iterable[Frame], looks_per_second: float) -> Iterator[Frame]:
    """Those at which a look is due, in steps on a grid as `pipeline/mailbox.py` takes them."""
    every = 1.0 / looks_per_second
    next_due = 0.0
    for frame in frames:
        behind = frame.at - next_due
        if behind < -_TOLERANCE_SECONDS:
            continue
        next_due = frame.at + every if behind > every else next_due + every
        yield frame
