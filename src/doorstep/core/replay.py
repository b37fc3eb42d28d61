"""One camera's rules without its camera and its clock: what was seen goes in, and what would have been told comes out.

`doorstep tune` and `doorstep detect --explain` ask it.  Live, `pipeline/watcher.py` and `pipeline/event_desk.py` apply
the same rules as frames come; a test holds both together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from doorstep.core.alert_spacing import AlertSpacing
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.detection import Box, Detection, Thresholds
from doorstep.core.event import CloseEvent, Decision, Event, EventId, ExtendEvent, OpenEvent, RaiseAlert
from doorstep.core.event_tracker import EventTracker
from doorstep.core.motion_gate import LookRule, MotionGate, MotionGateSettings
from doorstep.core.observation import Interrupted, Moved, Observation, Tick
from doorstep.core.region import WHOLE, RegionRule, RegionSettings
from doorstep.core.relevance import Relevance
from doorstep.core.settings import EventSettings
from doorstep.core.tracking import EVERYWHERE, Presence, TrackSettings


@dataclass(frozen=True, slots=True)
class ReplayRules:
    """What decides at one camera; `regions` None looks at whole pictures only, `look_at_least_every` is in seconds."""

    thresholds: Thresholds
    events: EventSettings
    relevance: Relevance
    regions: RegionSettings | None = None
    look_at_least_every: float = 15.0


@dataclass(frozen=True, slots=True)
class Glance:
    """Whether it moves at this frame, and which parts of it are worth a look; none: it is not looked at."""

    moving: bool
    crops: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame: how much moved and where, and what was found in it; `found` is None where nobody looked."""

    at: datetime
    motion: float
    moving: bool
    found: tuple[Detection, ...] | None
    where: tuple[Box, ...] = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Step:
    """What followed from one moment.  `told` are the alerts that the cooldown let through."""

    moment: Moment
    observation: Observation
    decisions: tuple[Decision, ...]
    told: tuple[RaiseAlert, ...]


@dataclass(frozen=True, slots=True)
class ReplayedEvent:
    """An event as the rules would have made it; `told` are the times at which somebody would have been told."""

    event: Event
    told: tuple[datetime, ...] = ()


class ReplayedAlerts:
    """Which alerts of one camera are told to who wants all that the config alerts on: one in `cooldown` seconds."""

    def __init__(self, cooldown: float, alert_on: frozenset[Cause]) -> None:
        self._spacing = AlertSpacing(cooldown)
        self._alert_on = alert_on

    def may_tell(self, cause: Cause, at: datetime) -> bool:
        """Whether to tell this one; yes begins the cooldown, unless it is a press, which has none."""
        return cause in self._alert_on and self._spacing.may_tell(_THE_CAMERA, cause, at) is None


_THE_CAMERA = CameraId("")


class Replay:
    """Give it every frame of one camera, in the order of time: a `glance`, a look where it says so, and `see`."""

    def __init__(self, camera: CameraId, rules: ReplayRules) -> None:
        self._rules = rules
        events = rules.events
        tracks = TrackSettings(events.close_after, events.stationary_after, events.loitering_after)
        self.presence = Presence(rules.thresholds, rules.relevance, tracks)
        self._tracker = EventTracker(camera, events)
        self._alerts = ReplayedAlerts(events.alert_cooldown, events.alert_on)
        self.begin()

    @property
    def running(self) -> Event | None:
        """The event that runs now."""
        return self._tracker.running

    def begin(self) -> None:
        """A new connection: nothing of the last picture compares with the next."""
        self._gate = MotionGate(MotionGateSettings())
        self._looks = LookRule(self._rules.look_at_least_every)
        self._regions = None if self._rules.regions is None else RegionRule(self._rules.regions)

    def glance(self, at: float, motion: float, moving: Sequence[Box], aspect: float) -> Glance:
        """Whether and where to look; `at` is in seconds within the connection, the rest as of `RegionRule.where`."""
        moves = self._gate.observe(at, motion)
        if not self._looks.due(at, moving=moves, somebody_present=self.presence.somebody):
            return Glance(moves, ())
        if self._regions is None:
            return Glance(moves, (WHOLE,))
        return Glance(moves, self._regions.where(at, moving, self.presence.where, aspect))

    def see(self, moment: Moment) -> Step:
        """What follows from it."""
        sighting = None
        if moment.found is not None:
            sighting = self.presence.observe(moment.at, self._kept(moment.found), moment.where)
        unseen = Moved(moment.at, moment.motion) if moment.moving else Tick(moment.at)
        return self._observe(moment, sighting or unseen)

    def end(self, at: datetime) -> Step:
        """The video is over: what runs closes."""
        return self._observe(Moment(at, 0.0, moving=False, found=None), Interrupted(at))

    def _kept(self, found: Iterable[Detection]) -> tuple[Detection, ...]:
        """A detector is asked live for no others."""
        return tuple(detection for detection in found if detection.score >= self._rules.thresholds.keep)

    def _observe(self, moment: Moment, observation: Observation) -> Step:
        decisions = self._tracker.observe(observation)
        raised = (decision for decision in decisions if isinstance(decision, RaiseAlert))
        told = tuple(alert for alert in raised if self._alerts.may_tell(alert.cause, alert.at))
        return Step(moment, observation, decisions, told)


def replayed(camera: CameraId, rules: ReplayRules, moments: Sequence[Moment]) -> tuple[ReplayedEvent, ...]:
    """Every event that these rules would have made of what was seen, oldest first.

    Of moments at one camera, in the order of time; what lies between two, however long, was without a sighting.
    """
    replay = Replay(camera, rules)
    events: dict[EventId, ReplayedEvent] = {}
    for moment in moments:
        _take(events, replay.see(moment))
    if moments:
        _take(events, replay.end(moments[-1].at))
    return tuple(events.values())


def _take(events: dict[EventId, ReplayedEvent], step: Step) -> None:
    for decision in step.decisions:
        match decision:
            case OpenEvent(event):
                events[event.id] = ReplayedEvent(event)
            case ExtendEvent(event) | CloseEvent(event):
                events[event.id] = replace(events[event.id], event=event)
            case _:
                continue
    for alert in step.told:
        known = events[alert.event.id]
        events[alert.event.id] = replace(known, told=(*known.told, alert.at))
