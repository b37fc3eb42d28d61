"""One camera's observations in, what the rules decide carried out: rows, recordings, stills and alerts."""

from collections.abc import Callable
from datetime import timedelta
from typing import assert_never

import structlog

from doorstep.core.event import (
    CloseEvent,
    Decision,
    Event,
    ExtendEvent,
    Observation,
    OpenEvent,
    Pressed,
    RaiseAlert,
    RecordUntil,
)
from doorstep.core.event_tracker import EventTracker
from doorstep.core.ledger import LedgerEntry, Stage
from doorstep.core.notice import EventNotice, MotionNotice, Notice, PressNotice
from doorstep.core.tracking import Sighting
from doorstep.pipeline.alerts import AlertDesk
from doorstep.pipeline.aside import NOBODY_BESIDE, Aside
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.recorder import Recorder
from doorstep.pipeline.sent_pictures import SentPictures
from doorstep.pipeline.stills import Stills
from doorstep.pipeline.watcher import Look
from doorstep.ports import Clock, Frame

log = structlog.get_logger()

Explain = Callable[[Event | None, Observation, Look | None], None]
"""Told of each observation, with the event that runs behind it and the look that found it out."""


def unexplained(_running: Event | None, _observation: Observation, _look: Look | None) -> None:
    """Where nobody asks why."""


def unnoticed(_notice: Notice) -> None:
    """Where nobody looks on."""


class EventDesk:
    """Used on the event loop only; decides nothing."""

    def __init__(
        self,
        tracker: EventTracker,
        recorder: Recorder,
        stills: Stills,
        alerts: AlertDesk,
        rows: EventRows,
        clock: Clock,
        explain: Explain = unexplained,
        notice: Callable[[Notice], None] = unnoticed,
        *,
        aside: Aside = NOBODY_BESIDE,
    ) -> None:
        """`explain` and `notice` never raise or block; onlookers hear nothing of a test, for nobody is there.

        `aside` is told what the recorder is.
        """
        self._tracker = tracker
        self._recorder = recorder
        self._aside = aside
        self._stills = stills
        self._alerts = alerts
        self._rows = rows
        self._clock = clock
        self._explain = explain
        self._notice = unnoticed if tracker.is_test else notice
        self._moving: bool | None = None
        self._sent = SentPictures()

    def observe(self, observation: Observation, look: Look | None, newest: Frame | None) -> None:
        """Something was observed, with the look that found it out; `newest` is the last frame of this connection."""
        self._sent.note(look.found.calls if look is not None else ())
        for decision in self._tracker.observe(observation):
            self._carry_out(decision, look, newest)
        self._notice_what_moves(observation, look)
        running = self._tracker.running
        if running is not None and look is not None and isinstance(observation, Sighting):
            self._stills.offer(running.id, look.frame, look.found.worth, observation.box)
        self._explain(running, observation, look)

    def _carry_out(self, decision: Decision, look: Look | None, newest: Frame | None) -> None:
        match decision:
            case OpenEvent():
                self._open(decision, look, newest)
            case ExtendEvent(event):
                self._rows.extended(event)
                self._notice(EventNotice(event))
            case RecordUntil(event_id, until):
                self._recorder.extend(event_id, until)
                self._aside.extend(event_id, until)
            case CloseEvent(event):
                log.info("event closed", camera=event.camera, event_id=event.id)
                self._rows.decided(event)
                self._notice(EventNotice(event))
                if sent := self._sent.closed():
                    self._rows.ledger(event.id, *sent)
                self._recorder.finish(event.id, event.ended_at or event.last_seen_at)
                self._aside.finish(event.id, event.ended_at or event.last_seen_at)
            case RaiseAlert():
                self._alerts.tell(decision, look.frame if look is not None else newest)
            case _:
                assert_never(decision)

    def _open(self, decision: OpenEvent, look: Look | None, newest: Frame | None) -> None:
        event = decision.event
        log.info("event opened", camera=event.camera, event_id=event.id, causes=[cause.value for cause in event.causes])
        self._rows.decided(event)
        self._notice(EventNotice(event))
        if decision.record_from is not None:
            self._recorder.begin(event, decision.record_from, event.last_seen_at)
            self._aside.begin(event, decision.record_from, event.last_seen_at)
        self._enter_stages(decision, look)
        if newest is not None:
            self._stills.offer(event.id, newest, 0.0)

    def _notice_what_moves(self, observation: Observation, look: Look | None) -> None:
        if isinstance(observation, Pressed):
            self._notice(PressNotice(self._tracker.camera, observation.at))
        if look is not None and look.moving is not self._moving:
            self._moving = look.moving
            self._notice(MotionNotice(self._tracker.camera, look.moving))

    def _enter_stages(self, decision: OpenEvent, look: Look | None) -> None:
        entries = [*self._sent.opened(decision.event.started_at), LedgerEntry(Stage.DECIDED, self._clock.now())]
        if look is not None:
            captured = self._clock.now() - timedelta(seconds=self._clock.monotonic() - look.frame.captured_at)
            entries[:0] = [LedgerEntry(Stage.CAPTURED, captured), LedgerEntry(Stage.SEEN, look.answered_at)]
        self._rows.ledger(decision.event.id, *entries)
