import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from doorstep.core.detection import PERSON, Box, Detection, Label, Thresholds
from doorstep.core.errors import DetectorUnavailable
from doorstep.core.event import Moved, Tick
from doorstep.core.region import WHOLE
from doorstep.core.settings import DetectionSettings
from doorstep.core.tracking import EVERYWHERE, Sighting
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.watcher import Eyes, Look, Watcher, WatchRules, always_wanted
from doorstep.ports import Detector, Frame
from fakes.footage import NOON, seconds
from fakes.instant_loop import InlineExecutor, LoopClock, run, while_running
from fakes.stand_in_frame import StandInFrame

THRESHOLDS = Thresholds(open=0.5, keep=0.3)
SOMEBODY = (Detection(PERSON, 0.9, Box(0.4, 0.2, 0.6, 0.8)),)


async def not_judged(_frame: Frame) -> None:
    """How the picture is, nobody asks."""


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
    sizes: list[tuple[int, int]] = field(default_factory=list)
    name: str = "scripted"
    thresholds: Thresholds = THRESHOLDS

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        assert least == 0.3
        self.looked.append(frame.at)
        self.sizes.append((frame.width, frame.height))
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
    patient: list[bool]
    """Of the mailbox, behind each frame."""


def watched(
    count: int,
    detector: Detector | None,
    moves: Callable[[float], float] = lambda _at: 0.0,
    meanwhile: Callable[[int, Watcher], None] = lambda _number, _watcher: None,
    *,
    rules: WatchRules | None = None,
    regions: Sequence[Box] = EVERYWHERE,
    sharpness: Callable[[Frame, Box], float] = lambda _frame, _box: 100.0,
    wanted: Callable[[], bool] = always_wanted,
    picture: Callable[[Frame], Awaitable[None]] = not_judged,
) -> Watch:
    clock = LoopClock(NOON)
    health = HealthBoard(clock)
    looks: list[Look] = []
    made: list[Watcher] = []
    patient: list[bool] = []

    async def main() -> None:
        scorer = ScriptedScorer(moves)
        eyes = Eyes(
            lambda: scorer,
            lambda: detector,
            InlineExecutor(),
            lambda _scorer: regions,
            sharpness,
            wanted=wanted,
            picture=picture,
        )
        settings = DetectionSettings(look_at_least_every=15.0)
        watcher = Watcher("front-door", eyes, settings, (), 10.0, health, clock, rules or WatchRules())
        made.append(watcher)
        mailbox = FrameMailbox(4.0, asyncio.get_running_loop())

        async def film() -> None:
            for number in range(count):
                meanwhile(number, watcher)
                mailbox.wants(number / 4)
                mailbox.put(StandInFrame(number / 4, clock.monotonic()))
                await clock.sleep(0.25)
                patient.append(mailbox.patient)

        await while_running(
            lambda: watcher.run(mailbox, lambda frame: NOON + seconds(frame.at), looks.append), act=film
        )

    run(clock, main)
    return Watch(looks, made[0], health, patient)


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


def test_a_key_frame_will_do_only_while_nothing_moves_and_nobody_is_there() -> None:
    still = ScriptedDetector(lambda at: SOMEBODY if 5 <= at < 20 else ())
    watch = watched(160, still, lambda at: 0.5 if 5 <= at < 5.5 else 0.0)
    pressed = [number / 4 for number, patient in enumerate(watch.patient) if not patient]
    assert pressed[0] == 5.0
    assert 20.0 <= pressed[-1] <= 20.0 + 10.25  # until whoever stood there is forgotten
    assert len(pressed) == (pressed[-1] - pressed[0]) * 4 + 1


def test_the_first_motion_hurries_the_mailbox_before_the_detector_has_looked() -> None:
    async def main() -> list[bool]:
        mailbox = FrameMailbox(4.0, asyncio.get_running_loop())
        mailbox.patient = True
        told: list[bool] = []

        def sees(_at: float) -> Sequence[Detection]:
            told.append(mailbox.patient)
            return ()

        scorer, detector = ScriptedScorer(lambda _at: 0.5), ScriptedDetector(sees)
        eyes = Eyes(lambda: scorer, lambda: detector, InlineExecutor())
        watcher = Watcher("front-door", eyes, DetectionSettings(), (), 10.0, HealthBoard(clock), clock)

        async def film() -> None:
            mailbox.wants(0.0)
            mailbox.put(StandInFrame(0.0))
            await clock.sleep(0.25)

        await while_running(lambda: watcher.run(mailbox, lambda _frame: NOON, lambda _look: None), act=film)
        return told

    clock = LoopClock(NOON)
    assert run(clock, main) == [False]


def test_a_look_says_how_much_moved_and_what_was_looked_at() -> None:
    detector = ScriptedDetector(lambda _at: ())
    watch = watched(9, detector, lambda at: 0.5 if at == 1.0 else 0.0)
    assert [look.motion for look in watch.looks if look.at == NOON + seconds(1)] == [0.5]
    assert [look.found.crops for look in watch.looks[:2]] == [(WHOLE,), ()]


def test_the_scores_are_those_of_the_model_that_looks_by_now() -> None:
    perhaps = (Detection(PERSON, 0.4, SOMEBODY[0].box),)
    detector = ScriptedDetector(lambda at: perhaps if at >= 5 else (), thresholds=Thresholds(open=0.3, keep=0.3))

    def another_model_looks(number: int, _watcher: Watcher) -> None:
        if number == 10:
            detector.thresholds = THRESHOLDS

    watch = watched(40, detector, lambda at: 0.5 if at >= 5 else 0.0, another_model_looks)
    assert len(detector.looked) > 20
    assert not any(isinstance(look.observation, Sighting) for look in watch.looks)


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


