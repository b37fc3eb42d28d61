"""What onlookers hear of a camera: each change once, a press also within an event, and nothing of a test."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.cause import Cause
from doorstep.core.clock_state import Dating
from doorstep.core.event import Event, EventId
from doorstep.core.event_tracker import EventTracker
from doorstep.core.notice import EventNotice, MotionNotice, Notice, PressNotice
from doorstep.core.observation import Interrupted, Moved, Observation, Pressed, Tick, Triggered
from doorstep.core.settings import EventSettings
from doorstep.pipeline.alerts import AlertDesk
from doorstep.pipeline.event_desk import EventDesk
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.stills import Stills
from doorstep.pipeline.watcher import Look
from fakes.footage import CAMERA, NOON, seconds
from fakes.instant_loop import LoopClock, run
from fakes.recording_house import RecordingHouse
from fakes.stand_in_frame import StandInFrame

EVENTS = EventSettings(pre_roll=2.0, close_after=10.0, post_roll=2.0)


class Beside:
    """An `Aside` that remembers what it was told of events."""

    def __init__(self) -> None:
        self.told: list[tuple[str, EventId, datetime]] = []

    def begin(self, event: Event, record_from: datetime, until: datetime) -> None:
        self.told.append((f"begin at {record_from:%T}", event.id, until))

    def extend(self, event_id: EventId, until: datetime) -> None:
        self.told.append(("extend", event_id, until))

    def finish(self, event_id: EventId, until: datetime) -> None:
        self.told.append(("finish", event_id, until))

    def redate(self, dating: Dating) -> None:
        raise NotImplementedError

    def segment_added(self) -> None:
        raise NotImplementedError


class Desk:
    """A camera's desk, and an onlooker."""

    def __init__(self, clock: LoopClock, settings: EventSettings, *, is_test: bool = False) -> None:
        house = RecordingHouse(clock)
        alerts = AlertDesk("Porch", Outbox(RecipientBook(), house.rows, house.health, clock), UTC, lambda _event: "")
        stills = Stills(house.store, house.rows, clock)
        self.heard: list[Notice] = []
        self.beside = Beside()
        self.tracker = EventTracker(CAMERA, settings, is_test=is_test)
        self.desk = EventDesk(
            self.tracker,
            house.recorder,
            stills,
            alerts,
            house.rows,
            clock,
            notice=self.heard.append,
            aside=self.beside,
        )

    def observe(self, observation: Observation) -> None:
        self.desk.observe(observation, None, None)

    def look(self, at: datetime, *, moving: bool | None) -> None:
        observation = Moved(at, 0.5, no_detector=True) if moving else Tick(at)
        self.desk.observe(observation, Look(StandInFrame(), at, observation, at, moving=moving), StandInFrame())

    def events(self) -> list[EventNotice]:
        return [notice for notice in self.heard if isinstance(notice, EventNotice)]

    def motion(self) -> list[bool | None]:
        return [notice.moving for notice in self.heard if isinstance(notice, MotionNotice)]


def at_desk(act: Callable[[Desk], None], *, is_test: bool = False, **settings: Any) -> None:
    clock = LoopClock(NOON)

    async def main() -> None:
        act(Desk(clock, replace(EVENTS, **settings), is_test=is_test))

    run(clock, main)


def test_an_event_is_heard_of_when_it_opens_when_it_changes_and_when_it_is_over() -> None:
    def act(desk: Desk) -> None:
        desk.observe(Triggered(NOON))
        desk.observe(Pressed(NOON + seconds(2)))
        desk.observe(Tick(NOON + seconds(60)))
        opened, changed, closed = (notice.event for notice in desk.events())
        assert opened.id == changed.id == closed.id
        assert (opened.causes, changed.causes) == ((Cause.TRIGGER,), (Cause.TRIGGER, Cause.PRESS))
        assert opened.ended_at is changed.ended_at is None
        assert closed.ended_at is not None

    at_desk(act)


def test_an_event_that_is_interrupted_is_over_for_onlookers_too() -> None:
    def act(desk: Desk) -> None:
        desk.observe(Triggered(NOON))
        desk.observe(Interrupted(NOON + seconds(1)))
        assert [notice.event.ended_at is None for notice in desk.events()] == [True, False]

    at_desk(act)


def test_each_press_is_heard_also_within_an_event() -> None:
    def act(desk: Desk) -> None:
        for number in range(3):
            desk.observe(Pressed(NOON + seconds(number)))
        presses = [notice for notice in desk.heard if isinstance(notice, PressNotice)]
        assert presses == [PressNotice(CAMERA, NOON + seconds(number)) for number in range(3)]
        assert len({notice.event.id for notice in desk.events()}) == 1

    at_desk(act)


def test_what_moves_is_heard_once_each_time_it_changes_and_when_nobody_looks_any_more() -> None:
    def act(desk: Desk) -> None:
        for number, moving in enumerate((False, False, True, True, False, None, None, True)):
            desk.look(NOON + seconds(number / 4), moving=moving)
        desk.observe(Tick(NOON + seconds(3)))  # no look: nothing is known anew
        assert desk.motion() == [False, True, False, None, True]

    at_desk(act)


@given(st.lists(st.sampled_from([True, False, None, "press", "trigger"]), max_size=40))
def test_onlookers_hear_nothing_of_a_test_and_its_event_opens_all_the_same(steps: list[bool | str | None]) -> None:
    def act(desk: Desk) -> None:
        for number, step in enumerate(steps):
            at = NOON + seconds(number / 4)
            match step:
                case "press":
                    desk.observe(Pressed(at))
                case "trigger":
                    desk.observe(Triggered(at))
                case bool() | None as moving:
                    desk.look(at, moving=moving)
        assert desk.heard == []
        assert (desk.tracker.running is not None) is any(step in ("press", "trigger") or step is True for step in steps)

    at_desk(act, is_test=True)


def test_who_goes_beside_the_recorder_is_told_what_it_is_told() -> None:
    def act(desk: Desk) -> None:
        desk.observe(Triggered(NOON))
        desk.observe(Pressed(NOON + seconds(5)))
        desk.observe(Tick(NOON + seconds(20)))
        (event,) = {told[1] for told in desk.beside.told}
        assert desk.beside.told == [
            ("begin at 11:59:58", event, NOON),
            ("extend", event, NOON + seconds(2)),
            ("extend", event, NOON + seconds(7)),
            ("finish", event, NOON + seconds(7)),
        ]

    at_desk(act)


def test_who_goes_beside_the_recorder_is_told_nothing_of_an_event_that_is_not_recorded() -> None:
    def act(desk: Desk) -> None:
        desk.observe(Pressed(NOON))
        desk.observe(Tick(NOON + seconds(20)))
        assert [told[0] for told in desk.beside.told if told[0] != "finish"] == []

    at_desk(act, record_on=frozenset())
