"""The rows of what goes off-site, in an SQL database."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, delete, exists, func, or_, select, update

from doorstep.catalog.engine import reading, writing
from doorstep.catalog.rows import event_of
from doorstep.catalog.sql_spans import OVER, SHOWN
from doorstep.catalog.tables import EventRow, UploadRow
from doorstep.core.camera import CameraId
from doorstep.core.event import Event, EventId
from doorstep.core.upload import FARTHEST_AHEAD, Upload, UploadState
from doorstep.core.upload_json import begun_of, begun_text

_DUE = UploadRow.state == UploadState.DUE.value
_DONE = UploadRow.state == UploadState.DONE.value
_LEAVING = UploadRow.state == UploadState.LEAVING.value
_UNPLACED = UploadRow.place.is_(None)
_OF_THE_EVENT = UploadRow.event_id == EventRow.id
_IS_HERE = or_(EventRow.recording_size > 0, EventRow.recording_in_minutes.is_(True))
MOST_NAMED = 500
"""Ids in one question."""


class SqlUploadRecords:
    """Keeps rows in the same database as SqlCatalog.  Thread-safe; implements `ports.UploadRecords`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save_upload(self, upload: Upload) -> None:
        """As the port says."""
        with writing(self._engine) as session:
            session.merge(_row(upload))

    def due_uploads(self, at: datetime, limit: int) -> Sequence[Upload]:
        """As the port says."""
        now = or_(UploadRow.next_at <= at, UploadRow.next_at > at + FARTHEST_AHEAD)
        return self._uploads(_DUE & now, limit)

    def leaving_uploads(self, place: str, limit: int) -> Sequence[Upload]:
        """As the port says."""
        return self._uploads(_LEAVING & or_(_UNPLACED, UploadRow.place == place), limit)

    def take_for(self, place: str) -> None:
        """As the port says."""
        with reading(self._engine) as session:
            nothing = session.scalar(select(UploadRow.event_id).where(_UNPLACED).limit(1)) is None
        if not nothing:  # nobody writes for nothing: that would wear out an SD card
            with writing(self._engine) as session:
                session.execute(update(UploadRow).where(_UNPLACED).values(place=place))

    def copies_elsewhere(self, place: str) -> Mapping[str, int]:
        """As the port says."""
        elsewhere = select(UploadRow.place, func.count()).where(_DONE, UploadRow.place != place)
        with reading(self._engine) as session:
            counts = session.execute(elsewhere.group_by(UploadRow.place).order_by(UploadRow.place))
            return {there: count for there, count in counts if there is not None}

    def upload_of(self, event_id: EventId) -> Upload | None:
        """As the port says."""
        return self.uploads_of([event_id]).get(event_id)

    def uploads_of(self, events: Sequence[EventId]) -> Mapping[EventId, Upload]:
        """As the port says."""
        found: dict[EventId, Upload] = {}
        with reading(self._engine) as session:
            for begin in range(0, len(events), MOST_NAMED):
                named = UploadRow.event_id.in_(events[begin : begin + MOST_NAMED])
                uploads = map(_upload, session.scalars(select(UploadRow).where(named)))
                found |= {upload.event: upload for upload in uploads}
        return found

    def waiting_uploads(self) -> tuple[int, datetime | None]:
        """As the port says."""
        with reading(self._engine) as session:
            count, oldest = session.execute(select(func.count(), func.min(UploadRow.asked_at)).where(_DUE)).one()
            return count, oldest

    def unasked_events(self, cameras: Collection[CameraId], since: datetime, limit: int) -> Sequence[Event]:
        """As the port says."""
        wanted = (EventRow.camera.in_(sorted(cameras)), EventRow.started_at >= since, OVER, SHOWN, _IS_HERE)
        unasked = select(EventRow).where(*wanted, ~exists().where(_OF_THE_EVENT))
        newest_first = unasked.order_by(EventRow.started_at.desc(), EventRow.id.desc())
        with reading(self._engine) as session:
            return [event_of(row) for row in session.scalars(newest_first.limit(limit))]

    def freeing_events(self, limit: int, *, waiting: bool) -> Sequence[Event]:
        """As the port says."""
        waits = exists().where(_OF_THE_EVENT, _DUE)
        wanted = select(EventRow).where(OVER, _IS_HERE, waits if waiting else ~waits)
        with reading(self._engine) as session:
            rows = session.scalars(wanted.order_by(EventRow.started_at, EventRow.id).limit(limit))
            return [event_of(row) for row in rows]

    def forget_upload(self, event_id: EventId) -> None:
        """As the port says."""
        with writing(self._engine) as session:
            session.execute(delete(UploadRow).where(UploadRow.event_id == event_id))

    def _uploads(self, condition: ColumnElement[bool], limit: int) -> list[Upload]:
        newest_first = select(UploadRow).order_by(UploadRow.asked_at.desc(), UploadRow.event_id.desc())
        with reading(self._engine) as session:
            return [_upload(row) for row in session.scalars(newest_first.where(condition).limit(limit))]


def _row(upload: Upload) -> UploadRow:
    return UploadRow(
        event_id=upload.event,
        camera=upload.camera,
        key=upload.key,
        asked_at=upload.asked_at,
        next_at=upload.next_at,
        state=upload.state.value,
        attempts=upload.attempts,
        begun=begun_text(upload.begun) if upload.begun else None,
        unsure=upload.unsure,
        size=upload.size,
        sealed=upload.sealed,
        done_at=upload.done_at,
        outcome=upload.outcome,
        place=upload.place or None,
    )


def _upload(row: UploadRow) -> Upload:
    return Upload(
        event=EventId(row.event_id),
        camera=CameraId(row.camera),
        key=row.key,
        asked_at=row.asked_at,
        next_at=row.next_at,
        state=UploadState(row.state),
        attempts=row.attempts,
        begun=begun_of(row.begun) if row.begun else None,
        unsure=row.unsure,
        size=row.size,
        sealed=row.sealed,
        done_at=row.done_at,
        outcome=row.outcome,
        place=row.place or "",
    )
