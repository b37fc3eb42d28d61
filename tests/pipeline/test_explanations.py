"""Why events opened: collected look by look, written seldom, and never left behind by their events."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, TypeVar

from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.delivery import Delivery
from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Event, EventId, Moved, Observation, Pressed, Sighting, Tick
from doorstep.core.explanation import LEAD, MOST_LOOKS, Explanation, KeptLook, SeeingModel, Verdict
from doorstep.core.region import WHOLE
from doorstep.core.remote_use import DetectionPlace
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.explanations import MOST_WAITING, Explanations
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.watcher import Found, Look
from doorstep.ports import Detector, Frame
from fakes.footage import CAMERA, NOON, seconds
from fakes.instant_loop import LoopClock, run, while_running
from fakes.recording_house import EVENT
from fakes.stand_in_frame import StandInFrame

T = TypeVar("T")
PLACE = Box(0.4, 0.2, 0.6, 0.9)
PART = Box(0.25, 0.0, 1.0, 1.0)
THRESHOLDS = Thresholds(0.35, 0.22)


class BareDetector:
    """Implements `ports.Detector`; knows no file."""

    name = "a model at a friend's"
    thresholds = THRESHOLDS

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        del frame, least
        return ()


class NamedDetector(BareDetector):
    """Implements `ports.FileDetector` too."""

    name = "yolox-nano"
    sha256 = "c7" * 32
    input = "416x416"


class CountingCatalog(MemoryCatalog):
    """Counts how often an explanation is written, and fails where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[Explanation] = []
        self.fails = False
        self.fails_at_events = False
        self.refused: Callable[[], None] = lambda: None

    def save_event(self, event: Event, deliveries: Sequence[Delivery] = ()) -> None:
        if self.fails_at_events:
            msg = "The disk is full."
            raise CatalogUnavailable(msg)
        super().save_event(event, deliveries)

    def save_explanation(self, explanation: Explanation) -> bool:
        if self.fails:
            msg = "The disk is full."
            raise CatalogUnavailable(msg)
        saved = super().save_explanation(explanation)
        if saved:
            self.written.append(explanation)
        else:
            self.refused()
        return saved


class Door:
    """A camera whose events are explained; `running` is what the rules say."""

    def __init__(self, clock: LoopClock) -> None:
        self.clock = clock
        self.catalog = CountingCatalog()
        self.detector: Detector | None = NamedDetector()
        health = HealthBoard(clock)
        self.rows = EventRows(self.catalog, health, clock)
        self.explanations = Explanations(self.catalog, self.rows, health, clock, lambda: self.detector)
        self.running: Event | None = None

    def open(self, event_id: EventId = EVENT, cause: Cause = Cause.PERSON, began: float = 0.0) -> None:
        started_at = self.clock.now() - seconds(began)
        self.running = Event(event_id, CAMERA, started_at, self.clock.now(), causes=(cause,))
        self.rows.decided(self.running)

    def close(self) -> None:
        assert self.running is not None
        self.rows.decided(replace(self.running, ended_at=self.clock.now()))
        self.running = None
        self.observe(Tick(self.clock.now()))

    def observe(
        self, observation: Observation, found: Found | None = None, camera: CameraId = CAMERA, motion: float = 0.0
    ) -> None:
        if isinstance(observation, Moved):
            motion = observation.score
        look = None
        if found is not None:
            assert isinstance(observation, Sighting | Moved | Tick)
            look = Look(StandInFrame(), observation.at, observation, observation.at, found, motion)
        self.explanations.observed(camera, self.running, observation, look)

    def see(self, score: float, crops: tuple[Box, ...] = (WHOLE,), motion: float = 0.0) -> None:
        """A look that finds somebody, in a picture of which so much moves."""
        at = self.clock.now()
        found = Found((Detection(PERSON, score, PLACE),), crops, where=DetectionPlace.LOCAL)
        self.observe(Sighting(at, at, score, PLACE), found, motion=motion)

    def look_in_vain(self, score: float = 0.0) -> None:
        at = self.clock.now()
        self.observe(Tick(at), Found((Detection(PERSON, score, PLACE),) if score else (), (WHOLE,)))

    def pass_by(self, motion: float) -> None:
        """A frame that moved and at which nobody looked."""
        self.observe(Moved(self.clock.now(), motion), Found())

    @property
    def told(self) -> Explanation:
        """What the catalog says."""
        found = self.catalog.explanation(EVENT)
        assert found is not None
        return found


def at_door(act: Callable[[Door], Coroutine[Any, Any, T]]) -> T:
    clock = LoopClock(NOON)

    async def main() -> T:
        door = Door(clock)
        return await while_running(door.explanations.run, door.rows.run, act=lambda: act(door))

    return run(clock, main)


