"""A replay decides as the watcher does: the same frames, motion and persons make the same looks and observations."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.app.explain import VideoEyes, VideoWatch
from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.region import RegionSettings
from doorstep.core.relevance import Relevance
from doorstep.core.replay import ReplayRules
from doorstep.core.settings import DetectionSettings, EventSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.watcher import Eyes, Look, Watcher, WatchRules
from doorstep.ports import Frame, MotionScorer
from fakes.footage import NOON, seconds
from fakes.instant_loop import InlineExecutor, LoopClock, run, while_running
from fakes.stand_in_frame import StandInFrame

THRESHOLDS = Thresholds(0.35, 0.22)
SMALL = Box(0.7, 0.1, 0.75, 0.3)
EVERY = 0.25


@dataclass(frozen=True)
class Second:
    """What is to be seen for four looks: how much moves, whether in a small part, and how sure somebody is there."""

    motion: float
    small: bool
    score: float


@dataclass
class Scene:
    """Implements `ports.MotionScorer` and `ports.Detector` over the seconds of a test; notes each look."""

    script: Sequence[Second]
    looked: list[tuple[float, int, int]] = field(default_factory=list)
    name: str = "scene"
    thresholds: Thresholds = THRESHOLDS
    _at: float = 0.0

    def score(self, frame: Frame) -> float:
        self._at = frame.at
        return self.script[int(frame.at)].motion

    def regions(self, _scorer: MotionScorer) -> Sequence[Box]:
        return [SMALL] if self.script[int(self._at)].small else []

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        self.looked.append((frame.at, frame.width, frame.height))
        score = self.script[int(frame.at)].score
        return [Detection(PERSON, score, Box(0.4, 0.2, 0.6, 0.8))] if score >= least else []


def live(scene: Scene, frames: Sequence[StandInFrame]) -> list[tuple[str, float]]:
    """What the watcher tells the tracker: kind and seconds of each observation."""
    clock = LoopClock(NOON)
    told: list[tuple[str, float]] = []

    async def main() -> None:
        eyes = Eyes(lambda: scene, lambda: scene, InlineExecutor(), scene.regions)
        health = HealthBoard(clock)
        watcher = Watcher("front-door", eyes, DetectionSettings(), (), 10.0, health, clock, WatchRules())
        mailbox = FrameMailbox(1 / EVERY, asyncio.get_running_loop())

        async def film() -> None:
            for frame in frames:
                mailbox.wants(frame.at)
                mailbox.put(frame)
                await clock.sleep(EVERY)

        def seen(look: Look) -> None:
            told.append((repr(look.observation), look.frame.at))

        await while_running(lambda: watcher.run(mailbox, lambda frame: NOON + seconds(frame.at), seen), act=film)

    run(clock, main)
    return told


def replayed(scene: Scene, frames: Sequence[StandInFrame]) -> list[tuple[str, float]]:
    rules = ReplayRules(
        THRESHOLDS, EventSettings(), Relevance(), RegionSettings(), DetectionSettings().look_at_least_every
    )
    watch = VideoWatch(VideoEyes(scene, scene, scene.regions, lambda _frame, _box: 100.0), rules, NOON)
    return [(repr(look.step.observation), look.at) for look in watch.looks(frames)][:-1]


SECONDS = st.builds(
    Second, st.sampled_from([0.0, 0.003, 0.1]), st.booleans(), st.sampled_from([0.0, 0.0, 0.1, 0.25, 0.4, 0.8])
)


@settings(max_examples=40, deadline=None)
@given(st.lists(SECONDS, min_size=1, max_size=40))
def test_the_replay_decides_as_the_watcher_does(script: list[Second]) -> None:
    frames = [StandInFrame(number * EVERY, number * EVERY) for number in range(round(len(script) / EVERY))]
    one, other = Scene(script), Scene(script)
    assert replayed(other, frames) == live(one, frames)
    assert other.looked == one.looked
