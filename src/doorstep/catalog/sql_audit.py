"""Who did what, in an SQL database.  What is worth a row, and how long it stays, is decided elsewhere."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, delete, func, literal, select, tuple_

from doorstep.catalog.cursor import Cursor, page_of
from doorstep.catalog.engine import reading, writing
from doorstep.catalog.instant import Instant
from doorstep.catalog.tables import AuditRow
from doorstep.core.audit import EVERY_ENTRY, AuditEntry, AuditFilter
from doorstep.core.camera import CameraId


class SqlAuditLog:
    """Keeps rows in the same database as SqlCatalog.  Thread-safe; implements `ports.AuditLog`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save_entries(self, entries: Sequence[AuditEntry]) -> None:
        """As the port says."""
        with writing(self._engine) as session:
            for entry in entries:
                session.merge(_row(entry))

    def entries(
        self,
        cursor: str | None,
        limit: int,
        cameras: frozenset[CameraId] | None = None,
        wanted: AuditFilter = EVERY_ENTRY,
    ) -> tuple[Sequence[AuditEntry], str | None]:
        """As the port says."""
        newest_first = select(AuditRow).order_by(AuditRow.at.desc(), AuditRow.id.desc())
        statement = newest_first.where(*_wanted(wanted)).limit(max(1, limit) + 1)
        if cameras is not None:
            statement = statement.where(AuditRow.camera.in_(cameras))
        if cursor is not None:
            behind = Cursor.parse(cursor)
            if behind is None:
                return (), None
            place = tuple_(literal(behind.at, Instant()), literal(behind.id))
            statement = statement.where(tuple_(AuditRow.at, AuditRow.id) < place)
        with reading(self._engine) as session:
            found = [_entry(row) for row in session.scalars(statement)]
        return page_of(found, max(1, limit))

    def forget_entries(self, before: datetime, most: int) -> int:
        """As the port says."""
        newest_first = select(AuditRow.at, AuditRow.id).order_by(AuditRow.at.desc(), AuditRow.id.desc())
        with writing(self._engine) as session:
            count = session.scalar(select(func.count()).select_from(AuditRow)) or 0
            session.execute(delete(AuditRow).where(AuditRow.at < before))
            first_beyond = session.execute(newest_first.offset(most).limit(1)).first()
            if first_beyond is not None:
                at, row_id = first_beyond
                place = tuple_(literal(at, Instant()), literal(row_id))
                session.execute(delete(AuditRow).where(tuple_(AuditRow.at, AuditRow.id) <= place))
            return count - (session.scalar(select(func.count()).select_from(AuditRow)) or 0)


def _wanted(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    """As `AuditFilter.holds`."""
    found = []
    if wanted.who is not None:
        found.append(AuditRow.who == wanted.who)
    if wanted.camera is not None:
        found.append(AuditRow.camera == wanted.camera)
    if wanted.verbs is not None:
        found.append(AuditRow.verb.in_(wanted.verbs))
    return found


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        id=entry.id,
        at=entry.at,
        who=entry.who,
        address=entry.address,
        verb=entry.verb,
        camera=entry.camera,
        way=entry.way,
        until=entry.until,
    )


def _entry(row: AuditRow) -> AuditEntry:
    camera = None if row.camera is None else CameraId(row.camera)
    return AuditEntry(row.id, row.at, row.who, row.address, row.verb, camera, row.way, row.until)
