"""Visitors who walk and stand, through a detector that misses and trembles: from boxes to events, by rules alone."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from doorstep.core.camera import CameraId
from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.event import CloseEvent, Event
from doorstep.core.event_tracker import EventTracker
from doorstep.core.observation import Tick
from doorstep.core.relevance import Relevance
from doorstep.core.settings import EventSettings
from doorstep.core.tracking import Presence, TrackSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = EventSettings()
WIDTH, HEIGHT, FEET = 0.2, 0.5, 0.95
LOOKS_PER_SECOND = 4
Visitor = Callable[[float], Box | None]


def walk(start: float, end: float, begins: float, ends: float) -> Visitor:
    """His middle goes from `start` to `end`, in parts of the picture's width; beyond its edges he is not seen."""

    def at(seconds: float) -> Box | None:
        if not begins <= seconds < ends:
            return None
        middle = start + (end - start) * (seconds - begins) / (ends - begins)
        left, right = max(0.0, middle - WIDTH / 2), min(1.0, middle + WIDTH / 2)
        return Box(left, FEET - HEIGHT, right, FEET) if right - left > 0.02 else None

    return at


def comes_stands_and_goes(stands: float) -> list[Visitor]:
    return [walk(-0.1, 0.5, 2, 5), walk(0.5, 0.5, 5, 5 + stands), walk(0.5, -0.1, 5 + stands, 8 + stands)]


def seen(box: Box, chance: Random, trembling: float) -> Detection:
    left, top, right, bottom = (
        min(max(side + chance.gauss(0, trembling), 0.0), 1.0) for side in (box.left, box.top, box.right, box.bottom)
    )
    box = Box(min(left, right), min(top, bottom), max(left, right), max(top, bottom))
    return Detection(PERSON, min(max(chance.gauss(0.6, 0.15), 0.0), 1.0), box)


def events(visitors: Sequence[Visitor], lasts: float, seed: int, missed: float = 0.15) -> list[Event]:
    """Of so many seconds; `missed` is the part of looks in which the detector does not see who is there."""
    chance = Random(seed)
    presence = Presence(Thresholds(0.35, 0.22), Relevance(), TrackSettings(SETTINGS.close_after))
    tracker = EventTracker(CameraId("door"), SETTINGS)
    closed: list[Event] = []
    for number in range(int(lasts * LOOKS_PER_SECOND)):
        seconds = (number + chance.random() / 4) / LOOKS_PER_SECOND
        at = NOON + timedelta(seconds=seconds)
        boxes = [box for visitor in visitors if (box := visitor(seconds)) is not None and chance.random() >= missed]
        sighting = presence.observe(at, [seen(box, chance, 0.01) for box in boxes])
        decisions = tracker.observe(sighting or Tick(at))
        closed += [decision.event for decision in decisions if isinstance(decision, CloseEvent)]
    return closed


@pytest.mark.parametrize("seed", range(10))
def test_who_walks_by_is_one_event(seed: int) -> None:
    assert len(events([walk(-0.1, 1.1, 2, 7)], 25, seed)) == 1


@pytest.mark.parametrize("seed", range(10))
def test_two_who_cross_are_one_visit(seed: int) -> None:
    assert len(events([walk(-0.1, 1.1, 2, 7), walk(1.1, -0.1, 2.5, 7.5)], 25, seed)) == 1


@pytest.mark.parametrize("seed", range(10))
def test_who_comes_when_the_first_has_left_is_another_visit(seed: int) -> None:
    first, second = events([walk(-0.1, 1.1, 2, 7), walk(-0.1, 1.1, 9.5, 14)], 35, seed)
    assert first.ended_at is not None
    assert first.ended_at <= second.started_at


@pytest.mark.parametrize("seed", range(4))
def test_who_stands_for_minutes_and_is_often_missed_is_one_event(seed: int) -> None:
    (event,) = events(comes_stands_and_goes(200.0), 235, seed, missed=0.6)
    assert (event.last_seen_at - event.started_at).total_seconds() >= 200.0


@pytest.mark.parametrize("seed", range(2))
def test_who_does_not_move_for_twenty_minutes_is_told_when_he_came_and_when_he_goes(seed: int) -> None:
    visit = events(comes_stands_and_goes(1200.0), 1235, seed)
    assert len(visit) <= 4
    assert visit[0].started_at < NOON + timedelta(seconds=5)
    assert visit[-1].last_seen_at > NOON + timedelta(seconds=1205)
