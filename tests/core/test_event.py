"""When an event opens, goes on and closes; what of it is recorded and told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.detection import Box
from doorstep.core.event import (
    CloseEvent,
    Decision,
    Event,
    ExtendEvent,
    Interrupted,
    Moved,
    Observation,
    OpenEvent,
    Pressed,
    RaiseAlert,
    RecordUntil,
    Tick,
    Triggered,
)
from doorstep.core.event_tracker import EventTracker
from doorstep.core.settings import EventSettings
from doorstep.core.track import Direction
from doorstep.core.tracking import Sighting

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DOOR = CameraId("front-door")
D = TypeVar("D")
PERSON, PRESS, TRIGGER, MOTION = Cause.PERSON, Cause.PRESS, Cause.TRIGGER, Cause.MOTION


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seen(at: float, first_at: float | None = None, score: float = 0.8) -> Sighting:
    return Sighting(after(at), after(at if first_at is None else first_at), score, Box(0.4, 0.2, 0.6, 0.8))


def tracker(settings: EventSettings | None = None) -> EventTracker:
    return EventTracker(DOOR, settings or EventSettings())


def feed(rules: EventTracker, *observations: Observation) -> list[Decision]:
    return [decision for observation in observations for decision in rules.observe(observation)]


def only(kind: type[D], decisions: list[Decision]) -> list[D]:
    return [decision for decision in decisions if isinstance(decision, kind)]


def running(rules: EventTracker) -> Event:
    event = rules.running
    assert event is not None
    return event


# --------------------------------------------------------------------------------------------------------- opening


def test_who_presses_again_after_a_while_is_heard_again() -> None:
    rules = tracker()
    decisions = feed(rules, Pressed(NOON), Pressed(after(1.0)), Pressed(after(9.9)), Pressed(after(10.0)), seen(12.0))
    assert [(alert.cause, alert.at) for alert in only(RaiseAlert, decisions)] == [
        (PRESS, NOON),
        (PRESS, after(10.0)),
        (PERSON, after(12.0)),
    ]


def test_sighting_opens_an_event_at_its_first_hit_with_the_pre_roll_before_it() -> None:
    rules = tracker()
    opened, record, alert = rules.observe(seen(10.0, first_at=9.25))
    event = running(rules)
    assert opened == OpenEvent(event, after(4.25))
    assert record == RecordUntil(event.id, after(15.0))
    assert alert == RaiseAlert(event, PERSON, after(10.0))
    assert (event.camera, event.started_at, event.last_seen_at) == (DOOR, after(9.25), after(10.0))
    assert (event.causes, event.score, event.ended_at) == ((PERSON,), 0.8, None)


@pytest.mark.parametrize(("observation", "cause"), [(Pressed(NOON, "bell"), PRESS), (Triggered(NOON), TRIGGER)])
def test_press_and_trigger_open_events_too(observation: Observation, cause: Cause) -> None:
    rules = tracker()
    decisions = feed(rules, observation)
    assert running(rules).causes == (cause,)
    assert running(rules).score is None
    assert [decision.cause for decision in only(RaiseAlert, decisions)] == [cause]


def test_id_tells_camera_and_start_to_the_millisecond() -> None:
    rules = tracker()
    rules.observe(seen(3.0456789))
    assert running(rules).id == "front-door-20260301T120003045"


def test_two_events_of_one_millisecond_have_two_ids() -> None:
    rules = tracker()
    opened = only(
        OpenEvent, feed(rules, Pressed(NOON), Interrupted(NOON), Pressed(NOON), Interrupted(NOON), Pressed(NOON))
    )
    assert [opening.event.id[-3:] for opening in opened] == ["000", "001", "002"]


def test_time_alone_opens_nothing() -> None:
    assert feed(tracker(), Tick(NOON), Interrupted(NOON)) == []


# ------------------------------------------------------------------------------------------------------- going on


def test_further_sightings_extend_the_event_and_its_recording() -> None:
    rules = tracker()
    feed(rules, seen(0.0))
    assert rules.observe(seen(3.0, first_at=0.0, score=0.9)) == (
        ExtendEvent(running(rules)),
        RecordUntil(running(rules).id, after(8.0)),
    )
    assert (running(rules).last_seen_at, running(rules).score) == (after(3.0), 0.9)


def test_event_keeps_its_best_score() -> None:
    rules = tracker()
    feed(rules, seen(0.0, score=0.9), seen(1.0, score=0.4), Pressed(after(2.0)))
    assert running(rules).score == 0.9


def test_causes_are_merged_and_each_is_told_once() -> None:
    rules = tracker()
    decisions = feed(rules, Pressed(NOON), seen(1.0), Pressed(after(2.0)), Triggered(after(3.0)), seen(4.0))
    assert len(only(OpenEvent, decisions)) == 1
    assert running(rules).causes == (PRESS, PERSON, TRIGGER)
    assert [alert.cause for alert in only(RaiseAlert, decisions)] == [PRESS, PERSON, TRIGGER]
    assert running(rules).score == 0.8


def test_event_stays_open_while_the_visitor_waits() -> None:
    rules = tracker()
    decisions = feed(rules, *(seen(9.0 * index) for index in range(20)))
    assert only(CloseEvent, decisions) == []


def test_observation_older_than_the_last_counts_as_at_the_last() -> None:
    rules = tracker()
    feed(rules, Pressed(after(10.0)))
    decisions = feed(rules, seen(9.0, first_at=8.0))
    assert running(rules).last_seen_at == after(10.0)
    assert running(rules).started_at == after(10.0)
    assert only(RecordUntil, decisions)[0].until == after(15.0)
    assert only(RaiseAlert, decisions)[0].at == after(10.0)


# -------------------------------------------------------------------------------------------------------- closing


def test_event_closes_after_the_quiet_and_ends_with_the_post_roll() -> None:
    rules = tracker()
    feed(rules, seen(0.0))
    assert feed(rules, Tick(after(9.9))) == []
    (closed,) = only(CloseEvent, feed(rules, Tick(after(10.0))))
    assert closed.event.ended_at == after(5.0)
    assert rules.running is None
    assert feed(rules, Tick(after(30.0))) == []


def test_next_sighting_after_the_quiet_closes_one_event_and_opens_the_next() -> None:
    rules = tracker()
    feed(rules, seen(0.0))
    closed, opened, *_ = feed(rules, seen(20.0, first_at=19.5))
    assert isinstance(closed, CloseEvent)
    assert isinstance(opened, OpenEvent)
    assert opened.event.started_at == after(19.5)
    assert opened.event.id != closed.event.id


def test_motion_that_opens_nothing_still_lets_time_pass() -> None:
    rules = tracker()
    feed(rules, seen(0.0))
    assert len(only(CloseEvent, feed(rules, Moved(after(10.0), 0.5)))) == 1


def test_event_never_ends_after_it_was_closed() -> None:
    rules = tracker()
    feed(rules, seen(0.0))
    (closed,) = only(CloseEvent, feed(rules, Interrupted(after(2.0))))
    assert closed.event.ended_at == after(2.0)


def test_interruption_from_before_the_last_sighting_ends_the_event_there() -> None:
    rules = tracker()
    feed(rules, Pressed(after(2.0)))
    (closed,) = only(CloseEvent, feed(rules, Interrupted(after(1.0))))
    assert closed.event.ended_at == after(2.0)


def test_late_frame_after_the_close_does_not_reach_into_the_closed_event() -> None:
    rules = tracker()
    feed(rules, seen(0.0), Tick(after(10.0)))
    opened, *_ = feed(rules, seen(4.0, first_at=3.0))
    assert isinstance(opened, OpenEvent)
    assert opened.event.started_at == after(5.0)
    assert opened.record_from == after(0.0)


def test_presence_that_began_in_an_earlier_event_starts_where_it_is_seen_again() -> None:
    rules = tracker()
    feed(rules, seen(0.0), Tick(after(10.0)), seen(20.0, first_at=0.0))
    assert running(rules).started_at == after(20.0)


def test_first_hit_after_its_sighting_is_not_believed() -> None:
    rules = tracker()
    feed(rules, seen(1.0, first_at=2.0))
    assert running(rules).started_at == after(1.0)


# ------------------------------------------------------------------------------------------------------ too long


def test_event_that_grows_too_long_is_continued_by_another_without_a_hole() -> None:
    rules = tracker(EventSettings(longest=60.0))
    decisions = feed(rules, *(seen(float(second), first_at=0.0) for second in range(62)))
    (closed,) = only(CloseEvent, decisions)
    first, second = only(OpenEvent, decisions)
    assert (first.event.started_at, closed.event.ended_at) == (after(0.0), after(60.0))
    assert (second.event.started_at, second.record_from) == (after(60.0), after(55.0))
    assert [alert.event.id for alert in only(RaiseAlert, decisions)] == [first.event.id, second.event.id]


def test_continuation_after_a_pause_leaves_no_hole_either() -> None:
    rules = tracker(EventSettings(longest=60.0, pre_roll=1.0))
    decisions = feed(rules, *(seen(7.0 * index) for index in range(9)), Tick(after(60.0)), seen(65.0, first_at=64.0))
    assert only(CloseEvent, decisions)[0].event.ended_at == after(60.0)
    assert only(OpenEvent, decisions)[1].record_from == after(60.0)


def test_visit_long_after_a_long_one_continues_nothing() -> None:
    rules = tracker(EventSettings(longest=60.0, pre_roll=1.0))
    decisions = feed(rules, *(seen(7.0 * index) for index in range(9)), Tick(after(60.0)), seen(100.0))
    assert only(OpenEvent, decisions)[1].record_from == after(99.0)


# ----------------------------------------------------------------------------------------- what is recorded, told


def test_cause_that_is_neither_recorded_nor_told_does_nothing() -> None:
    rules = tracker(EventSettings(record_on=frozenset({PRESS}), alert_on=frozenset({PRESS})))
    assert feed(rules, seen(0.0), Triggered(NOON)) == []


def test_cause_that_is_only_told_opens_an_event_without_recording() -> None:
    rules = tracker(EventSettings(record_on=frozenset()))
    opened, alert, extended = feed(rules, seen(0.0), seen(1.0))
    assert isinstance(opened, OpenEvent)
    assert opened.record_from is None
    assert isinstance(alert, RaiseAlert)
    assert isinstance(extended, ExtendEvent)


def test_cause_that_is_only_recorded_is_not_told() -> None:
    decisions = feed(tracker(EventSettings(alert_on=frozenset())), seen(0.0))
    assert [type(decision) for decision in decisions] == [OpenEvent, RecordUntil]


def test_cause_that_is_only_told_prolongs_a_recorded_event() -> None:
    rules = tracker(EventSettings(record_on=frozenset({PERSON})))
    decisions = feed(rules, seen(0.0), Pressed(after(3.0)))
    assert only(RecordUntil, decisions)[-1].until == after(8.0)


def test_recorded_cause_in_an_event_without_recording_opens_its_own() -> None:
    rules = tracker(EventSettings(record_on=frozenset({PERSON})))
    decisions = feed(rules, Pressed(NOON), seen(2.0, first_at=1.0))
    assert [type(decision) for decision in decisions] == [
        OpenEvent,
        RaiseAlert,
        CloseEvent,
        OpenEvent,
        RecordUntil,
        RaiseAlert,
    ]
    assert only(CloseEvent, decisions)[0].event.ended_at == after(2.0)
    assert only(OpenEvent, decisions)[1].event.started_at == after(2.0)


@pytest.mark.parametrize("alert_on", [frozenset({PERSON}), frozenset({PERSON, MOTION})])
def test_own_motion_opens_nothing_unless_it_is_recorded(alert_on: frozenset[Cause]) -> None:
    assert feed(tracker(EventSettings(alert_on=alert_on)), Moved(NOON, 0.5)) == []


def test_own_motion_does_not_prolong_the_visit_of_a_person() -> None:
    rules = tracker()
    feed(rules, seen(0.0), Moved(after(8.0), 0.5))
    assert running(rules).last_seen_at == after(0.0)
    assert running(rules).causes == (PERSON,)


def test_own_motion_opens_an_event_where_it_is_wanted() -> None:
    everything = frozenset(Cause)
    decisions = feed(tracker(EventSettings(record_on=everything, alert_on=everything)), Moved(NOON, 0.5))
    assert [alert.cause for alert in only(RaiseAlert, decisions)] == [MOTION]
    assert len(only(OpenEvent, decisions)) == 1


def test_own_motion_stands_in_for_a_detector_that_does_not_answer() -> None:
    (opened, record) = feed(tracker(), Moved(NOON, 0.5, no_detector=True))
    assert isinstance(opened, OpenEvent)
    assert opened.record_from == after(-5.0)
    assert isinstance(record, RecordUntil)


# --------------------------------------------------------------------------------------------- record cooldown


def test_visit_within_the_record_cooldown_is_told_but_not_recorded() -> None:
    rules = tracker(EventSettings(record_cooldown=120.0))
    feed(rules, seen(0.0), Tick(after(10.0)))
    opened, alert = feed(rules, seen(60.0))
    assert isinstance(opened, OpenEvent)
    assert opened.record_from is None
    assert isinstance(alert, RaiseAlert)


def test_visit_after_the_record_cooldown_is_recorded() -> None:
    rules = tracker(EventSettings(record_cooldown=120.0))
    feed(rules, seen(0.0), Tick(after(10.0)), seen(60.0), Tick(after(70.0)))
    (opened,) = only(OpenEvent, feed(rules, seen(125.0)))
    assert opened.record_from == after(120.0)


def test_visitor_who_outstays_the_record_cooldown_is_recorded_from_then_on() -> None:
    rules = tracker(EventSettings(record_cooldown=120.0))
    feed(rules, seen(0.0), Tick(after(10.0)), seen(118.0))
    decisions = feed(rules, seen(122.0, first_at=118.0), seen(126.0, first_at=118.0))
    (opened,) = only(OpenEvent, decisions)
    assert opened.event.started_at == after(126.0)
    assert opened.record_from == after(121.0)


def test_record_cooldown_does_not_cut_a_long_visit() -> None:
    rules = tracker(EventSettings(longest=60.0, record_cooldown=120.0))
    opened = only(OpenEvent, feed(rules, *(seen(float(second)) for second in range(200))))
    assert len(opened) == 4
    assert all(opening.record_from is not None for opening in opened)


def test_continuation_of_a_visit_that_is_not_recorded_is_not_recorded() -> None:
    rules = tracker(EventSettings(longest=30.0, record_cooldown=120.0))
    feed(rules, seen(0.0), Tick(after(10.0)))
    opened = only(OpenEvent, feed(rules, *(seen(float(second)) for second in range(20, 70))))
    assert [opening.record_from for opening in opened] == [None, None]


def test_without_cooldown_even_a_late_frame_is_recorded() -> None:
    rules = tracker()
    feed(rules, seen(0.0), Tick(after(12.0)))
    assert only(OpenEvent, feed(rules, seen(11.5)))[0].record_from is not None


# ------------------------------------------------------------------------------------------- the clock is set back


def test_clock_that_was_set_back_ends_the_event_and_begins_anew() -> None:
    rules = tracker()
    feed(rules, seen(3600.0))
    (closed,) = only(CloseEvent, feed(rules, Tick(NOON)))
    assert closed.event.ended_at == after(3600.0)
    opened, *_ = feed(rules, seen(1.0))
    assert isinstance(opened, OpenEvent)
    assert opened.event.started_at == after(1.0)
    assert opened.event.id > closed.event.id


def test_clock_that_was_set_back_between_events_begins_anew_too() -> None:
    rules = tracker(EventSettings(record_cooldown=120.0))
    feed(rules, seen(3600.0), Tick(after(3700.0)))
    assert feed(rules, Tick(NOON)) == []
    assert only(OpenEvent, feed(rules, seen(1.0)))[0].record_from == after(-4.0)


def test_old_word_from_outside_is_not_taken_for_a_clock_that_was_set() -> None:
    rules = tracker()
    feed(rules, seen(3600.0))
    assert only(CloseEvent, feed(rules, Triggered(NOON), Tick(after(3590.0)))) == []
    assert running(rules).causes == (PERSON, TRIGGER)


@pytest.mark.parametrize("seen_again", [seen(5.0), Moved(after(5.0), 0.5, no_detector=True)])
def test_whoever_is_seen_after_the_clock_was_set_back_is_an_event_of_the_time_that_it_shows_now(
    seen_again: Sighting | Moved,
) -> None:
    """Where a tree moves always there is never a tick, and an event would run until the clock is there again."""
    rules = tracker(EventSettings(record_on=frozenset({PERSON, Cause.MOTION})))
    feed(rules, seen(3600.0))
    closed, opened, *_ = feed(rules, seen_again)
    assert isinstance(closed, CloseEvent)
    assert isinstance(opened, OpenEvent)
    assert opened.event.started_at == after(5.0)
    assert opened.record_from == after(0.0)


# ------------------------------------------------------------------------------------------- visits and loitering


def visited(at: float, visit: int, *, loitering: bool = False, first_at: float | None = None) -> Sighting:
    return replace(seen(at, first_at=at if first_at is None else first_at), visit=visit, loitering=loitering)


def test_another_visit_is_another_event_from_its_first_hit() -> None:
    rules = tracker(EventSettings(close_after=10.0, post_roll=5.0))
    feed(rules, visited(0.0, 1), visited(2.0, 1))
    decisions = feed(rules, visited(5.0, 2, first_at=4.5))
    (closed,), (opened,) = only(CloseEvent, decisions), only(OpenEvent, decisions)
    assert closed.event.ended_at == after(4.5)
    assert opened.event.started_at == after(4.5)
    assert opened.record_from == after(-0.5)
    assert only(RaiseAlert, decisions)


def test_visits_that_nobody_counts_are_one_event() -> None:
    rules = tracker()
    feed(rules, visited(0.0, 1))
    assert only(CloseEvent, feed(rules, visited(1.0, 0), visited(2.0, 1))) == []


def test_who_rang_before_he_was_seen_is_one_event() -> None:
    rules = tracker()
    assert only(CloseEvent, feed(rules, Pressed(NOON), visited(1.0, 2), visited(2.0, 2))) == []


def test_loitering_is_a_further_cause_of_the_same_event() -> None:
    rules = tracker(EventSettings(alert_on=frozenset({Cause.LOITERING})))
    feed(rules, visited(0.0, 1))
    decisions = feed(rules, visited(1.0, 1, loitering=True), visited(2.0, 1, loitering=True))
    assert [alert.cause for alert in only(RaiseAlert, decisions)] == [Cause.LOITERING]
    assert only(ExtendEvent, decisions)[-1].event.causes == (Cause.PERSON, Cause.LOITERING)


def test_loitering_is_noted_also_where_nobody_is_told() -> None:
    rules = tracker()
    feed(rules, visited(0.0, 1))
    decisions = feed(rules, visited(1.0, 1, loitering=True))
    assert only(ExtendEvent, decisions)[-1].event.causes == (Cause.PERSON, Cause.LOITERING)
    assert only(RaiseAlert, decisions) == []


def test_where_only_loitering_counts_the_event_begins_with_the_first_sighting() -> None:
    loiterers = frozenset({Cause.LOITERING})
    rules = tracker(EventSettings(record_on=loiterers, alert_on=loiterers))
    assert feed(rules, visited(0.0, 1)) == []
    (opened,) = only(OpenEvent, feed(rules, visited(60.0, 1, loitering=True, first_at=0.0)))
    assert opened.event.started_at == after(0.0)
    assert opened.event.causes == (Cause.LOITERING,)
    assert only(CloseEvent, feed(rules, visited(65.0, 1, loitering=True), visited(72.0, 1, loitering=True))) == []


def test_whom_the_last_event_told_of_says_nothing_of_who_rings_now() -> None:
    rules = tracker()
    feed(rules, visited(0.0, 1), Tick(after(20.0)))
    decisions = feed(rules, Pressed(after(60.0)), visited(61.0, 2))
    assert len(only(OpenEvent, decisions)) == 1
    assert running(rules).causes == (Cause.PRESS, Cause.PERSON)


def test_one_look_makes_one_event_also_where_only_who_loiters_is_recorded() -> None:
    rules = tracker(EventSettings(record_on=frozenset({Cause.LOITERING}), alert_on=frozenset({PERSON})))
    decisions = feed(rules, replace(seen(0.0), loitering=True))
    (opened,) = only(OpenEvent, decisions)
    assert opened.record_from is not None
    assert only(CloseEvent, decisions) == []
    assert set(running(rules).causes) == {PERSON, Cause.LOITERING}


# ---------------------------------------------------------------------------------------------------- where to


def heads(*directions: Direction | None) -> Direction | None:
    """Where to the visitor of an event went who was seen on his way so, look after look."""
    rules = tracker()
    feed(rules, *(replace(seen(number / 4, first_at=0.0), direction=way) for number, way in enumerate(directions)))
    return running(rules).direction


def test_who_came_is_told_as_who_came_also_when_he_goes_again() -> None:
    there, at_the_door, back = [Direction.ARRIVING] * 5, [Direction.STAYING] * 30, [Direction.LEAVING] * 9
    assert heads(None, None, *there) is Direction.ARRIVING
    assert heads(None, None, *there, *at_the_door, *back) is Direction.ARRIVING


def test_who_went_away_for_much_longer_than_he_came_left() -> None:
    assert heads(None, None, *[Direction.LEAVING] * 3) is Direction.LEAVING
    assert heads(None, *[Direction.ARRIVING] * 3, *[Direction.LEAVING] * 7) is Direction.LEAVING


def test_who_stays_goes_nowhere() -> None:
    assert heads(None, Direction.STAYING, Direction.STAYING) is None


def test_the_next_event_has_a_direction_of_its_own() -> None:
    rules = tracker()
    feed(rules, replace(seen(0.0), direction=Direction.ARRIVING), Interrupted(after(1.0)), seen(2.0))
    assert running(rules).direction is None
