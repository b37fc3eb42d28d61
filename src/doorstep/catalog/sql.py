"""The catalog in an SQL database: the rows of one box.  Opening and migrating it live in `engine` and `upgrade`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Select, delete, func, select

from doorstep.catalog import sql_brief, sql_dating, sql_pages, sql_spans
from doorstep.catalog.engine import reading, writing
from doorstep.catalog.rows import (
    delivery_of,
    delivery_row,
    event_of,
    event_row,
    explained,
    explanation_row,
    gap_of,
    gap_row,
    span_of,
    span_row,
    told_by,
)
from doorstep.catalog.tables import DeliveryRow, EventRow, ExplanationRow, GapRow, SpanRow
from doorstep.core.camera import CameraId
from doorstep.core.clock_state import Guess
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.event import Event, EventId
from doorstep.core.explanation import Explanation, Verdict
from doorstep.core.gap import Gap
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.timeline import BriefTimeline, Timeline
from doorstep.ports import EventQuery


class SqlCatalog:
    """Keeps rows in a database that `open_engine` opened for one box and `upgrade` brought up to date.

    Of other boxes it shows events alone, those that they let this one read, called "ID@SITE" at "CAMERA@SITE".
    Thread-safe; implements `ports.Catalog`.  Every method raises CatalogUnavailable, never the driver's errors.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save_event(self, event: Event, deliveries: Sequence[Delivery] = ()) -> None:
        """Insert or replace the event, and its deliveries as they are now."""
        with writing(self._engine) as session:
            row, known = event_row(event), session.get(EventRow, session.own(event.id))
            if known is not None:
                row.deleted_at = known.deleted_at
            session.merge(row)
            for delivery in deliveries:
                told_by(session.merge(delivery_row(delivery)), event.guess)

    def mark_deleted(self, event_id: EventId, at: datetime | None) -> bool:
        """Delete it so that it can be undone, or undo that with None; whether there is such an event."""
        with writing(self._engine) as session:
            row = session.get(EventRow, session.own(event_id))
            if row is not None:
                row.deleted_at = at
            return row is not None

    def event(self, event_id: EventId) -> Event | None:
        """One event, deleted ones included; of another box's those that it lets us read, and none that is deleted."""
        with reading(self._engine) as session:
            return sql_pages.event(session, event_id)

    def events(self, query: EventQuery) -> tuple[Sequence[Event], str | None]:
        """One page of events that are not deleted, and the cursor of the next, None on the last.

        `since` and `until` are about `started_at`, the first included, the second not.  Behind a cursor that no page
        gave out there is nothing.
        """
        with reading(self._engine) as session:
            return sql_pages.page(session, query)

    def unfinished_events(self) -> Sequence[Event]:
        """Those that were running, or whose recording was being written, when the process ended, oldest first."""
        return self._events(select(EventRow).where(sql_spans.OPEN).order_by(*_OLDEST_FIRST))

    def expired_events(self, started_before: datetime, limit: int) -> Sequence[Event]:
        """Oldest first, deleted ones included, none that still runs or is unfinished."""
        over = (EventRow.started_at < started_before, sql_spans.OVER)
        return self._events(select(EventRow).where(*over).order_by(*_OLDEST_FIRST).limit(limit))

    def deleted_events(self, deleted_before: datetime, limit: int) -> Sequence[Event]:
        """Those whose time for undoing is over, in the order in which they were deleted; none that is unfinished.

        A test of the doorstep counts as deleted when it ended.
        """
        gone = (deleted_before > sql_spans.GONE_AT, EventRow.unfinished.is_not(True))
        return self._events(select(EventRow).where(*gone).order_by(sql_spans.GONE_AT, EventRow.id).limit(limit))

    def recorded_bytes(self) -> int:
        """Of all files: events' recordings and minute files."""
        with reading(self._engine) as session:
            return sql_spans.total_bytes(session)

    def recording_keys(self) -> frozenset[str]:
        """The key of every file that a row names: events' recordings and minute files."""
        with reading(self._engine) as session:
            own = session.scalars(select(EventRow.recording_key).where(sql_spans.OWN_FILE))
            return frozenset(key for key in own if key) | frozenset(session.scalars(select(SpanRow.key)))

    def pictured_keys(self) -> frozenset[str]:
        """The key of every event's recording, in minutes or not: pictures are called after these."""
        with reading(self._engine) as session:
            return frozenset(key for key in session.scalars(select(EventRow.recording_key)) if key)

    def forget_event(self, event_id: EventId) -> None:
        """Remove the row and its deliveries; the bytes are the caller's business, and go first."""
        with writing(self._engine) as session:
            session.execute(delete(EventRow).where(EventRow.id == event_id))
            session.execute(delete(DeliveryRow).where(DeliveryRow.event_id == event_id))

    def add_gap(self, gap: Gap, guess: Guess | None = None) -> None:
        """A span without recording, with its reason."""
        with writing(self._engine) as session:
            row = gap_row(gap)
            told_by(row, guess)
            session.add(row)

    def gaps(self, camera: CameraId, since: datetime, until: datetime) -> Sequence[Gap]:
        """Those that touch the span, oldest first."""
        touching = (GapRow.camera == camera, GapRow.starts_at <= until, GapRow.ends_at >= since)
        with reading(self._engine) as session:
            rows = session.scalars(select(GapRow).where(*touching).order_by(GapRow.starts_at, GapRow.id))
            return [gap_of(row) for row in rows]

    def forget_gaps(self, ended_before: datetime) -> int:
        """Remove those that are over for so long; how many there were."""
        with reading(self._engine) as session:
            gone = list(session.scalars(select(GapRow.id).where(GapRow.ends_at < ended_before)))
        if gone:  # nobody writes for nothing: that would wear out an SD card
            with writing(self._engine) as session:
                session.execute(delete(GapRow).where(GapRow.ends_at < ended_before))
        return len(gone)

    def save_span(self, span: RecordedSpan, guess: Guess | None = None) -> None:
        """Insert or replace the row of a minute file, by its key; without a guess the mark that it has stays."""
        with writing(self._engine) as session:
            row = session.merge(span_row(span))
            if guess is not None:
                told_by(row, guess)

    def forget_span(self, key: str) -> None:
        """Remove the row of a minute file; the bytes are the caller's business, and go first."""
        with writing(self._engine) as session:
            session.execute(delete(SpanRow).where(SpanRow.key == key))

    def unfinished_spans(self) -> Sequence[RecordedSpan]:
        """Minute files that were not whole when the process ended, oldest first."""
        return self._spans(select(SpanRow).where(~SpanRow.whole).order_by(SpanRow.starts_at, SpanRow.key))

    def loose_spans(self, limit: int, since: datetime | None = None) -> Sequence[RecordedSpan]:
        """Whole minute files that hold nothing of any event and begin at `since` or later, oldest first."""
        return self._spans(sql_spans.loose(limit, since))

    def recorded(self, camera: CameraId, since: datetime, until: datetime) -> Sequence[RecordedSpan]:
        """Every file that touches the span, oldest first: minute files, and recordings of events not deleted."""
        with reading(self._engine) as session:
            return sql_spans.recorded(session, camera, since, until)

    def timeline(self, camera: CameraId, since: datetime, until: datetime, most: int) -> Timeline:
        """Files, gaps and events (none deleted) that touch the span, the newest `most` of each kind."""
        with reading(self._engine) as session:
            return sql_spans.timeline(session, camera, since, until, most)

    def brief_timeline(self, camera: CameraId, since: datetime, until: datetime, most: int) -> BriefTimeline:
        """The same with marks for events."""
        with reading(self._engine) as session:
            return sql_brief.brief_timeline(session, camera, since, until, most)

    def save_delivery(self, delivery: Delivery) -> None:
        """Insert or replace.  The alert's snapshot is not kept in the row: it is the event's still."""
        with writing(self._engine) as session:
            session.merge(delivery_row(delivery))

    def due_deliveries(self) -> Sequence[Delivery]:
        """Every delivery that is neither accepted nor given up, oldest first."""
        return self._deliveries(DeliveryRow.state == DeliveryState.DUE.value)

    def deliveries_of(self, event_id: EventId) -> Sequence[Delivery]:
        """Every delivery of one event, oldest first."""
        return self._deliveries(DeliveryRow.event_id == event_id)

    def delivery(self, delivery_id: str) -> Delivery | None:
        """One delivery."""
        with reading(self._engine) as session:
            row = session.get(DeliveryRow, session.own(delivery_id))
            return delivery_of(row) if row else None

    def forget_deliveries(self, told_before: datetime) -> int:
        """Remove those of no event whose alerts are so old; how many there were.

        What is due stays, and the newest that each channel accepted: it proves the channel.
        """
        accepted = DeliveryRow.state == DeliveryState.ACCEPTED.value
        newest = select(func.max(DeliveryRow.next_at)).where(accepted).group_by(DeliveryRow.channel)
        over = (DeliveryRow.event_id == "", DeliveryRow.at < told_before, DeliveryRow.state != DeliveryState.DUE.value)
        with reading(self._engine) as session:
            gone = list(
                session.scalars(select(DeliveryRow.id).where(*over, ~(accepted & DeliveryRow.next_at.in_(newest))))
            )
        if gone:
            with writing(self._engine) as session:
                session.execute(delete(DeliveryRow).where(DeliveryRow.id.in_(gone)))
        return len(gone)

    def last_accepted(self) -> Mapping[str, datetime]:
        """By channel, when it last took an alert, of those that are still known."""
        newest = select(DeliveryRow.channel, func.max(DeliveryRow.next_at)).group_by(DeliveryRow.channel)
        with reading(self._engine) as session:
            rows = session.execute(newest.where(DeliveryRow.state == DeliveryState.ACCEPTED.value))
            return {row[0]: row[1] for row in rows}

    def redate(self, truth: Guess, *, known: bool) -> None:
        """Put right what was told by other guesses of the same boot; may be called again where it failed midway."""
        sql_dating.redate(self._engine, truth, known=known)

    def save_explanation(self, explanation: Explanation) -> bool:
        """Insert or replace all but its verdict; whether there is such an event, for it comes and goes with that."""
        with writing(self._engine) as session:
            if session.scalar(select(EventRow.id).where(EventRow.id == explanation.event)) is None:
                return False
            row, known = explanation_row(explanation), session.get(ExplanationRow, session.own(explanation.event))
            row.verdict = known.verdict if known is not None else None
            session.merge(row)
            return True

    def explanation(self, event_id: EventId) -> Explanation | None:
        """Why the event opened, None where that is not known."""
        with reading(self._engine) as session:
            row = session.get(ExplanationRow, session.own(event_id))
            return explained(row) if row is not None else None

    def judge(self, event_id: EventId, verdict: Verdict) -> bool:
        """Keep what somebody says about the event; whether it has an explanation, for the verdict lies with that."""
        with writing(self._engine) as session:
            row = session.get(ExplanationRow, session.own(event_id))
            if row is not None:
                row.verdict = verdict.value
            return row is not None

    def _events(self, statement: Select[EventRow]) -> list[Event]:
        with reading(self._engine) as session:
            return [event_of(row) for row in session.scalars(statement)]

    def _spans(self, statement: Select[SpanRow]) -> list[RecordedSpan]:
        with reading(self._engine) as session:
            return [span_of(row) for row in session.scalars(statement)]

    def _deliveries(self, condition: ColumnElement[bool]) -> list[Delivery]:
        oldest_first = select(DeliveryRow).order_by(DeliveryRow.at, DeliveryRow.id)
        with reading(self._engine) as session:
            return [delivery_of(row) for row in session.scalars(oldest_first.where(condition))]


_OLDEST_FIRST = (EventRow.started_at, EventRow.id)
