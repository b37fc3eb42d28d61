"""Who did what, for the owner to look up: one line of the audit log, and how long it is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from doorstep.core.camera import CameraId
from doorstep.core.live_session import LiveSession

WATCHED = "watched"
SNOOZED, SNOOZE_ENDED = "snoozed the house", "ended the snooze of the house"

KEPT_FOR = timedelta(days=90)
MOST_KEPT = 100_000
"""Beyond that the oldest go first, so that nobody fills the disk by opening and closing pages."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`who` did `verb` at `at`, from `address`: to which camera and which way, where the verb has those.

    `until` is None for what has no length, for what goes on, and where Doorstep itself ended first.  Times are those of
    the clock as it was.
    """

    id: str
    at: datetime
    who: str
    address: str
    verb: str
    camera: CameraId | None = None
    way: str = ""
    until: datetime | None = None


def watched(session: LiveSession, until: datetime | None) -> AuditEntry:
    """A live session, which goes on without `until`; both its entries have one id, and the later replaces the first."""
    viewer = session.viewer
    return AuditEntry(
        session.id, session.since, viewer.who, viewer.address, WATCHED, viewer.camera, viewer.way.value, until
    )


def snoozed(entry_id: str, at: datetime, who: str, address: str, until: datetime | None) -> AuditEntry:
    """Nobody is told anything but presses until then; None is the end of such a snooze."""
    return AuditEntry(entry_id, at, who, address, SNOOZE_ENDED if until is None else SNOOZED, until=until or at)
