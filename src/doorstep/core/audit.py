"""Who did what, for the owner to look up: one line of the audit log, and how long it is kept."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from doorstep.core.camera import CameraId
from doorstep.core.live_session import LiveSession

WATCHED = "watched"
WATCHED_RECORDING, SAVED_CLIP = "watched a recording", "saved a clip"
BACKED_UP = "made a backup"
SIGNED_IN, SIGNED_OUT, FAILED = "signed in", "signed out", "failed to sign in"
SESSION_ENDED, OTHERS_ENDED = "ended a sign-in", "ended all other sign-ins"
PASSWORD_CHANGED, RESET_MADE, RESET_USED = "changed the password", "made a reset link", "set a password by a link"
PERSON_ADDED, PERSON_CHANGED, PERSON_REMOVED = "added a person", "changed a person", "removed a person"
PAIRING_MADE = "showed a code for a phone"
PASSKEY_ADDED, PASSKEY_REMOVED = "added a passkey", "removed a passkey"
TOKEN_MADE, TOKEN_REVOKED = "made a token", "revoked a token"
SNOOZED, SNOOZE_ENDED = "snoozed the house", "ended the snooze of the house"
SETTINGS_CHANGED, RESTARTED = "changed the settings", "restarted Doorstep"
HUB_JOINED, HUB_LEFT = "joined a hub", "left the hub"

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


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted: of somebody, about a camera, with one of these verbs; None for whatever."""

    who: str | None = None
    camera: CameraId | None = None
    verbs: frozenset[str] | None = None

    def holds(self, entry: AuditEntry) -> bool:
        """Whether this one is."""
        return (
            self.who in {None, entry.who}
            and self.camera in {None, entry.camera}
            and (self.verbs is None or entry.verb in self.verbs)
        )


EVERY_ENTRY = AuditFilter()


def watched(session: LiveSession, until: datetime | None) -> AuditEntry:
    """A live session, which goes on without `until`; both its entries have one id, and the later replaces the first."""
    viewer = session.viewer
    return AuditEntry(
        session.id, session.since, viewer.who, viewer.address, WATCHED, viewer.camera, viewer.way.value, until
    )


def snoozed(entry_id: str, at: datetime, who: str, address: str, until: datetime | None) -> AuditEntry:
    """Nobody is told anything but presses until then; None is the end of such a snooze."""
    return AuditEntry(entry_id, at, who, address, SNOOZE_ENDED if until is None else SNOOZED, until=until or at)


def sign_in_entry(entry_id: str, at: datetime, who: str, address: str, verb: str, about: str = "") -> AuditEntry:
    """What was done with a way to sign in: `about` names a person, a device, a way or a token; never a secret."""
    return AuditEntry(entry_id, at, who, address, verb, way=about, until=at)


def seen_recording(entry: AuditEntry, since: datetime, until: datetime, at: datetime) -> AuditEntry:
    """The same line where somebody saw [since, until] of what was recorded too, at `at`: its span holds all of that.

    The span is `way`, whole seconds as an interval of ISO 8601 (4.4.1); a new line has none.
    """
    begin, end = since.replace(microsecond=0), until.replace(microsecond=0)
    if entry.way:
        first, last = (datetime.fromisoformat(text) for text in entry.way.split("/"))
        begin, end = min(begin, first), max(end, last)
    way = "/".join(moment.astimezone(UTC).isoformat().replace("+00:00", "Z") for moment in (begin, end))
    return entry if way == entry.way else replace(entry, way=way, until=at)