def test_an_event_tells_why_it_opened_a_moment_later() -> None:
    async def act(door: Door) -> None:
        door.pass_by(0.012)
        door.look_in_vain(0.3)
        await door.clock.sleep(0.25)
        door.look_in_vain(0.41)  # the first hit
        await door.clock.sleep(0.25)
        door.look_in_vain()
        await door.clock.sleep(0.25)
        door.open(began=0.5)
        door.see(0.52, (PART,))
        await door.clock.sleep(1)
        told = door.told
        assert (told.opened_by, told.motion, told.verdict) == (Cause.PERSON, 0.012, None)
        assert told.model == SeeingModel("yolox-nano", "c7" * 32, "416x416", THRESHOLDS)
        somebody = Detection(PERSON, 0.41, PLACE)
        assert told.looks == (
            KeptLook(0.0, 0.41, boxes=(somebody,)),
            KeptLook(0.25, 0.0),
            KeptLook(0.5, 0.52, boxes=(replace(somebody, score=0.52),), crops=(PART,)),
        )

    at_door(act)


def test_looks_go_on_while_it_runs_and_end_with_it() -> None:
    async def act(door: Door) -> None:
        door.open()
        for number in range(400):
            door.see(0.9 if number == 217 else 0.5)
            await door.clock.sleep(0.25)
        door.close()
        await door.clock.sleep(1)
        told = door.told
        assert len(told.looks) == MOST_LOOKS
        assert [look.after for look in told.looks[:LEAD]] == [0.25 * number for number in range(LEAD)]
        assert max(told.looks, key=lambda look: look.score).after == 217 * 0.25
        assert told.looks[-1].after == 399 * 0.25
        door.see(0.9)
        await door.clock.sleep(60)
        assert door.told == told

    at_door(act)


def test_the_disk_is_written_seldom_and_ever_more_so() -> None:
    async def act(door: Door) -> None:
        door.open()
        for _ in range(4 * 300):
            door.see(0.5)
            await door.clock.sleep(0.25)
        ages = [explanation.looks[-1].after for explanation in door.catalog.written]
        assert ages[0] < 1.0
        assert all(later - earlier >= 5.0 for earlier, later in pairwise(ages))
        assert len(ages) <= 14
        assert ages[-1] > 100.0
        door.close()
        await door.clock.sleep(2)
        assert door.told.looks[-1].after > 299.0

    at_door(act)


def test_an_event_that_nobody_looked_at_is_explained_as_well() -> None:
    async def act(door: Door) -> None:
        door.detector = None
        door.open(cause=Cause.PRESS)
        door.observe(Pressed(door.clock.now()))
        await door.clock.sleep(1)
        assert door.told == Explanation(EVENT, Cause.PRESS)
        door.detector = BareDetector()  # it is loaded only now
        door.see(0.7)
        door.close()
        await door.clock.sleep(1)
        assert door.told.model == SeeingModel("a model at a friend's", None, "", THRESHOLDS)
        assert len(door.told.looks) == 1

    at_door(act)


def test_a_detector_that_fails_midway_leaves_a_hole_and_no_more() -> None:
    async def act(door: Door) -> None:
        door.open()
        door.see(0.7)
        await door.clock.sleep(1)
        door.detector = None
        for _ in range(8):
            door.observe(Moved(door.clock.now(), 0.2, no_detector=True), Found())
            await door.clock.sleep(0.25)
        door.detector = NamedDetector()
        door.see(0.8)
        door.close()
        await door.clock.sleep(1)
        assert [(look.after, look.score) for look in door.told.looks] == [(0.0, 0.7), (3.0, 0.8)]
        assert door.told.model == SeeingModel("yolox-nano", "c7" * 32, "416x416", THRESHOLDS)
        assert door.told.motion is None  # what moved later did not open it

    at_door(act)


def test_motion_of_long_ago_explains_nothing() -> None:
    async def act(door: Door) -> None:
        door.pass_by(0.5)
        await door.clock.sleep(6)
        door.open()
        door.see(0.7)
        await door.clock.sleep(1)
        assert door.told.motion is None

    at_door(act)


def test_who_is_made_out_at_the_first_look_moved_as_well() -> None:
    async def act(door: Door) -> None:
        door.open()
        door.see(0.9, motion=0.034)
        await door.clock.sleep(1)
        door.see(0.9)  # he stands still: that is not why it opened
        door.see(0.9, motion=0.2)
        door.close()
        await door.clock.sleep(1)
        assert door.told.motion == 0.034

    at_door(act)


def test_motion_alone_says_how_much() -> None:
    async def act(door: Door) -> None:
        door.open(cause=Cause.MOTION)
        door.observe(Moved(door.clock.now(), 0.2, no_detector=True), Found())
        await door.clock.sleep(1)
        assert (door.told.opened_by, door.told.motion, door.told.looks) == (Cause.MOTION, 0.2, ())

    at_door(act)


