"""Links to events, in an SQL database.  Secrets, and who may do what with a link, are decided elsewhere."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, delete, select

from doorstep.catalog.engine import reading, writing
from doorstep.catalog.off_site_tables import ShareRow
from doorstep.core.camera import CameraId
from doorstep.core.event import EventId
from doorstep.core.share import Share


class SqlShareRecords:
    """Keeps rows in the same database as SqlCatalog.  Thread-safe; implements `ports.ShareRecords`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save_share(self, share: Share, secret_hash: str) -> None:
        """As the port says."""
        with writing(self._engine) as session:
            session.merge(_row(share, secret_hash))

    def share_of(self, secret_hash: str) -> Share | None:
        """As the port says."""
        with reading(self._engine) as session:
            row = session.scalar(select(ShareRow).where(ShareRow.secret_hash == secret_hash))
            return None if row is None else _share(row)

    def shares(self, event_id: EventId | None = None) -> Sequence[Share]:
        """As the port says."""
        statement = select(ShareRow).order_by(ShareRow.created_at.desc(), ShareRow.id.desc())
        if event_id is not None:
            statement = statement.where(ShareRow.event_id == event_id)
        with reading(self._engine) as session:
            return [_share(row) for row in session.scalars(statement)]

    def remove_share(self, share_id: str) -> bool:
        """As the port says."""
        with writing(self._engine) as session:
            row = session.scalar(select(ShareRow).where(ShareRow.id == share_id))
            if row is not None:
                session.delete(row)
            return row is not None

    def forget_shares(self, ended_before: datetime) -> int:
        """As the port says."""
        with writing(self._engine) as session:
            over = session.scalars(select(ShareRow.id).where(ShareRow.expires_at < ended_before)).all()
            if over:  # most of the time nothing is, and then nothing is written
                session.execute(delete(ShareRow).where(ShareRow.expires_at < ended_before))
            return len(over)


def _row(share: Share, secret_hash: str) -> ShareRow:
    return ShareRow(
        id=share.id,
        secret_hash=secret_hash,
        event_id=share.event,
        camera=share.camera,
        made_by=share.made_by,
        created_at=share.created_at,
        expires_at=share.expires_at,
        opened=share.opened,
        pin_hash=share.pin_hash,
    )


def _share(row: ShareRow) -> Share:
    return Share(
        id=row.id,
        event=EventId(row.event_id),
        camera=CameraId(row.camera),
        made_by=row.made_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        opened=row.opened,
        pin_hash=row.pin_hash,
    )
