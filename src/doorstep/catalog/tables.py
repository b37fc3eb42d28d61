"""The tables, as they are now.  How a database got there stands in `migrations`; a test holds both together."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from doorstep.catalog.base import Base, LedgerJson, OwnedRow, index_where
from doorstep.catalog.off_site_tables import CallRow, ShareRow, UploadRow
from doorstep.catalog.people_tables import AccountRow, GrantRow, PasskeyRow
from doorstep.catalog.site_tables import SiteRow, SiteShareRow

__all__ = [
    "HEAD",
    "AccountRow",
    "AuditRow",
    "Base",
    "CallRow",
    "CauseRow",
    "DeliveryRow",
    "EventRow",
    "ExplanationRow",
    "GapRow",
    "GrantRow",
    "LedgerJson",
    "OwnedRow",
    "PasskeyRow",
    "PreferencesRow",
    "ShareRow",
    "SiteRow",
    "SiteShareRow",
    "SpanRow",
    "SubscriptionRow",
    "ToldRow",
    "UploadRow",
]

HEAD = "0012"
"""The last step of `migrations`; a test holds it there."""


class ToldRow(OwnedRow):
    """A row whose times may be a guess, and whose: null where they are known, see `core.clock_state.Guess`.

    A row of a boot that ended before its clock was set keeps the guess, and these say so.
    """

    __abstract__ = True

    boot: Mapped[str | None]
    booted_at: Mapped[datetime | None]


def _of_its_event() -> ForeignKeyConstraint:
    """The row goes with it."""
    return ForeignKeyConstraint(["site", "event_id"], ["events.site", "events.id"], ondelete="CASCADE")


class EventRow(ToldRow):
    """One event; the recording's columns are all null or all not.

    A null of `recording_in_minutes`, `unfinished` and `is_test` means no, one of `zone` the whole picture.  `box` is
    left, top, right and bottom in parts of the still.
    """

    __tablename__ = "events"

    id: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str]
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    score: Mapped[float | None]
    pre_roll_seconds: Mapped[float | None]
    recording_key: Mapped[str | None]
    recording_starts_at: Mapped[datetime | None]
    recording_ends_at: Mapped[datetime | None]
    recording_size: Mapped[int | None] = mapped_column(BigInteger)
    has_still: Mapped[bool]
    ledger: Mapped[list[LedgerJson]]
    deleted_at: Mapped[datetime | None]
    recording_in_minutes: Mapped[bool | None]
    unfinished: Mapped[bool | None]
    box: Mapped[list[float] | None]
    zone: Mapped[str | None]
    direction: Mapped[str | None]
    is_test: Mapped[bool | None]
    causes: Mapped[list["CauseRow"]] = relationship(
        order_by="CauseRow.position", cascade="all, delete-orphan", passive_deletes=True, lazy="selectin"
    )

    __table_args__ = (
        Index(None, "site", "camera", "started_at", "id"),
        Index(None, "site", "started_at", "id"),
        # Partial: almost no row is deleted or still runs, and a whole index would tempt SQLite to gather every row
        # that is not deleted and sort it, where reading `started_at` backwards needs only one page.
        index_where("deleted_at", "deleted_at IS NOT NULL"),
        index_where("ended_at", "ended_at IS NULL"),
        index_where("boot", "boot IS NOT NULL"),
        Index(
            "ix_events_in_minutes",
            *("site", "camera", "recording_starts_at", "recording_ends_at"),
            sqlite_where=text("recording_in_minutes IS NOT NULL"),
        ),
    )


class CauseRow(OwnedRow):
    """Why an event exists; `position` keeps the order in which the causes came."""

    __tablename__ = "event_causes"

    event_id: Mapped[str] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]

    __table_args__ = (_of_its_event(), Index(None, "site", "cause", "event_id"))


class ExplanationRow(OwnedRow):
    """Why an event opened: `body` is the JSON of `core.explanation_json`, `verdict` what somebody said about it."""

    __tablename__ = "explanations"

    event_id: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str | None]

    __table_args__ = (_of_its_event(),)


class DeliveryRow(ToldRow):
    """One delivery with its alert.  No foreign key: an alert goes out also when its event could not be stored.

    `event_id`, `camera` and `cause` are empty where the alert has none.
    """

    __tablename__ = "deliveries"

    id: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[str]
    event_id: Mapped[str]
    camera: Mapped[str]
    cause: Mapped[str]
    at: Mapped[datetime]
    title: Mapped[str]
    text: Mapped[str]
    link: Mapped[str]
    channel: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    outcome: Mapped[str]
    told_to: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    is_test: Mapped[bool | None]

    __table_args__ = (
        Index(None, "site", "state", "at"),
        Index(None, "site", "event_id"),
        index_where("boot", "boot IS NOT NULL"),
    )


class GapRow(ToldRow):
    """A span without recording."""

    __tablename__ = "gaps"

    site: Mapped[str] = mapped_column(sort_order=-1)
    id: Mapped[int] = mapped_column(primary_key=True)
    camera: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str]

    __table_args__ = (
        Index(None, "site", "camera", "starts_at"),
        Index(None, "site", "ends_at"),
        index_where("boot", "boot IS NOT NULL"),
    )


class SpanRow(ToldRow):
    """One minute file of a camera that is always recorded; `whole` is false while it grows."""

    __tablename__ = "spans"

    key: Mapped[str] = mapped_column(primary_key=True)
    camera: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    size: Mapped[int] = mapped_column(BigInteger)
    whole: Mapped[bool]

    __table_args__ = (
        Index(None, "site", "camera", "starts_at"),
        Index(None, "site", "starts_at", "key"),
        index_where("boot", "boot IS NOT NULL"),
    )


class AuditRow(OwnedRow):
    """Somebody did something; `until` is null for what has no length or is not known to be over."""

    __tablename__ = "audit"

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str]
    address: Mapped[str]
    verb: Mapped[str]
    camera: Mapped[str | None]
    way: Mapped[str]
    until: Mapped[datetime | None]

    __table_args__ = (Index(None, "site", "at", "id"),)


class SubscriptionRow(OwnedRow):
    """A browser that is told by Web Push; `preferences` is JSON of `core.preferences_json`, null for the person's."""

    __tablename__ = "subscriptions"

    id: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str]
    grant: Mapped[str]
    name: Mapped[str]
    endpoint: Mapped[str]
    p256dh: Mapped[str]
    auth: Mapped[str]
    created_at: Mapped[datetime]
    preferences: Mapped[str | None] = mapped_column(Text)
    accepted_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    unshown_since: Mapped[datetime | None]

    __table_args__ = (Index(None, "site", "endpoint", unique=True), Index(None, "site", "person"))


class PreferencesRow(OwnedRow):
    """What a person wants to be told, and with an empty name what holds for the whole house."""

    __tablename__ = "preferences"

    person: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