def test_another_visit_is_another_explanation() -> None:
    async def act(door: Door) -> None:
        door.open()
        door.see(0.7)
        await door.clock.sleep(8)
        door.open(EventId("front-door-2"))  # of one observation: that one closed, this one opened
        door.see(0.6)
        await door.clock.sleep(1)
        second = door.catalog.explanation(EventId("front-door-2"))
        assert second is not None
        assert ([look.score for look in door.told.looks], [look.score for look in second.looks]) == ([0.7], [0.6])

    at_door(act)


def test_two_cameras_do_not_explain_each_other() -> None:
    async def act(door: Door) -> None:
        door.open()
        door.see(0.7)
        front, door.running = door.running, None
        door.observe(Tick(door.clock.now()), Found((), (WHOLE,)), CameraId("garden"))
        door.running = front
        door.see(0.8)
        door.close()
        await door.clock.sleep(1)
        assert [look.score for look in door.told.looks] == [0.7, 0.8]

    at_door(act)


def test_looks_keep_their_place_when_the_clock_is_set_meanwhile() -> None:
    async def act(door: Door) -> None:
        door.open()
        door.see(0.7)
        await door.clock.sleep(1)
        assert door.running is not None
        door.clock.set_wall(timedelta(days=400).total_seconds())
        door.running = replace(door.running, started_at=door.running.started_at + timedelta(days=400))
        door.see(0.8)
        door.close()
        await door.clock.sleep(1)
        assert [look.after for look in door.told.looks] == [0.0, 1.0]

    at_door(act)


def test_it_is_tried_again_while_the_catalog_fails() -> None:
    async def act(door: Door) -> None:
        door.catalog.fails = True
        door.open()
        door.see(0.7)
        await door.clock.sleep(30)
        door.close()
        await door.clock.sleep(300)
        door.catalog.fails = False
        await door.clock.sleep(10)
        assert [look.score for look in door.told.looks] == [0.7]

    at_door(act)


def test_it_waits_for_the_row_of_its_event() -> None:
    async def act(door: Door) -> None:
        door.catalog.fails_at_events = True
        door.open()
        door.see(0.7)
        door.close()
        await door.clock.sleep(300)
        assert door.catalog.written == []
        door.catalog.fails_at_events = False
        await door.clock.sleep(10)
        assert len(door.catalog.written) == 1

    at_door(act)


def test_a_row_that_comes_while_it_is_looked_for_is_not_taken_for_one_that_went() -> None:
    async def act(door: Door) -> None:
        door.catalog.fails_at_events = True
        door.open(cause=Cause.PRESS)
        assert door.running is not None
        event = door.running

        def comes() -> None:
            door.catalog.fails_at_events = False
            door.catalog.save_event(event)
            door.rows.adopt(event)

        door.catalog.refused = comes
        door.observe(Pressed(door.clock.now()))
        door.close()
        await door.clock.sleep(5)
        assert door.told == Explanation(EVENT, Cause.PRESS, model=door.told.model)

    at_door(act)


def test_of_an_event_that_was_deleted_nothing_is_kept() -> None:
    async def act(door: Door) -> None:
        door.open()
        door.see(0.7)
        await door.clock.sleep(1)
        door.see(0.8)
        door.catalog.forget_event(EVENT)
        door.close()
        await door.clock.sleep(5)
        assert door.catalog.explanation(EVENT) is None
        door.catalog.save_event(Event(EVENT, CAMERA, NOON, NOON))  # were anything still waiting, it would be written
        await door.clock.sleep(60)
        assert door.catalog.explanation(EVENT) is None

    at_door(act)


def test_what_was_said_about_it_is_not_overwritten() -> None:
    async def act(door: Door) -> None:
        door.open()
        door.see(0.7)
        await door.clock.sleep(1)
        door.catalog.judge(EVENT, Verdict.NOT_A_PERSON)
        door.see(0.8)
        door.close()
        await door.clock.sleep(1)
        assert (door.told.verdict, len(door.told.looks)) == (Verdict.NOT_A_PERSON, 2)

    at_door(act)


def test_a_stop_writes_what_is_new() -> None:
    async def act(door: Door) -> None:
        door.open()
        door.see(0.7)
        await door.clock.sleep(1)
        door.see(0.8)
        await door.rows.write_all()
        assert await door.explanations.write_due(everything=True)
        assert len(door.told.looks) == 2

    at_door(act)


def test_no_more_than_so_many_wait_for_a_full_disk() -> None:
    async def act(door: Door) -> None:
        door.catalog.fails = True
        for number in range(MOST_WAITING + 3):
            door.open(EventId(f"front-door-{number}"))
            door.see(0.7)
            door.close()
        door.catalog.fails = False
        await door.clock.sleep(20)
        assert len({explanation.event for explanation in door.catalog.written}) == MOST_WAITING
        assert door.catalog.explanation(EventId(f"front-door-{MOST_WAITING + 2}")) is not None

    at_door(act)
