"""A day in columns instead of rows: what a timeline draws of thousands of events.  Who asks is `sql`."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from doorstep.catalog.sql_spans import OPEN, OWN_FILE, SHOWN, begins_near, earliest, event_touches, gaps
from doorstep.catalog.tables import CauseRow, EventRow, SpanRow
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.event import EventId
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.timeline import BriefTimeline, EventMark


def brief_timeline(session: Session, camera: CameraId, since: datetime, until: datetime, most: int) -> BriefTimeline:
    """As `sql_spans.timeline`, with marks for events."""
    wanted = most + 1  # one more than asked tells that there is more
    spans = _minutes(session, camera, since, until, wanted) + _own_files(session, camera, since, until, wanted)
    spans.sort(key=lambda span: (span.starts_at, span.key))
    missing = gaps(session, camera, since, until, wanted)
    marks = _marks(session, camera, since, until, wanted)
    complete = max(len(spans), len(missing), len(marks)) <= most
    return BriefTimeline(spans[-most:], missing[:most][::-1], marks[:most][::-1], complete=complete)


def _minutes(session: Session, camera: CameraId, since: datetime, until: datetime, most: int) -> list[RecordedSpan]:
    row = SpanRow
    query = (
        select(row.key, row.starts_at, row.ends_at, row.size, row.whole)
        .where(row.camera == camera, begins_near(row.starts_at, since, until), or_(row.ends_at > since, ~row.whole))
        .order_by(row.starts_at.desc(), row.key.desc())
        .limit(most)
    )
    found = session.execute(query)
    return [RecordedSpan(key, camera, begin, end, size, whole) for key, begin, end, size, whole in found]


def _own_files(session: Session, camera: CameraId, since: datetime, until: datetime, most: int) -> list[RecordedSpan]:
    """As `own_file` makes them of events."""
    row = EventRow
    query = (
        select(
            *(row.recording_key, row.recording_starts_at, row.recording_ends_at, row.recording_size),
            *(row.started_at, row.ended_at, row.unfinished),
        )
        .where(row.camera == camera, row.started_at >= earliest(since), row.recording_starts_at < until)
        .where(or_(row.recording_ends_at > since, OPEN), row.recording_size > 0, OWN_FILE, SHOWN)
        .order_by(row.started_at.desc(), row.id.desc())
        .limit(most)
    )
    return [
        RecordedSpan(key, camera, begin, end, size, ended is not None and not unfinished, started)
        for key, begin, end, size, started, ended, unfinished in session.execute(query)
        if key is not None and begin is not None and end is not None and size is not None
    ]


def _marks(session: Session, camera: CameraId, since: datetime, until: datetime, most: int) -> list[EventMark]:
    """The newest first."""
    row, touches = EventRow, event_touches(camera, since, until)
    newest = (row.started_at.desc(), row.id.desc())
    why = select(CauseRow.event_id, CauseRow.cause).where(
        CauseRow.event_id.in_(select(row.id).where(touches).order_by(*newest).limit(most))
    )
    causes = defaultdict[str, list[Cause]](list)
    for event_id, cause in session.execute(why.order_by(CauseRow.position)):
        causes[event_id].append(Cause(cause))
    query = select(
        *(row.id, row.started_at, row.ended_at, row.unfinished),
        *(row.recording_starts_at, row.recording_ends_at, row.recording_size, row.recording_in_minutes),
    )
    marks = []
    for key, started, ended, unfinished, begin, end, size, in_minutes in session.execute(
        query.where(touches).order_by(*newest).limit(most)
    ):
        seconds = None if begin is None or end is None else (end - begin).total_seconds()
        is_here = seconds is not None and (ended is None or bool(unfinished) or bool(in_minutes) or bool(size))
        marks.append(EventMark(EventId(key), started, ended, tuple(causes[key]), seconds, size or 0, is_here))
    return marks
