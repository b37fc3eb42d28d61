"""JSON of the live ways, of those who watch, and of those who did."""

from pydantic import BaseModel

from doorstep.core.audit import AuditEntry
from doorstep.core.live_session import LiveSession
from doorstep.web.instants import rfc3339, rfc3339_or_none


class LiveSessionShape(BaseModel):
    """One viewer, from `since` on."""

    id: str
    camera: str
    way: str
    who: str
    address: str
    since: str


class LiveSessionsShape(BaseModel):
    """Who watches now, oldest first."""

    sessions: list[LiveSessionShape]


class AuditEntryShape(BaseModel):
    """`until` and `seconds` are null while it goes on, and where Doorstep ended first."""

    id: str
    at: str
    who: str
    address: str
    verb: str
    camera: str | None
    way: str
    until: str | None
    seconds: float | None


class AuditShape(BaseModel):
    """One page, newest first; `next` is the cursor of the next."""

    entries: list[AuditEntryShape]
    next: str | None


class LiveWayShape(BaseModel):
    """One way to watch; `reason` says why not, `mime` what Media Source Extensions are told."""

    way: str
    possible: bool
    reason: str
    mime: str | None


class IceServerShape(BaseModel):
    """As a browser's RTCPeerConnection takes it."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class LiveWaysShape(BaseModel):
    """How a camera can be watched now; `now` is Doorstep's wall time in milliseconds since 1970."""

    ways: list[LiveWayShape]
    streams: list[str]
    ice_servers: list[IceServerShape]
    now: int


def live_session_shape(session: LiveSession) -> LiveSessionShape:
    """As `GET /live/sessions` shows it."""
    viewer = session.viewer
    return LiveSessionShape(
        id=session.id,
        camera=viewer.camera,
        way=viewer.way.value,
        who=viewer.who,
        address=viewer.address,
        since=rfc3339(session.since),
    )


def audit_entry_shape(entry: AuditEntry) -> AuditEntryShape:
    """As `GET /audit` shows it."""
    seconds = None if entry.until is None else round(max(0.0, (entry.until - entry.at).total_seconds()), 3)
    return AuditEntryShape(
        id=entry.id,
        at=rfc3339(entry.at),
        who=entry.who,
        address=entry.address,
        verb=entry.verb,
        camera=entry.camera,
        way=entry.way,
        until=rfc3339_or_none(entry.until),
        seconds=seconds,
    )
