"""The catalog in memory: for tests, and for a demo that leaves nothing behind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock

from doorstep.catalog.cursor import Cursor
from doorstep.core.camera import CameraId
from doorstep.core.clock_state import Guess
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.event import Event, EventId
from doorstep.core.explanation import Explanation, Verdict
from doorstep.core.gap import Gap
from doorstep.core.recorded_span import RecordedSpan, holds, own_file
from doorstep.core.redating import dated_delivery, dated_event, dated_gap, dated_span
from doorstep.core.timeline import BriefTimeline, Timeline, brief
from doorstep.ports import EventQuery

_START = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


class MemoryCatalog:
    """Keeps rows until the process ends.  Thread-safe; implements `ports.Catalog`."""

    def __init__(self) -> None:
        self._events: dict[EventId, Event] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._explanations: dict[EventId, Explanation] = {}
        self._gaps: list[Gap] = []
        self._spans: dict[str, RecordedSpan] = {}
        # By what gaps, minutes and deliveries were told; events know it.
        self._guesses: dict[str | Gap, Guess] = {}
        self._lock = Lock()

    def save_event(self, event: Event, deliveries: Sequence[Delivery] = ()) -> None:
        """Insert or replace the event, and its deliveries as they are now."""
        with self._lock:
            known = self._events.get(event.id)
            self._events[event.id] = replace(event, deleted_at=known.deleted_at) if known else event
            for delivery in deliveries:
                self._deliveries[delivery.id] = _without_snapshot(delivery)
                self._guesses.pop(delivery.id, None)
                self._tell(delivery.id, event.guess)

    def mark_deleted(self, event_id: EventId, at: datetime | None) -> bool:
        """Delete it so that it can be undone, or undo that with None; whether there is such an event."""
        with self._lock:
            known = self._events.get(event_id)
            if known is not None:
                self._events[event_id] = replace(known, deleted_at=at)
            return known is not None

    def event(self, event_id: EventId) -> Event | None:
        """One event, deleted ones included."""
        with self._lock:
            return self._events.get(event_id)

    def events(self, query: EventQuery) -> tuple[Sequence[Event], str | None]:
        """One page of events that are not deleted, and the cursor of the next, None on the last."""
        behind = None if query.cursor is None else Cursor.parse(query.cursor)
        if query.cursor is not None and behind is None:
            return (), None
        limit = max(1, query.limit)
        found = [event for event in reversed(self._oldest_first()) if _matches(event, query)]
        page = [event for event in found if behind is None or _age(event) < (behind.at, behind.id)]
        return page[:limit], str(Cursor.behind(page[limit - 1])) if len(page) > limit else None

    def unfinished_events(self) -> Sequence[Event]:
        """Those that were running, or whose recording was being written, when the process ended, oldest first."""
        return [event for event in self._oldest_first() if event.ended_at is None or event.unfinished]

    def expired_events(self, started_before: datetime, limit: int) -> Sequence[Event]:
        """Oldest first, deleted ones included, none that still runs or is unfinished."""
        over = (event for event in self._oldest_first() if event.ended_at is not None and not event.unfinished)
        return [event for event in over if event.started_at < started_before][:limit]

    def deleted_events(self, deleted_before: datetime, limit: int) -> Sequence[Event]:
        """Those whose time for undoing is over, in the order in which they were deleted; none that is unfinished.

        A test of the doorstep counts as deleted when it ended.
        """
        over = (event for event in self._oldest_first() if not event.unfinished)
        gone = [event for event in over if _gone_at(event) < deleted_before]
        return sorted(gone, key=lambda event: (_gone_at(event), event.id))[:limit]

    def recorded_bytes(self) -> int:
        """Of all files: events' recordings and minute files."""
        return sum(span.size for span in (*self._own_files(), *self._minutes()))

    def recording_keys(self) -> frozenset[str]:
        """The key of every file that a row names: events' recordings and minute files."""
        return frozenset(span.key for span in (*self._own_files(), *self._minutes()))

    def pictured_keys(self) -> frozenset[str]:
        """The key of every event's recording, in minutes or not: pictures are called after these."""
        return frozenset(event.recording.key for event in self._oldest_first() if event.recording)

    def forget_event(self, event_id: EventId) -> None:
        """Remove the row and its deliveries."""
        with self._lock:
            self._events.pop(event_id, None)
            self._explanations.pop(event_id, None)
            self._deliveries = {key: kept for key, kept in self._deliveries.items() if kept.alert.event != event_id}

    def add_gap(self, gap: Gap, guess: Guess | None = None) -> None:
        """A span without recording, with its reason."""
        with self._lock:
            self._gaps.append(gap)
            self._tell(gap, guess)

    def gaps(self, camera: CameraId, since: datetime, until: datetime) -> Sequence[Gap]:
        """Those that touch the span, oldest first."""
        with self._lock:
            touching = [gap for gap in self._gaps if gap.starts_at <= until and gap.ends_at >= since]
        return sorted((gap for gap in touching if gap.camera == camera), key=lambda gap: gap.starts_at)

    def forget_gaps(self, ended_before: datetime) -> int:
        """Remove those that are over for so long; how many there were."""
        with self._lock:
            before = len(self._gaps)
            self._gaps = [gap for gap in self._gaps if gap.ends_at >= ended_before]
            return before - len(self._gaps)

    def save_span(self, span: RecordedSpan, guess: Guess | None = None) -> None:
        """Insert or replace the row of a minute file, by its key; without a guess the mark that it has stays."""
        with self._lock:
            self._spans[span.key] = span
            self._tell(span.key, guess)

    def forget_span(self, key: str) -> None:
        """Remove the row of a minute file."""
        with self._lock:
            self._spans.pop(key, None)

    def unfinished_spans(self) -> Sequence[RecordedSpan]:
        """Minute files that were not whole when the process ended, oldest first."""
        return [span for span in self._minutes() if not span.whole]

    def loose_spans(self, limit: int, since: datetime | None = None) -> Sequence[RecordedSpan]:
        """Whole minute files that hold nothing of any event and begin at `since` or later, oldest first."""
        events = self._oldest_first()
        whole = (span for span in self._minutes() if span.whole and (since is None or span.starts_at >= since))
        return [span for span in whole if not any(holds(span, event) for event in events)][:limit]

    def recorded(self, camera: CameraId, since: datetime, until: datetime) -> Sequence[RecordedSpan]:
        """Every file that touches the span, oldest first: minute files, and recordings of events not deleted."""
        kept = [event for event in self._oldest_first() if _is_shown(event)]
        files = [*self._minutes(), *filter(None, map(own_file, kept))]
        touching = (span for span in files if span.starts_at < until and (span.ends_at > since or not span.whole))
        return sorted((span for span in touching if span.camera == camera), key=_place)

    def timeline(self, camera: CameraId, since: datetime, until: datetime, most: int) -> Timeline:
        """Files, gaps and events (none deleted) that touch the span, the newest `most` of each kind."""
        spans = self.recorded(camera, since, until)
        gaps = [gap for gap in self.gaps(camera, since, until) if gap.starts_at < until and gap.ends_at > since]
        kept = (event for event in self._oldest_first() if _is_shown(event) and event.camera == camera)
        events = [event for event in kept if event.started_at < until and _reaches_to(event) >= since]
        complete = max(map(len, (spans, gaps, events))) <= most
        return Timeline(spans[-most:], gaps[-most:], events[-most:], complete=complete)

    def brief_timeline(self, camera: CameraId, since: datetime, until: datetime, most: int) -> BriefTimeline:
        """The same with marks for events."""
        return brief(self.timeline(camera, since, until, most))

    def save_delivery(self, delivery: Delivery) -> None:
        """Insert or replace, without the snapshot."""
        with self._lock:
            self._deliveries[delivery.id] = _without_snapshot(delivery)

    def due_deliveries(self) -> Sequence[Delivery]:
        """Every delivery that is neither accepted nor given up, oldest first."""
        return _in_order(kept for kept in self._kept_deliveries() if kept.state is DeliveryState.DUE)

    def deliveries_of(self, event_id: EventId) -> Sequence[Delivery]:
        """Every delivery of one event, oldest first."""
        return _in_order(kept for kept in self._kept_deliveries() if kept.alert.event == event_id)

    def delivery(self, delivery_id: str) -> Delivery | None:
        """One delivery."""
        with self._lock:
            return self._deliveries.get(delivery_id)

    def forget_deliveries(self, told_before: datetime) -> int:
        """Remove those of no event whose alerts are so old; how many there were.  What is due, or proves, stays."""
        proofs = set(self.last_accepted().values())
        with self._lock:
            old = [one for one in self._deliveries.values() if not one.alert.event and one.alert.at < told_before]
            for one in (
                over := [one for one in old if one.state is not DeliveryState.DUE and not _proves(one, proofs)]
            ):
                del self._deliveries[one.id]
            return len(over)

    def last_accepted(self) -> Mapping[str, datetime]:
        """By channel, when it last took an alert, of those that are still known."""
        taken = (kept for kept in self._kept_deliveries() if kept.state is DeliveryState.ACCEPTED)
        return {kept.channel: kept.next_at for kept in sorted(taken, key=lambda kept: kept.next_at)}

    def redate(self, truth: Guess, *, known: bool) -> None:
        """Put right what was told by other guesses of the same boot."""
        with self._lock:
            told = {key: event.guess for key, event in self._events.items() if event.guess} | self._guesses
            by = {key: guess.dating_by(truth) for key, guess in told.items() if guess.boot == truth.boot}
            due = {key: dating for key, dating in by.items() if known or dating.correction}
            guess = None if known else truth
            for key, event in self._events.items():
                self._events[key] = dated_event(event, due[key], guess) if key in due else event
            for name, span in self._spans.items():
                self._spans[name] = dated_span(span, due[name]) if name in due else span
            for name, delivery in self._deliveries.items():
                self._deliveries[name] = dated_delivery(delivery, due[name]) if name in due else delivery
            gaps = {gap: dated_gap(gap, due[gap]) for gap in self._gaps if gap in due}
            self._gaps = [gaps.get(gap, gap) for gap in self._gaps]
            for one in due.keys() & self._guesses.keys():
                del self._guesses[one]
                self._tell(gaps[one] if isinstance(one, Gap) else one, guess)

    def save_explanation(self, explanation: Explanation) -> bool:
        """Insert or replace all but its verdict; whether there is such an event, for it comes and goes with that."""
        with self._lock:
            if explanation.event not in self._events:
                return False
            known = self._explanations.get(explanation.event)
            self._explanations[explanation.event] = replace(explanation, verdict=known.verdict if known else None)
            return True

    def explanation(self, event_id: EventId) -> Explanation | None:
        """Why the event opened, None where that is not known."""
        with self._lock:
            return self._explanations.get(event_id)

    def judge(self, event_id: EventId, verdict: Verdict) -> bool:
        """Keep what somebody says about the event; whether it has an explanation, for the verdict lies with that."""
        with self._lock:
            known = self._explanations.get(event_id)
            if known is not None:
                self._explanations[event_id] = replace(known, verdict=verdict)
            return known is not None

    def _tell(self, key: str | Gap, guess: Guess | None) -> None:
        if guess is not None:
            self._guesses[key] = guess

    def _oldest_first(self) -> list[Event]:
        with self._lock:
            return sorted(self._events.values(), key=_age)

    def _minutes(self) -> list[RecordedSpan]:
        with self._lock:
            return sorted(self._spans.values(), key=_place)

    def _own_files(self) -> list[RecordedSpan]:
        return [span for event in self._oldest_first() if (span := own_file(event)) is not None]

    def _kept_deliveries(self) -> tuple[Delivery, ...]:
        with self._lock:
            return tuple(self._deliveries.values())


