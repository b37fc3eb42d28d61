"""The JSON that scripts rely on: names stay, more may come.  Times are RFC 3339 in UTC.  Events: `event_shapes`."""

from typing import Literal

from pydantic import BaseModel

from doorstep.core.access import Grant
from doorstep.core.camera import CameraState, CameraStatus
from doorstep.core.cause import Cause
from doorstep.core.health import Problem
from doorstep.core.input_size import SizedModel
from doorstep.core.remote_use import RemoteState
from doorstep.core.storage_forecast import Bound
from doorstep.core.zone import Zone
from doorstep.web.instants import rfc3339, rfc3339_or_none


class WatchingShape(BaseModel):
    """Whether somebody looks for persons now, and where; `wanted` is the owner's switch."""

    on: bool
    wanted: bool
    last_look_at: str | None
    where: str


class ZoneShape(BaseModel):
    """Where somebody counts, or with `exclude` nobody; corners are [x, y] in parts of the picture."""

    name: str
    polygon: list[tuple[float, float]]
    exclude: bool
    least_heights: dict[str, float]


class CameraShape(BaseModel):
    """One camera and how it is; `hint` is what would make looking cheaper, empty where nothing would."""

    id: str
    name: str
    state: CameraState
    since: str
    reason: str
    remedy: str
    recording: bool
    watching: WatchingShape
    zones: list[ZoneShape]
    hint: str


class CamerasShape(BaseModel):
    """All that the asker may see."""

    cameras: list[CameraShape]


class ProblemShape(BaseModel):
    """One thing that is wrong; with a `minor` one Doorstep still sees everything.  `key` names it for programs."""

    key: str
    what: str
    since: str
    remedy: str
    minor: bool


class StorageShape(BaseModel):
    """How full it is, and how much of recordings is written; null while there is no telling.

    In the long run the last `days_kept` days are there, because older ones go by their age, or by the room (`bound`);
    `days_left` is until the room is used up, null also where it never is.
    """

    used_bytes: int
    limit_bytes: int
    days_left: float | None
    days_kept: float | None
    bound: Bound | None
    written_bytes_a_day: int | None


class ModelShape(BaseModel):
    """What looks on this machine: the longer side of its pictures in pixels, and why they are that large."""

    name: str
    side: int
    why: str


class RemoteDetectorShape(BaseModel):
    """Who else looks: at every look or at doubtful ones, why the model here looks instead, what this month cost."""

    host: str
    use: str
    trouble: str | None
    left_alone: bool
    spent_usd: float
    cap_usd: float


class OffSiteStatusShape(BaseModel):
    """Where copies lie, and how many clips are not there yet."""

    place: str
    waiting: int


class StatusShape(BaseModel):
    """Is Doorstep seeing, and if not, why; `model` is null while it is loading or missing.

    `remote_detector` is null where everything is looked at on this machine, `off_site` where nothing leaves it.
    """

    version: str
    seeing: bool
    model: ModelShape | None
    remote_detector: RemoteDetectorShape | None
    problems: list[ProblemShape]
    storage: StorageShape | None
    off_site: OffSiteStatusShape | None


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
    """A key for players, shown this once, and what it opens: RTMP addresses, where that listens, and one of HLS."""

    secret: str
    expires_at: str
    addresses: list[str]
    hls: str


class NeededShape(BaseModel):
    """Whether the first user is still to be made; to who is signed in also who that is, and the house's time zone."""

    needed: bool
    session: SessionShape | None = None
    timezone: str | None = None


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
            on=camera.watching,
            wanted=camera.detecting,
            last_look_at=rfc3339_or_none(camera.last_look_at),
            where=camera.looked_where,
        ),
        zones=[zone_shape(zone) for zone in camera.zones],
        hint=camera.hint,
    )


def zone_shape(zone: Zone) -> ZoneShape:
    """As `GET /cameras` shows it."""
    heights = dict(zone.least_heights)
    return ZoneShape(name=zone.name, polygon=list(zone.polygon), exclude=zone.exclude, least_heights=heights)


def model_shape(model: SizedModel | None) -> ModelShape | None:
    """As its JSON."""
    return None if model is None else ModelShape(name=model.name, side=model.size.side, why=model.size.reason)


def remote_shape(remote: RemoteState | None) -> RemoteDetectorShape | None:
    """As its JSON; money in millionths of a dollar at the finest."""
    if remote is None:
        return None
    return RemoteDetectorShape(
        host=remote.host,
        use=remote.use,
        trouble=remote.trouble,
        left_alone=remote.left_alone,
        spent_usd=round(remote.spent_usd, 6),
        cap_usd=remote.cap_usd,
    )


def problem_shape(problem: Problem) -> ProblemShape:
    """As `GET /status` shows it."""
    return ProblemShape(
        key=problem.key,
        what=problem.what,
        since=rfc3339(problem.since),
        remedy=problem.remedy,
        minor=problem.minor,
    )


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
