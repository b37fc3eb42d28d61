"""A camera, its visitors and a clock that is set meanwhile."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, timedelta
from functools import partial
from typing import Any

import pytest

from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.event import Event
from doorstep.core.event_tracker import EventTracker
from doorstep.core.gap import Gap
from doorstep.core.health_rules import MOST_SET_RIGHT, WITHIN_SECONDS
from doorstep.core.health_words import TITLES
from doorstep.core.settings import CameraSettings, DetectionSettings, EventSettings
from doorstep.pipeline.alerts import AlertDesk
from doorstep.pipeline.camera_pipeline import CameraParts, CameraPipeline
from doorstep.pipeline.drift_watch import DriftWatch
from doorstep.pipeline.health_alerts import HealthAlerts
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.stills import Stills
from doorstep.pipeline.watcher import Eyes, Watcher
from doorstep.ports import Frame
from fakes.footage import CAMERA, FORMAT, NOON, seconds
from fakes.instant_loop import InlineExecutor, LoopClock, run, turns, while_running
from fakes.late_house import LateHouse
from fakes.scripted_source import ScriptedSource
from fakes.taps import ListTap

EVENTS = EventSettings(pre_roll=2.0, close_after=3.0, post_roll=2.0)
HOUR = 3600.0


def _nothing() -> None:
    """What happens while nobody says otherwise."""


class Eye:
    """Motion scorer and detector in one; `meanwhile` happens while it looks."""

    name = "eye"
    thresholds = Thresholds(open=0.5, keep=0.3)

    def __init__(self) -> None:
        self.somebody = False
        self.meanwhile: Callable[[], None] = _nothing

    def score(self, frame: Frame) -> float:
        del frame
        return 1.0

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        del frame, least
        meanwhile, self.meanwhile = self.meanwhile, _nothing
        meanwhile()
        return (Detection(PERSON, 0.9, Box(0.4, 0.2, 0.6, 0.8)),) if self.somebody else ()


class Door:
    """One camera of a house whose clock is set late."""

    def __init__(self, clock: LoopClock) -> None:
        self.house = house = LateHouse(clock)
        self.source = ScriptedSource(clock)
        self.drift = DriftWatch(house.health, clock)
        self.eye = Eye()
        eyes = Eyes(lambda: self.eye, lambda: self.eye, InlineExecutor())
        outbox = Outbox(RecipientBook.of([]), house.rows, house.health, clock)
        parts = CameraParts(
            source=lambda: self.source,
            live=ListTap(),
            mailbox=FrameMailbox(4.0, asyncio.get_running_loop()),
            buffered=house.camera,
            watcher=Watcher(CAMERA, eyes, DetectionSettings(), (), EVENTS.close_after, house.health, clock),
            tracker=EventTracker(CAMERA, EVENTS),
            recorder=house.recorder,
            stills=Stills(house.store, house.rows, clock),
            alerts=AlertDesk("Door", outbox, UTC, lambda event: event.id),
            drifted=partial(self.drift.set_right, CAMERA, "Door"),
        )
        self.pipeline = CameraPipeline(
            CameraSettings(CAMERA, "Door", "demo://"), parts, house.rows, house.health, clock
        )
        house.watch.on_dated[1:] = [self.pipeline.redate]

    def gaps(self) -> list[Gap]:
        return list(self.house.catalog.gaps(CAMERA, NOON - timedelta(days=36_500), NOON + timedelta(days=36_500)))

    def events(self) -> list[Event]:
        return self.house.catalog._oldest_first()


def at_door(act: Callable[[Door], Coroutine[Any, Any, None]]) -> None:
    clock = LoopClock(NOON)

    async def main() -> None:
        door = Door(clock)

        async def acted() -> None:
            await turns(3)
            door.source.send(FORMAT)
            await door.source.film(21)
            await act(door)

        await while_running(door.pipeline.run, door.house.rows.run, act=acted)

    run(clock, main)


@pytest.mark.parametrize("by", [86_400.0 * 300, HOUR, 20.0, -20.0, -HOUR])
@pytest.mark.parametrize("while_looking", [True, False])
def test_a_clock_that_is_set_for_the_first_time_splits_no_event_and_makes_no_gap(
    by: float, while_looking: bool
) -> None:
    async def act(door: Door) -> None:
        door.eye.somebody = True
        if while_looking:
            door.eye.meanwhile = lambda: door.house.set_clock(by)
        await door.source.film(8, first=21)
        if not while_looking:
            door.house.set_clock(by)
        await door.source.film(12, first=29)
        gone_at = door.house.clock.now()
        door.eye.somebody = False
        await door.source.film(40, first=41)

        (event,) = door.events()
        assert door.gaps() == []
        assert event.guess is None
        assert event.ended_at is not None
        assert abs(event.started_at - (gone_at - seconds(5))) <= seconds(0.5)
        assert abs(event.ended_at - (gone_at + seconds(2))) <= seconds(0.5)
        assert event.recording is not None
        assert event.recording.seconds == pytest.approx(2 + 5 + 2, abs=1.0)
        assert all(abs(entry.at - event.started_at) <= seconds(1) for entry in event.ledger)

    at_door(act)


@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_a_step_of_a_clock_that_was_right_loses_nothing_of_a_visit(by: float) -> None:
    """It may be two events then; together they have all of it."""

    async def act(door: Door) -> None:
        door.house.is_set = True
        door.house.watch.look()
        door.eye.somebody = True
        await door.source.film(20, first=21)
        door.house.clock.set_wall(by)
        await door.source.film(20, first=41)
        door.eye.somebody = False
        await door.source.film(60, first=61)
        recorded = sum(event.recording.seconds for event in door.events() if event.recording)
        assert recorded >= 2 + 10 + 2 - 1.5
        assert recorded <= 2 * (2 + 10 + 2)
        assert all(event.ended_at is not None and not event.unfinished for event in door.events())

    at_door(act)


def test_a_camera_whose_times_jump_again_and_again_is_told_until_an_hour_was_quiet() -> None:
    told: list[str] = []

    async def act(door: Door) -> None:
        house = door.house
        alerts = HealthAlerts(house.health, lambda alert: told.append(alert.title), house.clock, "/", tuple)
        house.set_clock(HOUR)  # which is no fault of the camera
        for time in range(1, MOST_SET_RIGHT + 1):
            alerts.look()
            assert told == []
            await door.source.film(12, first=1000 * time)
        await turns()
        alerts.look()
        house.clock.advance(WITHIN_SECONDS)
        door.drift.look()
        alerts.look()

    at_door(act)
    assert told == [*TITLES["drift"]]