def _age(event: Event) -> tuple[datetime, EventId]:
    return event.started_at, event.id


def _place(span: RecordedSpan) -> tuple[datetime, str]:
    return span.starts_at, span.key


def _reaches_to(event: Event) -> datetime:
    if event.ended_at is None:
        return _END
    return max(event.ended_at, event.recording.ends_at) if event.recording else event.ended_at


def _matches(event: Event, query: EventQuery) -> bool:
    in_span = (query.since or _START) <= event.started_at < (query.until or _END)
    of_camera = query.cameras is None or event.camera in query.cameras
    is_shown = event.deleted_at is None and (query.tests or not event.is_test)
    return in_span and of_camera and is_shown and query.cause in {None, *event.causes}


def _is_shown(event: Event) -> bool:
    return event.deleted_at is None and not event.is_test


def _gone_at(event: Event) -> datetime:
    return event.deleted_at or (event.ended_at if event.is_test else None) or _END


def _in_order(deliveries: Iterable[Delivery]) -> list[Delivery]:
    return sorted(deliveries, key=lambda delivery: (delivery.alert.at, delivery.id))


def _proves(delivery: Delivery, proofs: set[datetime]) -> bool:
    return delivery.state is DeliveryState.ACCEPTED and delivery.next_at in proofs


def _without_snapshot(delivery: Delivery) -> Delivery:
    return replace(delivery, alert=replace(delivery.alert, snapshot=b""))
