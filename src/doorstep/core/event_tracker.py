"""When is something happening at the door?  Opening and closing rules only; storing and telling live elsewhere."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.clock_state import Dating
from doorstep.core.event import CloseEvent, Decision, Event, EventId, ExtendEvent, OpenEvent, RaiseAlert, RecordUntil
from doorstep.core.observation import Interrupted, Moved, Observation, Sighting, Tick, causes_of
from doorstep.core.settings import EventSettings
from doorstep.core.track import Direction

# Frames, presses and ticks of one camera come at most this much out of order; a tick or a frame from further back
# means that the machine's clock was set.
CLOCK_SET_BACK = timedelta(seconds=30)
RINGS_AGAIN_AFTER = timedelta(seconds=10)
# Who came goes again, and is told as who came; who came out of the door grew while he entered the picture.
GOES_MORE_THAN_COMES = 2


class EventTracker:
    """The events of one camera, one behind the other.

    An event opens with a cause, goes on with every further one, and closes `close_after` seconds after the last, at an
    interruption, when another visit begins, or once it is `longest` long: then the next cause continues it in a new
    event without a hole in the video.  An event is recorded from its opening or not at all: where a cause that is
    recorded meets a running event that is not, it opens its own.

    Times run forwards: what is older than what is known counts as at the newest time known.  The exception is a tick
    or a frame from more than CLOCK_SET_BACK ago, by which the tracker knows that the clock was set, and begins anew.
    """

    def __init__(self, camera: CameraId, settings: EventSettings, *, is_test: bool = False) -> None:
        """`is_test`: its events are of a visitor who is not there, and have ids of their own."""
        self._camera = camera
        self._is_test = is_test
        self._settings = settings
        self._running: Event | None = None
        self._recorded = False  # whether the running event, or else the last, is recorded
        self._last: Event | None = None
        self._visit = 0  # of whom the running event tells, 0 while nobody was seen
        self._came = self._went = 0  # in how many looks its visitors came nearer, and went away
        self._cut_short = False  # whether the last event closed while somebody was there
        self._last_recording_ended_at: datetime | None = None
        self._last_stamp: datetime | None = None
        self._rung_at: datetime | None = None

    @property
    def camera(self) -> CameraId:
        """Whose events they are."""
        return self._camera

    @property
    def is_test(self) -> bool:
        """Whether they are of a visitor who is not there."""
        return self._is_test

    @property
    def running(self) -> Event | None:
        """The event that runs now."""
        return self._running

    def observe(self, observation: Observation) -> tuple[Decision, ...]:
        """What to do now, in this order."""
        at, newest = observation.at, self._newest
        if newest is not None and at < newest:
            if isinstance(observation, Tick | Moved | Sighting) and newest - at > CLOCK_SET_BACK:
                return (*self._begin_anew(newest), *self._go_on(observation, at))
            at = newest
        return (*self._end(observation, at), *self._go_on(observation, at))

    @property
    def _newest(self) -> datetime | None:
        """Nothing may be dated before this."""
        if self._running is not None:
            return self._running.last_seen_at
        return self._last.ended_at if self._last is not None else None

    def redate(self, dating: Dating) -> None:
        """What was observed so far was told by a guess.  Ids keep it, and still rise."""
        running, last = self._running, self._last
        self._running = None if running is None else _dated(running, dating)
        self._last = None if last is None else _dated(last, dating)
        if self._last_recording_ended_at is not None:
            self._last_recording_ended_at = dating.dated(self._last_recording_ended_at)
        self._rung_at = None if self._rung_at is None else dating.dated(self._rung_at)

    # -------------------------------------------------------------------------------------------------- it closes

    def _end(self, observation: Observation, at: datetime) -> Iterator[Decision]:
        if self._running is None:
            return
        quiet = (at - self._running.last_seen_at).total_seconds() >= self._settings.close_after
        too_long = (at - self._running.started_at).total_seconds() >= self._settings.longest
        if isinstance(observation, Sighting) and 0 < self._visit != observation.visit > 0:
            over_at = max(self._running.last_seen_at, min(observation.first_at, at))
            yield self._close(self._running, over_at, cut_short=False)
        elif quiet or too_long or isinstance(observation, Interrupted):
            yield self._close(self._running, at, cut_short=not quiet)

    def _close(self, running: Event, at: datetime, *, cut_short: bool) -> CloseEvent:
        after = running.last_seen_at + timedelta(seconds=self._settings.post_roll)
        self._last = replace(running, ended_at=min(after, at))
        self._running, self._visit = None, 0
        self._cut_short = cut_short
        if self._recorded:
            self._last_recording_ended_at = self._last.ended_at
        return CloseEvent(self._last)

    def _begin_anew(self, newest: datetime) -> Iterator[Decision]:
        if self._running is not None:
            yield self._close(self._running, newest, cut_short=False)
        self._last = self._last_recording_ended_at = None

    # --------------------------------------------------------------------------------------- it opens and goes on

    def _go_on(self, observation: Observation, at: datetime) -> Iterator[Decision]:
        # What is recorded comes first: one look makes one event.
        for cause in sorted(causes_of(observation), key=lambda cause: cause not in self._settings.record_on):
            if cause is not Cause.LOITERING or not self._told(at):
                yield from self._go_on_by(cause, observation, at)

    def _told(self, at: datetime) -> bool:
        """Whether the running event says already, and of this very look, that somebody loiters."""
        running = self._running
        return running is not None and running.last_seen_at == at and Cause.LOITERING in running.causes

    def _go_on_by(self, cause: Cause, observation: Observation, at: datetime) -> Iterator[Decision]:
        wanted = self._records(observation, cause)
        # Of a person whose event runs it is worth knowing that he loiters, also where nobody is told.
        known = cause is Cause.LOITERING and self._running is not None and Cause.PERSON in self._running.causes
        if not (wanted or known) and (cause is Cause.MOTION or cause not in self._settings.alert_on):
            return
        recorded = wanted and self._may_record(at)
        if self._running is not None and (self._recorded or not recorded):
            yield from self._extend(self._running, observation, cause, at)
            return
        if self._running is not None:
            yield self._close(self._running, at, cut_short=False)
        yield from self._open(observation, cause, at, recorded=recorded)

    def _records(self, observation: Observation, cause: Cause) -> bool:
        """Own motion makes no event of its own but where it is wanted, or must stand in for the detector."""
        blind = isinstance(observation, Moved) and observation.no_detector
        return blind or cause in self._settings.record_on

    def _may_record(self, at: datetime) -> bool:
        ended_at = self._last_recording_ended_at
        if ended_at is None or (self._recorded and self._continues(at)):
            return True
        return (at - ended_at).total_seconds() >= self._settings.record_cooldown

    def _continues(self, at: datetime) -> bool:
        """Whether what happens now belongs to the event that was cut short."""
        if self._last is None or not self._cut_short:
            return False
        return (at - self._last.last_seen_at).total_seconds() < self._settings.close_after

    def _open(self, observation: Observation, cause: Cause, at: datetime, *, recorded: bool) -> Iterator[Decision]:
        started_at = self._start_of(observation, at)
        record_from = None
        if recorded:
            record_from = started_at - timedelta(seconds=self._settings.pre_roll)
            if self._continues(at) and self._newest is not None:
                record_from = min(record_from, self._newest)
        event = Event(self._new_id(started_at), self._camera, started_at, at, causes=(cause,), is_test=self._is_test)
        self._came = self._went = 0
        event = self._with_visitor(event, observation)
        self._running, self._recorded = event, recorded
        self._note_visit(observation)
        yield OpenEvent(event, record_from)
        yield from self._follow_up(event, cause, at, new_cause=True)

    def _start_of(self, observation: Observation, at: datetime) -> datetime:
        """The first hit, unless it belongs to an earlier event: then this one starts where it is."""
        if not isinstance(observation, Sighting) or observation.first_at > at:
            return at
        if self._newest is not None and observation.first_at < self._newest:
            return at
        return observation.first_at

    def _new_id(self, started_at: datetime) -> EventId:
        """From the start to the millisecond; always later than the last, also where two events share one."""
        stamp = started_at.replace(microsecond=started_at.microsecond // 1000 * 1000)
        if self._last_stamp is not None and stamp <= self._last_stamp:
            stamp = self._last_stamp + timedelta(milliseconds=1)
        self._last_stamp = stamp
        name = f"{self._camera}-test" if self._is_test else self._camera
        return EventId(f"{name}-{stamp:%Y%m%dT%H%M%S}{stamp.microsecond // 1000:03d}")

    def _extend(self, running: Event, observation: Observation, cause: Cause, at: datetime) -> Iterator[Decision]:
        new_cause = cause not in running.causes
        causes = (*running.causes, cause) if new_cause else running.causes
        event = self._with_visitor(replace(running, last_seen_at=at, causes=causes), observation)
        self._running = event
        self._note_visit(observation)
        yield ExtendEvent(event)
        yield from self._follow_up(event, cause, at, new_cause=new_cause)

    def _with_visitor(self, event: Event, observation: Observation) -> Event:
        """With what a sighting says: the best score, the first zone, and where to its visitors go."""
        if not isinstance(observation, Sighting):
            return event
        self._came += observation.direction is Direction.ARRIVING
        self._went += observation.direction is Direction.LEAVING
        score = max(event.score or 0.0, observation.score)
        return replace(event, score=score, zone=event.zone or observation.zone, direction=self._direction)

    @property
    def _direction(self) -> Direction | None:
        if self._went > GOES_MORE_THAN_COMES * self._came:
            return Direction.LEAVING
        return Direction.ARRIVING if self._came else None

    def _note_visit(self, observation: Observation) -> None:
        if isinstance(observation, Sighting):
            self._visit = observation.visit or self._visit

    def _follow_up(self, event: Event, cause: Cause, at: datetime, *, new_cause: bool) -> Iterator[Decision]:
        if self._recorded:
            yield RecordUntil(event.id, at + timedelta(seconds=self._settings.post_roll))
        if cause in self._settings.alert_on and (new_cause or self._rings_again(cause, at)):
            self._rung_at = at if cause is Cause.PRESS else self._rung_at
            yield RaiseAlert(event, cause, at)

    def _rings_again(self, cause: Cause, at: datetime) -> bool:
        """Who presses again after a while wants to be heard again; a bouncing or leaned-on button does not."""
        return cause is Cause.PRESS and self._rung_at is not None and at - self._rung_at >= RINGS_AGAIN_AFTER


def _dated(event: Event, dating: Dating) -> Event:
    """Of what the rules know: what the shell knows is not theirs."""
    ended_at = None if event.ended_at is None else dating.dated(event.ended_at)
    started_at, last_seen_at = dating.dated(event.started_at), dating.dated(event.last_seen_at)
    return replace(event, started_at=started_at, last_seen_at=last_seen_at, ended_at=ended_at)
