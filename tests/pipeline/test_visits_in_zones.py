"""From boxes to events, with everything between: zones, sizes, visits, loitering, direction and the still's box."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any, TypeVar

import pytest

from doorstep.core.cause import Cause
from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.event import Event
from doorstep.core.event_tracker import EventTracker
from doorstep.core.recording_key import still_key
from doorstep.core.settings import CameraSettings, DetectionSettings, EventSettings
from doorstep.core.track import Direction
from doorstep.core.zone import Zone
from doorstep.pipeline.alerts import AlertDesk
from doorstep.pipeline.camera_pipeline import CameraParts, CameraPipeline
from doorstep.pipeline.cameras import Cameras
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.stills import Stills
from doorstep.pipeline.watcher import Eyes, Watcher, WatchRules
from doorstep.ports import EventQuery, Frame
from fakes.footage import CAMERA, FORMAT, NOON
from fakes.instant_loop import InlineExecutor, LoopClock, run, turns, while_running
from fakes.listening_notifier import ListeningNotifier
from fakes.recording_house import RecordingHouse
from fakes.scripted_source import ScriptedSource
from fakes.stand_in_frame import StandInFrame
from fakes.taps import ListTap

T = TypeVar("T")
ALL = frozenset(Cause) - {Cause.MOTION}
EVENTS = EventSettings(pre_roll=2.0, close_after=8.0, post_roll=2.0, alert_on=ALL)
RULES = WatchRules(regions=None)
PATH = Zone("path", ((0.0, 0.5), (0.6, 0.5), (0.6, 1.0), (0.0, 1.0)))
STREET = Zone("street", ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5)), exclude=True)
AT_THE_DOOR = Box(0.2, 0.3, 0.4, 0.9)
Walk = Callable[[int], Box | None]


class Moving:
    """Implements `ports.MotionScorer`: everything moves always, so that every frame is looked at."""

    def score(self, frame: Frame) -> float:
        del frame
        return 1.0


class Watchman:
    """Implements `ports.Detector`: sees who is where the test says, and remembers in which picture."""

    name = "watchman"
    thresholds = Thresholds(open=0.5, keep=0.3)

    def __init__(self) -> None:
        self.here: Box | None = None
        self.seen: dict[str, Box | None] = {}

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        del least
        assert isinstance(frame, StandInFrame)
        self.seen[frame.name] = self.here
        return () if self.here is None else (Detection(PERSON, 0.9, self.here),)


class Path:
    """One camera with everything behind it, over memory."""

    def __init__(self, clock: LoopClock, zones: tuple[Zone, ...], rules: WatchRules, events: EventSettings) -> None:
        self.house = RecordingHouse(clock)
        self.source = ScriptedSource(clock)
        self.watchman = Watchman()
        self.mail = ListeningNotifier()
        house = self.house
        self.outbox = Outbox(RecipientBook.of([self.mail]), house.rows, house.health, clock)
        eyes = Eyes(Moving, lambda: self.watchman, InlineExecutor())
        looks = DetectionSettings()
        parts = CameraParts(
            source=lambda: self.source,
            live=ListTap(),
            mailbox=FrameMailbox(4.0, asyncio.get_running_loop()),
            buffered=house.camera,
            watcher=Watcher(CAMERA, eyes, looks, zones, events.close_after, house.health, clock, rules),
            tracker=EventTracker(CAMERA, events),
            recorder=house.recorder,
            stills=Stills(house.store, house.rows, clock),
            alerts=AlertDesk("Path", self.outbox, UTC, lambda event: event.id),
        )
        settings = CameraSettings(CAMERA, "Path", "demo://", zones=zones)
        self.pipeline = CameraPipeline(settings, parts, house.rows, house.health, clock)
        self.cameras = Cameras([self.pipeline], clock, house.health)
        self.filmed = 0

    async def film(self, pictures: int, walk: Walk) -> None:
        """Four pictures a second, and in each whoever is there."""
        for number in range(pictures):
            self.watchman.here = walk(number)
            await self.source.film(1, first=self.filmed)
            self.filmed += 1

    def events(self, cause: Cause | None = None) -> list[Event]:
        """What a search finds, oldest first."""
        found, _ = self.house.catalog.events(EventQuery(cause=cause))
        return list(found)[::-1]

    @property
    def told(self) -> list[str]:
        return [alert.title for alert in self.mail.accepted]


def on_path(
    act: Callable[[Path], Coroutine[Any, Any, T]],
    zones: tuple[Zone, ...] = (),
    rules: WatchRules = RULES,
    events: EventSettings = EVENTS,
) -> T:
    clock = LoopClock(NOON)

    async def main() -> T:
        path = Path(clock, zones, rules, events)

        async def begun() -> T:
            await turns(3)
            path.source.send(FORMAT)
            await path.film(12, nobody)
            return await act(path)

        return await while_running(path.cameras.run, path.outbox.run, path.house.rows.run, act=begun)

    return run(clock, main)


def nobody(_number: int) -> None:
    return None


def standing_at(box: Box) -> Walk:
    return lambda _number: box


def walks_through(number: int) -> Box | None:
    """From the left edge out of the right one, in four seconds."""
    left = -0.2 + number * 0.075
    inside = Box(max(0.0, left), 0.3, min(1.0, max(0.0, left + 0.2)), 0.9)
    return inside if inside.right - inside.left > 0.03 else None


def comes_up(number: int) -> Box:
    size = min(0.2 + number * 0.02, 0.6)
    return Box(0.3 - size / 6, 0.9 - size, 0.3 + size / 6, 0.9)


def goes_away(number: int) -> Box:
    size = max(0.6 - number * 0.02, 0.2)
    return Box(0.3 - size / 6, 0.9 - size, 0.3 + size / 6, 0.9)


@pytest.mark.parametrize(
    "zones",
    [(PATH,), (STREET,), (PATH, STREET)],
    ids=["outside of the zone", "in the one that is left out", "in either"],
)
def test_feet_where_nobody_counts_open_nothing(zones: tuple[Zone, ...]) -> None:
    async def act(path: Path) -> None:
        await path.film(20, standing_at(Box(0.7, 0.1, 0.8, 0.45)))
        await path.film(40, nobody)
        assert path.events() == []
        assert path.told == []
        # The same person comes nearer.
        await path.film(8, standing_at(AT_THE_DOOR))
        await path.film(48, nobody)
        (event,) = path.events()
        assert event.zone == ("path" if PATH in zones else "")

    on_path(act, zones)


def test_where_a_zone_leaves_out_what_others_take_in_nobody_counts() -> None:
    everywhere = replace(PATH, name="all", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))

    async def act(path: Path) -> None:
        await path.film(20, standing_at(Box(0.2, 0.1, 0.4, 0.45)))
        assert path.events() == []

    on_path(act, (everywhere, STREET))


@pytest.mark.parametrize("in_zone", [False, True])
def test_who_is_too_small_opens_nothing(in_zone: bool) -> None:
    heights = ((PERSON.value, 0.3),)
    zones = (replace(PATH, least_heights=heights),) if in_zone else ()
    rules = WatchRules(() if in_zone else heights, regions=None)

    async def act(path: Path) -> None:
        await path.film(20, standing_at(Box(0.2, 0.61, 0.3, 0.9)))
        assert path.events() == []
        await path.film(8, standing_at(Box(0.2, 0.59, 0.3, 0.9)))
        assert len(path.events()) == 1

    on_path(act, zones, rules)


def test_two_visitors_one_after_the_other_are_two_events() -> None:
    """The second comes before the first event would have ended for want of anybody."""

    async def act(path: Path) -> None:
        await path.film(17, walks_through)
        await path.film(14, nobody)
        await path.film(17, walks_through)
        await path.film(48, nobody)
        first, second = path.events()
        assert first.ended_at is not None
        assert first.ended_at <= second.started_at
        assert (second.started_at - first.last_seen_at).total_seconds() < EVENTS.close_after
        assert first.recording is not None
        assert second.recording is not None

    on_path(act)


def test_who_stands_still_stays_one_event() -> None:
    async def act(path: Path) -> None:
        await path.film(400, standing_at(AT_THE_DOOR))
        await path.film(48, nobody)
        (event,) = path.events()
        assert (event.last_seen_at - event.started_at).total_seconds() == pytest.approx(99.75, abs=0.5)
        assert path.told == ["Person at Path"]

    on_path(act)


def test_who_never_moves_is_a_thing_after_a_while_and_the_event_ends() -> None:
    rules = WatchRules(stationary_after=40.0, regions=None)

    async def act(path: Path) -> None:
        await path.film(400, standing_at(AT_THE_DOOR))
        (event,) = path.events()
        assert event.ended_at is not None
        assert (event.last_seen_at - event.started_at).total_seconds() == pytest.approx(40, abs=1)

    on_path(act, rules=rules)


def test_loitering_is_told_once_and_found_by_its_cause() -> None:
    rules = WatchRules(loitering_after=20.0, regions=None)

    async def act(path: Path) -> None:
        await path.film(160, standing_at(AT_THE_DOOR))
        await path.film(48, nobody)
        (event,) = path.events(Cause.LOITERING)
        assert event.causes == (Cause.PERSON, Cause.LOITERING)
        assert path.told == ["Person at Path", "Somebody is lingering at Path"]
        assert path.mail.accepted[1].text.startswith("Seen at 12:00:2")
        await path.film(40, standing_at(AT_THE_DOOR))
        await path.film(48, nobody)
        assert [one.causes for one in path.events()] == [(Cause.PERSON, Cause.LOITERING), (Cause.PERSON,)]
        assert path.events(Cause.LOITERING) == [event]

    on_path(act, rules=rules)


def test_loitering_that_nobody_wants_to_hear_of_is_known_and_not_told() -> None:
    rules = WatchRules(loitering_after=20.0, regions=None)

    async def act(path: Path) -> None:
        await path.film(160, standing_at(AT_THE_DOOR))
        assert len(path.events(Cause.LOITERING)) == 1
        assert path.told == ["Person at Path"]

    on_path(act, rules=rules, events=replace(EVENTS, alert_on=frozenset({Cause.PERSON})))


def comes_and_goes(number: int) -> Box:
    return comes_up(number) if number < 40 else goes_away(number - 40)


@pytest.mark.parametrize(
    ("walk", "direction"),
    [(comes_up, Direction.ARRIVING), (goes_away, Direction.LEAVING), (comes_and_goes, Direction.ARRIVING)],
)
def test_an_event_says_where_to_its_visitor_went(walk: Walk, direction: Direction) -> None:
    async def act(path: Path) -> None:
        await path.film(60 if walk is comes_and_goes else 20, walk)
        await path.film(48, nobody)
        (event,) = path.events()
        assert event.direction is direction

    on_path(act)


@pytest.mark.parametrize("walk", [comes_up, goes_away, walks_through])
def test_the_box_of_an_event_is_that_of_the_person_in_its_still(walk: Walk) -> None:
    async def act(path: Path) -> None:
        await path.film(17, walk)
        await path.film(48, nobody)
        (event,) = path.events()
        assert event.recording is not None
        name = path.house.store.read(still_key(event.recording.key), 0, 100).decode().split()[0]
        assert event.box is not None
        assert event.box == path.watchman.seen[name]
        assert path.house.catalog.unfinished_events() == []

    on_path(act)
