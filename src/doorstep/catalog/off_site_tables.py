"""The tables of what leaves the house: copies, links, and what calls to others cost.  The others stand in `tables`."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from doorstep.catalog.base import OwnedRow, index_where


class UploadRow(OwnedRow):
    """What of one event goes off-site.  No foreign key: what is being sent ends by itself when the event goes.

    `begun` is JSON of a `BegunUpload`, null where none has begun; `place` is null where nobody wrote it down yet.
    """

    __tablename__ = "uploads"

    event_id: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str]
    key: Mapped[str]
    asked_at: Mapped[datetime]
    next_at: Mapped[datetime]
    state: Mapped[str]
    attempts: Mapped[int]
    begun: Mapped[str | None] = mapped_column(Text)
    unsure: Mapped[bool]
    size: Mapped[int | None] = mapped_column(BigInteger)
    sealed: Mapped[bool]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str]
    place: Mapped[str | None]

    __table_args__ = (Index("ix_uploads_due", "site", "asked_at", sqlite_where=text("state = 'due'")),)


class ShareRow(OwnedRow):
    """A link to one event; of its secret only the hash, as of its PIN, null where it asks for none."""

    __tablename__ = "shares"

    id: Mapped[str] = mapped_column(primary_key=True)
    secret_hash: Mapped[str]
    event_id: Mapped[str]
    camera: Mapped[str]
    made_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    opened: Mapped[int]
    pin_hash: Mapped[str | None]

    __table_args__ = (
        Index(None, "site", "secret_hash", unique=True),
        Index(None, "site", "event_id"),
        Index(None, "site", "expires_at"),
    )


class CallRow(OwnedRow):
    """One call that cost money."""

    __tablename__ = "calls"

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    payee: Mapped[str]
    operation: Mapped[str]
    billionths: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[str | None]
    count: Mapped[int]

    __table_args__ = (Index(None, "site", "at"), index_where("event_id", "event_id IS NOT NULL"))
