import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.errors import DetectorUnavailable
from doorstep.core.event import Moved, Tick
from doorstep.core.settings import DetectionSettings
from doorstep.core.tracking import Sighting
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.watcher import Eyes, Look, Watcher
from doorstep.ports import Detector, Frame
from fakes.footage import NOON, seconds
from fakes.instant_loop import InlineExecutor, LoopClock, run, while_running
from fakes.stand_in_frame import StandInFrame

THRESHOLDS = Thresholds(open=0.5, keep=0.3)
SOMEBODY = (Detection(PERSON, 0.9, Box(0.4, 0.2, 0.6, 0.8)),)


@dataclass
class ScriptedScorer:
    """Implements `ports.MotionScorer`: how much moved is what the test says, by the frame's time."""

    moves: Callable[[float], float]

    def score(self, frame: Frame) -> float:
        return self.moves(frame.at)


@dataclass
class ScriptedDetector:
    """Implements `ports.Detector`: who is there is what the test says, by the frame's time."""

    sees: Callable[[float], Sequence[Detection]]
    is_down: bool = False
    looked: list[float] = field(default_factory=list)
    name: str = "scripted"
    thresholds: Thresholds = THRESHOLDS

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        assert least == 0.3
        self.looked.append(frame.at)
        if self.is_down:
            msg = "The model cannot be run."
            raise DetectorUnavailable(msg)
        return self.sees(frame.at)


@dataclass
class Watch:
    """What a watcher made of frames four times a second."""

    looks: list[Look]
    watcher: Watcher
    health: HealthBoard


def watched(
    count: int,
    detector: Detector | None,
    moves: Callable[[float], float] = lambda _at: 0.0,
    meanwhile: Callable[[int, Watcher], None] = lambda _number, _watcher: None,
) -> Watch:
    clock = LoopClock(NOON)
    health = HealthBoard(clock)
    looks: list[Look] = []
    made: list[Watcher] = []

    async def main() -> None:
        eyes = Eyes(lambda: ScriptedScorer(moves), lambda: detector, InlineExecutor())
        watcher = Watcher("front-door", eyes, DetectionSettings(look_at_least_every=15.0), (), 10.0, health, clock)
        made.append(watcher)
        mailbox = FrameMailbox(4.0, asyncio.get_running_loop())

        async def film() -> None:
            for number in range(count):
                meanwhile(number, watcher)
                mailbox.wants(number / 4)
                mailbox.put(StandInFrame(number / 4, clock.monotonic()))
                await clock.sleep(0.25)

        await while_running(
            lambda: watcher.run(mailbox, lambda frame: NOON + seconds(frame.at), looks.append), act=film
        )

    run(clock, main)
    return Watch(looks, made[0], health)


def test_nobody_and_nothing_is_a_tick_and_seldom_a_look() -> None:
    detector = ScriptedDetector(lambda _at: ())
    watch = watched(161, detector)
    assert {type(look.observation) for look in watch.looks} == {Tick}
    assert detector.looked == [0.0, 15.0, 30.0]
    assert watch.watcher.last_look_at == NOON + seconds(30)


def test_motion_is_looked_at_as_long_as_it_lasts() -> None:
    detector = ScriptedDetector(lambda _at: ())
    watched(80, detector, lambda at: 0.5 if 5 <= at < 7 else 0.0)
    assert {at for at in detector.looked if 5 <= at < 7} == {5 + number / 4 for number in range(8)}
    assert len(detector.looked) <= 8 + 9 + 3


def test_a_person_is_a_sighting_of_the_first_hit_and_is_followed_without_motion() -> None:
    detector = ScriptedDetector(lambda at: SOMEBODY if 3 <= at < 8 else ())
    watch = watched(60, detector, lambda at: 0.5 if 3 <= at < 3.5 else 0.0)
    sightings = [look.observation for look in watch.looks if isinstance(look.observation, Sighting)]
    assert [sighting.at for sighting in sightings] == [NOON + seconds(3 + number / 4) for number in range(20)]
    assert {sighting.first_at for sighting in sightings} == {NOON + seconds(3)}


def test_motion_without_a_person_is_told_as_motion() -> None:
    watch = watched(12, ScriptedDetector(lambda _at: ()), lambda at: 0.5 if at >= 1 else 0.0)
    moved = [look.observation for look in watch.looks if isinstance(look.observation, Moved)]
    assert moved[0] == Moved(NOON + seconds(1), 0.5)
    assert not any(observation.no_detector for observation in moved)


def test_without_a_detector_motion_must_serve() -> None:
    watch = watched(12, None, lambda at: 0.5 if at >= 1 else 0.0)
    moved = [look.observation for look in watch.looks if isinstance(look.observation, Moved)]
    assert moved
    assert all(observation.no_detector for observation in moved)
    assert watch.watcher.last_look_at is None


def test_a_detector_that_fails_is_told_until_it_answers_again() -> None:
    detector = ScriptedDetector(lambda _at: (), is_down=True)
    problems: list[int] = []
    boards: list[HealthBoard] = []

    def meanwhile(number: int, watcher: Watcher) -> None:
        boards.append(watcher._health)
        problems.append(len(watcher._health.problems()))
        if number == 10:
            detector.is_down = False

    watch = watched(20, detector, lambda _at: 0.5, meanwhile)
    assert problems[5:11] == [1] * 6
    assert problems[-1] == 0
    assert [look.observation.no_detector for look in watch.looks if isinstance(look.observation, Moved)][:3] == [
        True
    ] * 3


def test_a_new_connection_begins_anew_and_is_looked_at_at_once() -> None:
    detector = ScriptedDetector(lambda _at: ())

    def meanwhile(number: int, watcher: Watcher) -> None:
        if number == 8:
            watcher.begin()

    watched(16, detector, meanwhile=meanwhile)
    assert detector.looked == [0.0, 2.0]
