"""The JSON that scripts rely on: names stay, more may come.  Times are RFC 3339 in UTC."""

from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel

from doorstep.core.access import Account, Grant
from doorstep.core.camera import CameraState, CameraStatus
from doorstep.core.event import Cause, Event
from doorstep.core.health import Problem
from doorstep.core.ledger import Stage, milliseconds_since_capture
from doorstep.web.instants import rfc3339, rfc3339_or_none


class WatchingShape(BaseModel):
    """Whether somebody looks for persons, and where."""

    on: bool
    last_look_at: str | None
    where: str


class CameraShape(BaseModel):
    """One camera and how it is."""

    id: str
    name: str
    state: CameraState
    since: str
    reason: str
    remedy: str
    recording: bool
    watching: WatchingShape


class CamerasShape(BaseModel):
    """All that the asker may see."""

    cameras: list[CameraShape]


class ClipShape(BaseModel):
    """Where an event's video is; `bytes` is the recording's size in the store, a little more than the clip's."""

    href: str
    bytes: int
    seconds: float


class PictureShape(BaseModel):
    """Where an event's picture is; `ready` is false until there is one."""

    href: str
    ready: bool


class LedgerShape(BaseModel):
    """One stage of an alert; `ms` since the picture was captured."""

    stage: Stage
    at: str
    ms: int
    cost_usd: float
    channel: str


class EventShape(BaseModel):
    """Something that happened at a camera."""

    id: str
    camera: str
    started_at: str
    last_seen_at: str
    ended_at: str | None
    causes: list[Cause]
    pre_roll_seconds: float | None
    score: float | None
    clip: ClipShape | None
    thumbnail: PictureShape
    still: PictureShape
    ledger: list[LedgerShape]


class EventsShape(BaseModel):
    """One page, newest first; `next` is the cursor of the next."""

    events: list[EventShape]
    next: str | None


class ProblemShape(BaseModel):
    """One thing that is wrong; with a `minor` one Doorstep still sees everything."""

    what: str
    since: str
    remedy: str
    minor: bool


class StorageShape(BaseModel):
    """How full it is, and how much of recordings is written; null while there is no telling."""

    used_bytes: int
    limit_bytes: int
    days_left: float | None
    written_bytes_a_day: int | None


class StatusShape(BaseModel):
    """Is Doorstep seeing, and if not, why."""

    version: str
    seeing: bool
    problems: list[ProblemShape]
    storage: StorageShape


class SessionShape(BaseModel):
    """Who the asker is; `cameras` null means all, `role` is null for a token."""

    name: str
    role: str | None
    cameras: list[str] | None
    scopes: list[str]
    expires_at: str | None


class TokenShape(BaseModel):
    """A token without its secret."""

    id: str
    name: str
    scopes: list[str]
    cameras: list[str] | None
    created_at: str
    expires_at: str | None


class TokensShape(BaseModel):
    """Every token that was not revoked."""

    tokens: list[TokenShape]


class NewTokenShape(BaseModel):
    """The secret, shown this once."""

    token: str


class PlayKeyShape(BaseModel):
    """A key for players, shown this once, and the addresses that it opens; none where nothing listens."""

    secret: str
    expires_at: str
    addresses: list[str]


class UserShape(BaseModel):
    """A person of the house."""

    name: str
    role: str
    cameras: list[str] | None
    created_at: str


class UsersShape(BaseModel):
    """Everybody."""

    users: list[UserShape]


class NeededShape(BaseModel):
    """Whether the first user is still to be made."""

    needed: bool


class TakenShape(BaseModel):
    """A press or motion was taken."""

    camera: str
    cause: Cause
    at: str


class ReadyShape(BaseModel):
    """`problems` holds keys for a stranger, whole problems for who may read the status."""

    seeing: bool
    problems: list[str] | list[ProblemShape]


class ProblemDocument(BaseModel):
    """RFC 9457, section 3.1."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, str]] = []


def camera_shape(camera: CameraStatus) -> CameraShape:
    """As `GET /cameras` shows it."""
    return CameraShape(
        id=camera.id,
        name=camera.name,
        state=camera.state,
        since=rfc3339(camera.since),
        reason=camera.reason,
        remedy=camera.remedy,
        recording=camera.recording,
        watching=WatchingShape(
            on=camera.watching, last_look_at=rfc3339_or_none(camera.last_look_at), where=camera.looked_where
        ),
    )


def event_shape(event: Event) -> EventShape:
    """As `GET /events` shows it."""
    base = f"/api/v1/events/{quote(event.id, safe='')}"
    recording = event.recording
    return EventShape(
        id=event.id,
        camera=event.camera,
        started_at=rfc3339(event.started_at),
        last_seen_at=rfc3339(event.last_seen_at),
        ended_at=rfc3339_or_none(event.ended_at),
        causes=list(event.causes),
        pre_roll_seconds=event.pre_roll_seconds,
        score=event.score,
        clip=None
        if recording is None
        else ClipShape(href=f"{base}/clip.mp4", bytes=recording.size, seconds=round(recording.seconds, 3)),
        thumbnail=PictureShape(href=f"{base}/thumbnail.jpg", ready=event.has_still),
        still=PictureShape(href=f"{base}/still.jpg", ready=event.has_still),
        ledger=[
            LedgerShape(
                stage=entry.stage,
                at=rfc3339(entry.at),
                ms=milliseconds_since_capture(event.ledger, entry),
                cost_usd=entry.cost_usd,
                channel=entry.channel,
            )
            for entry in event.ledger
        ],
    )


def problem_shape(problem: Problem) -> ProblemShape:
    """As `GET /status` shows it."""
    return ProblemShape(what=problem.what, since=rfc3339(problem.since), remedy=problem.remedy, minor=problem.minor)


def token_shape(grant: Grant) -> TokenShape:
    """As `GET /tokens` shows it."""
    return TokenShape(
        id=grant.id,
        name=grant.name,
        scopes=sorted(grant.scopes),
        cameras=_sorted_or_none(grant.cameras),
        created_at=rfc3339(grant.created_at),
        expires_at=rfc3339_or_none(grant.expires_at),
    )


def user_shape(account: Account) -> UserShape:
    """As `GET /users` shows it."""
    return UserShape(
        name=account.name,
        role=account.role,
        cameras=_sorted_or_none(account.cameras),
        created_at=rfc3339(account.created_at),
    )


def session_shape(grant: Grant, role: str | None) -> SessionShape:
    """As `GET /session` shows it."""
    return SessionShape(
        name=grant.account or grant.name,
        role=role,
        cameras=_sorted_or_none(grant.cameras),
        scopes=sorted(grant.scopes),
        expires_at=rfc3339_or_none(grant.expires_at),
    )


def _sorted_or_none(cameras: frozenset[str] | None) -> list[str] | None:
    return None if cameras is None else sorted(cameras)