# -------------------------------------------------------------------------------- where, and how good the picture is

FAR = Box(0.7, 0.1, 0.75, 0.2)


def test_a_crop_is_a_smaller_picture_and_its_boxes_are_parts_of_the_whole() -> None:
    seen_at = 0.25
    detector = ScriptedDetector(lambda at: SOMEBODY if at == seen_at else ())
    watch = watched(2, detector, lambda _at: 0.5, rules=WatchRules(((PERSON, 0.01),)), regions=[FAR])
    (crop,) = watch.looks[1].found.crops
    (detection,) = watch.looks[1].found.detections
    assert detector.sizes[0] == (640, 480)
    assert detector.sizes[1][0] < 320
    assert crop.left < detection.box.left < detection.box.right < crop.right
    assert detection.box.height < 0.6 * crop.height + 0.01
    assert isinstance(watch.looks[1].observation, Sighting)
    assert watch.looks[1].observation.box == detection.box


def test_whom_a_crop_cuts_is_looked_at_in_the_whole_picture() -> None:
    """A statue whose upper half lies in every crop has not moved, and somebody's feet are not where a crop ends."""
    half, whole = Detection(PERSON, 0.9, Box(0.3, 0.4, 0.7, 1.0)), Detection(PERSON, 0.7, Box(0.7, 0.1, 0.75, 0.3))
    detector = ScriptedDetector(lambda _at: (half,) if detector.sizes[-1] != (640, 480) else (whole,))
    watch = watched(4, detector, lambda _at: 0.5, regions=[FAR])
    assert [look.found.detections for look in watch.looks] == [(whole,)] * 4
    assert len(detector.sizes) == 1 + 3 * 2


def test_crops_can_be_switched_off() -> None:
    detector = ScriptedDetector(lambda _at: ())
    watched(5, detector, lambda _at: 0.5, rules=WatchRules(regions=None), regions=[FAR])
    assert set(detector.sizes) == {(640, 480)}


def test_what_is_no_person_is_shown_only_where_it_counts() -> None:
    dog, far = Detection(Label.DOG, 0.9, Box(0.1, 0.7, 0.3, 0.9)), Detection(Label.DOG, 0.9, Box(0.7, 0.5, 0.8, 0.6))
    child = Detection(Label.PERSON, 0.9, Box(0.5, 0.5, 0.6, 0.6))
    detector = ScriptedDetector(lambda _at: (dog, far, child))
    rules = WatchRules((("dog", 0.15), ("person", 0.5)), regions=None)
    (look, *_) = watched(2, detector, lambda _at: 1.0, rules=rules).looks
    assert look.found.detections == (dog, child)


def test_the_sharper_of_two_pictures_is_worth_more() -> None:
    detector = ScriptedDetector(lambda _at: SOMEBODY)
    watch = watched(8, detector, lambda _at: 0.5, sharpness=lambda frame, _box: 500.0 if frame.at == 1.5 else 20.0)
    worth = {look.frame.at: look.found.worth for look in watch.looks}
    assert max(worth, key=lambda at: worth[at]) == 1.5
    assert all(value > 0.0 for value in worth.values())


def test_a_picture_of_nobody_is_worth_nothing() -> None:
    watch = watched(8, ScriptedDetector(lambda _at: ()), lambda _at: 0.5)
    assert {look.found.worth for look in watch.looks} == {0.0}


def test_who_stays_for_the_time_that_is_set_loiters() -> None:
    rules = WatchRules(loitering_after=2.0)
    watch = watched(12, ScriptedDetector(lambda _at: SOMEBODY), lambda _at: 0.5, rules=rules)
    sightings = [look.observation for look in watch.looks if isinstance(look.observation, Sighting)]
    assert [sighting.loitering for sighting in sightings] == [False] * 8 + [True] * 4


# ------------------------------------------------------------------------------------------------ switched off


def test_while_detection_is_off_nobody_looks_and_the_frames_still_come() -> None:
    scored: list[float] = []
    judged: list[float] = []

    def moves(at: float) -> float:
        scored.append(at)
        return 0.5

    async def picture(frame: Frame) -> None:
        judged.append(frame.at)

    detector = ScriptedDetector(lambda _at: SOMEBODY)
    watch = watched(12, detector, moves, wanted=lambda: False, picture=picture)
    assert detector.looked == scored == []
    assert [type(look.observation) for look in watch.looks] == [Tick] * 12
    assert {look.moving for look in watch.looks} == {None}
    assert [look.frame.at for look in watch.looks] == judged == [number / 4 for number in range(12)]
    assert watch.patient == [True] * 12
    assert watch.watcher.last_look_at is None
    assert not watch.watcher.is_on


def test_who_was_there_before_it_was_switched_off_is_nobody_known_afterwards() -> None:
    frames = [0]

    def meanwhile(number: int, _watcher: Watcher) -> None:
        frames[0] = number

    detector = ScriptedDetector(lambda _at: SOMEBODY)
    watch = watched(24, detector, lambda _at: 0.5, meanwhile, wanted=lambda: not 8 <= frames[0] < 16)
    assert [at for at in detector.looked if 2 <= at < 4] == []
    sightings = [look.observation for look in watch.looks if isinstance(look.observation, Sighting)]
    assert {sighting.first_at for sighting in sightings} == {NOON, NOON + seconds(4)}
    assert {look.moving for look in watch.looks if look.frame.at < 2 or look.frame.at >= 4} == {True}
