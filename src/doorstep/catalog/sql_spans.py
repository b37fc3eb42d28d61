"""Queries over what was recorded when: files, gaps and events of a span.  Who asks them is `sql`."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Engine, Select, and_, case, exists, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from doorstep.catalog.engine import reading
from doorstep.catalog.rows import event_of, gap_of, span_of
from doorstep.catalog.tables import EventRow, GapRow, SpanRow
from doorstep.core.camera import CameraId
from doorstep.core.gap import Gap
from doorstep.core.recorded_span import RecordedSpan, own_file
from doorstep.core.timeline import Timeline

LONGEST_FILE = timedelta(days=1)
"""A minute file is about a minute long and an event some minutes; a clock that was set makes them longer."""

_FIRST = datetime.min.replace(tzinfo=UTC)
OVER = and_(EventRow.ended_at.is_not(None), EventRow.unfinished.is_not(True))
OPEN = or_(EventRow.ended_at.is_(None), EventRow.unfinished.is_(True))
SHOWN = and_(EventRow.deleted_at.is_(None), EventRow.is_test.is_not(True))
GONE_AT = func.coalesce(EventRow.deleted_at, case((EventRow.is_test.is_(True), EventRow.ended_at)))
OWN_FILE = and_(EventRow.recording_key.is_not(None), EventRow.recording_in_minutes.is_not(True))


def recorded(
    session: Session, camera: CameraId, since: datetime, until: datetime, most: int | None = None
) -> list[RecordedSpan]:
    """Minute files and recordings of events that touch the span, oldest first; the newest `most` of each kind."""
    minutes = select(SpanRow).where(
        SpanRow.camera == camera,
        begins_near(SpanRow.starts_at, since, until),
        or_(SpanRow.ends_at > since, ~SpanRow.whole),
    )
    own = select(EventRow).where(
        EventRow.camera == camera,
        EventRow.started_at >= earliest(since),
        EventRow.recording_starts_at < until,
        or_(EventRow.recording_ends_at > since, OPEN),
    )
    of_events = own.where(OWN_FILE, SHOWN).order_by(EventRow.recording_starts_at.desc())
    newest = minutes.order_by(SpanRow.starts_at.desc(), SpanRow.key.desc())
    found = [span_of(row) for row in session.scalars(newest.limit(most))]
    found += [span for row in session.scalars(of_events.limit(most)) if (span := own_file(event_of(row))) is not None]
    return sorted(found, key=lambda span: (span.starts_at, span.key))


def timeline(session: Session, camera: CameraId, since: datetime, until: datetime, most: int) -> Timeline:
    """The newest `most` of each kind that touch the span."""
    wanted = most + 1  # one more than asked tells that there is more
    spans = recorded(session, camera, since, until, wanted)
    missing = gaps(session, camera, since, until, wanted)
    event_rows = select(EventRow).where(event_touches(camera, since, until))
    newest = event_rows.order_by(EventRow.started_at.desc(), EventRow.id.desc()).limit(wanted)
    events = [event_of(row) for row in session.scalars(newest)]
    complete = len(spans) <= most and len(missing) <= most and len(events) <= most
    return Timeline(spans[-most:], missing[:most][::-1], events[:most][::-1], complete=complete)


def gaps(session: Session, camera: CameraId, since: datetime, until: datetime, most: int) -> list[Gap]:
    """Those that touch the span, the newest first; a camera may be away for months."""
    rows = select(GapRow).where(GapRow.camera == camera, GapRow.starts_at < until, GapRow.ends_at > since)
    return [gap_of(row) for row in session.scalars(rows.order_by(GapRow.starts_at.desc(), GapRow.id).limit(most))]


def earliest(since: datetime) -> datetime:
    """What begins before that is over at `since`."""
    return max(since, _FIRST + LONGEST_FILE) - LONGEST_FILE


def begins_near(starts_at: InstrumentedAttribute[datetime], since: datetime, until: datetime) -> ColumnElement[bool]:
    """Before `until`, and not so long before `since` that it cannot reach it: else all that is older would be read."""
    return and_(starts_at >= earliest(since), starts_at < until)


def loose(limit: int, since: datetime | None) -> Select[SpanRow]:
    """Whole minute files that hold nothing of any event, oldest first."""
    later = () if since is None else (SpanRow.starts_at >= since,)
    holds = (
        EventRow.recording_in_minutes == true(),
        EventRow.camera == SpanRow.camera,
        EventRow.recording_starts_at < SpanRow.ends_at,
        or_(EventRow.recording_ends_at > SpanRow.starts_at, OPEN),
    )
    oldest_first = (SpanRow.starts_at, SpanRow.key)
    return select(SpanRow).where(SpanRow.whole, *later, ~exists().where(*holds)).order_by(*oldest_first).limit(limit)


def total_bytes(session: Session) -> int:
    """Of every file that a row names."""
    own = select(func.coalesce(func.sum(EventRow.recording_size), 0)).where(OWN_FILE)
    minutes = select(func.coalesce(func.sum(SpanRow.size), 0))
    return int(session.scalar(own) or 0) + int(session.scalar(minutes) or 0)


def bytes_by_camera(engine: Engine) -> Mapping[CameraId, int]:
    """The same, of each camera that has any.  Raises CatalogUnavailable."""
    own = select(EventRow.camera, func.sum(EventRow.recording_size)).where(OWN_FILE).group_by(EventRow.camera)
    minutes = select(SpanRow.camera, func.sum(SpanRow.size)).group_by(SpanRow.camera)
    found: Counter[CameraId] = Counter()
    with reading(engine) as session:
        for camera, size in (*session.execute(own), *session.execute(minutes)):
            found[CameraId(camera)] += int(size or 0)
    return found


def event_touches(camera: CameraId, since: datetime, until: datetime) -> ColumnElement[bool]:
    """Whether an event, or its video, is of the span, and shown."""
    reaches = or_(EventRow.ended_at.is_(None), EventRow.ended_at >= since, EventRow.recording_ends_at >= since)
    return and_(EventRow.camera == camera, begins_near(EventRow.started_at, since, until), reaches, SHOWN)
