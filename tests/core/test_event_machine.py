"""Whatever is observed, in whatever settings: the promises that every consumer of decisions relies on."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.detection import Box
from doorstep.core.event import (
    CloseEvent,
    Decision,
    Event,
    EventId,
    ExtendEvent,
    Interrupted,
    Moved,
    Observation,
    OpenEvent,
    Pressed,
    RaiseAlert,
    RecordUntil,
    Sighting,
    Tick,
    Triggered,
)
from doorstep.core.event_tracker import RINGS_AGAIN_AFTER, EventTracker
from doorstep.core.replay import ReplayedAlerts
from doorstep.core.settings import EventSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CAUSES = st.frozensets(st.sampled_from(sorted(Cause)))
# Mostly onwards, sometimes late, never so late that it means a clock that was set back.
STEPS = st.sampled_from([-20.0, -1.0, 0.0, 0.25, 0.25, 0.25, 1.0, 3.0, 4.9, 5.0, 11.0, 40.0])


@st.composite
def event_settings(draw: st.DrawFn) -> EventSettings:
    close_after = draw(st.sampled_from([5.0, 10.0]))
    return EventSettings(
        pre_roll=draw(st.sampled_from([0.0, 5.0])),
        close_after=close_after,
        post_roll=draw(st.sampled_from([0.0, 5.0])),
        longest=draw(st.sampled_from([8.0, 30.0, 300.0])),
        record_cooldown=draw(st.sampled_from([0.0, 0.0, 60.0])),
        record_on=draw(st.just(EventSettings().record_on) | CAUSES),
        alert_on=draw(st.just(EventSettings().alert_on) | CAUSES),
    )


class EventMachine(RuleBasedStateMachine):
    """Carries decisions out on paper, as the pipeline does with files and rows."""

    @initialize(settings=event_settings())
    def begin(self, settings: EventSettings) -> None:
        self.settings = settings
        self.tracker = EventTracker(CameraId("door"), settings)
        self.policy = ReplayedAlerts(120.0, settings.alert_on)
        self.now = NOON
        self.latest = NOON
        self.running: Event | None = None
        self.visits: dict[EventId, int] = {}
        self.closed: list[Event] = []
        self.until: dict[EventId, datetime] = {}
        self.record_from: dict[EventId, datetime] = {}
        self.alerts: set[tuple[EventId, Cause]] = set()
        self.rung_at = NOON
        self.told_at: dict[bool, datetime] = {}  # of loitering, and of the rest

    # ---------------------------------------------------------------------------------------------- what happens

    @rule(
        step=STEPS,
        ago=st.sampled_from([0.0, 0.0, 0.5, 8.0, 100.0]),
        score=st.floats(0.0, 1.0),
        visit=st.sampled_from([0, 1, 1, 2]),
        loitering=st.booleans(),
    )
    def somebody_is_seen(self, step: float, ago: float, score: float, visit: int, loitering: bool) -> None:
        at = self.time(step)
        box = Box(0.0, 0.0, 1.0, 1.0)
        self.observe(Sighting(at, at - timedelta(seconds=ago), score, box, visit, loitering=loitering))
        if self.running is not None and Cause.PERSON in self.settings.record_on:
            assert self.visits.get(self.running.id, 0) in {0, visit} or visit == 0
            self.visits[self.running.id] = visit or self.visits.get(self.running.id, 0)
            assert Cause.PERSON in self.running.causes
            assert Cause.LOITERING in self.running.causes or not loitering

    @rule(step=STEPS)
    def button_is_pressed(self, step: float) -> None:
        self.observe(Pressed(self.time(step)))

    @rule(step=STEPS)
    def something_outside_triggers(self, step: float) -> None:
        self.observe(Triggered(self.time(step)))

    @rule(step=STEPS, no_detector=st.booleans())
    def pixels_move(self, step: float, no_detector: bool) -> None:
        self.observe(Moved(self.time(step), 0.1, no_detector))

    @rule(step=STEPS)
    def time_passes(self, step: float) -> None:
        self.observe(Tick(self.time(step)))

    @rule(step=STEPS)
    def video_is_interrupted(self, step: float) -> None:
        self.observe(Interrupted(self.time(step)))
        assert self.running is None

    def time(self, step: float) -> datetime:
        """Late ones are late against the newest, so that lateness never adds up."""
        at = self.now + timedelta(seconds=step)
        self.now = max(self.now, at)
        return at

    # ------------------------------------------------------------------------------------------- what is decided

    def observe(self, observation: Observation) -> None:
        self.latest = max(self.latest, observation.at)
        before = self.running
        decisions = self.tracker.observe(observation)
        for decision in decisions:
            self.carry_out(decision)
        if isinstance(observation, Tick | Interrupted):
            assert all(isinstance(decision, CloseEvent) for decision in decisions)
        if before is not None and (observation.at - before.last_seen_at).total_seconds() >= self.settings.close_after:
            assert self.closed[-1].id == before.id

    def carry_out(self, decision: Decision) -> None:
        match decision:
            case OpenEvent(event, record_from):
                self.open(event, record_from)
            case ExtendEvent(event):
                self.extend(event)
            case RecordUntil(event_id, until):
                self.record(event_id, until)
            case CloseEvent(event):
                self.close(event)
            case RaiseAlert(event, cause, at):
                self.alert(event, cause, at)

    def open(self, event: Event, record_from: datetime | None) -> None:
        assert self.running is None
        assert event.ended_at is None
        assert event.id not in {other.id for other in self.closed}
        if self.closed:
            ended_at = self.closed[-1].ended_at
            assert ended_at is not None
            assert event.started_at >= ended_at
        if record_from is not None:
            assert (event.started_at - record_from).total_seconds() >= self.settings.pre_roll
            self.record_from[event.id] = record_from
        elif self.settings.record_cooldown == 0.0:
            assert not self.settings.record_on & set(event.causes)
        self.running = event

    def extend(self, event: Event) -> None:
        before = self.running
        assert before is not None
        assert (event.id, event.started_at) == (before.id, before.started_at)
        assert event.last_seen_at >= before.last_seen_at
        assert event.causes[: len(before.causes)] == before.causes
        assert (event.score or 0.0) >= (before.score or 0.0)
        self.running = event

    def record(self, event_id: EventId, until: datetime) -> None:
        assert self.running is not None
        assert event_id == self.running.id
        assert event_id in self.record_from
        assert until >= self.until.get(event_id, until)
        self.until[event_id] = until

    def close(self, event: Event) -> None:
        assert self.running is not None
        assert event.id == self.running.id
        assert event.ended_at is not None
        assert event.started_at <= event.last_seen_at <= event.ended_at <= self.latest
        assert event.ended_at <= event.last_seen_at + timedelta(seconds=self.settings.post_roll)
        if event.id in self.record_from:
            assert event.ended_at <= self.until[event.id]
        self.closed.append(event)
        self.running = None

    def alert(self, event: Event, cause: Cause, at: datetime) -> None:
        assert event == self.running
        assert cause in event.causes
        assert cause in self.settings.alert_on
        known = (event.id, cause) in self.alerts
        if cause is Cause.PRESS:
            assert not known or at - self.rung_at >= RINGS_AGAIN_AFTER
            self.rung_at = at
        else:
            assert not known
        self.alerts.add((event.id, cause))
        if self.policy.may_tell(cause, at) and cause is not Cause.PRESS:
            loitering = cause is Cause.LOITERING
            assert loitering not in self.told_at or (at - self.told_at[loitering]).total_seconds() >= 120.0
            self.told_at[loitering] = at

    # --------------------------------------------------------------------------------------------- always the case

    @invariant()
    def tracker_and_paper_agree(self) -> None:
        assert self.tracker.running == self.running

    @invariant()
    def each_event_is_closed_once(self) -> None:
        assert len({event.id for event in self.closed}) == len(self.closed)

    @invariant()
    def every_cause_that_is_told_was_raised(self) -> None:
        if self.running is not None:
            told = {cause for cause in self.running.causes if cause in self.settings.alert_on}
            assert {cause for event, cause in self.alerts if event == self.running.id} == told


TestEventMachine = EventMachine.TestCase
