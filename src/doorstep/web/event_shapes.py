"""An event as scripts see it, beside `shapes`: names stay, more may come."""

from collections.abc import Callable
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel

from doorstep.core.event import Cause, Event
from doorstep.core.ledger import LedgerEntry, Stage, milliseconds_since_capture
from doorstep.core.site import site_of
from doorstep.core.track import Direction
from doorstep.core.upload import Upload, UploadState, is_elsewhere
from doorstep.web.delivery_shapes import DeliveryShape
from doorstep.web.instants import rfc3339, rfc3339_or_none

_TO_PEOPLE = frozenset({Stage.SENT, Stage.ACCEPTED, Stage.ACKNOWLEDGED})


class ClipShape(BaseModel):
    """Where an event's video is; `bytes` is the recording's size in the store, a little more than the clip's.

    `whole` is false while it may still grow, which it does for a moment after its event is over.  `where` is "off-site"
    where it is played from its copy there, "elsewhere" where it lies at another box that sent none, or in a bucket that
    the config does not name any more, "gone" where nobody has it.
    """

    href: str
    bytes: int
    seconds: float
    whole: bool
    where: Literal["here", "off-site", "elsewhere", "gone"]


class OffSiteShape(BaseModel):
    """How far an event's copy off-site is: `since` it was asked for or, once done, lies there."""

    state: Literal["none", "waiting", "done"]
    since: str | None


class PictureShape(BaseModel):
    """Where an event's picture is; `ready` is false until there is one."""

    href: str
    ready: bool


class LedgerShape(BaseModel):
    """One stage of an alert; `ms` since the picture was captured.

    `channel` is empty where the asker may not know whom it went to; when somebody else looked is not told at all.
    """

    stage: Stage
    at: str
    ms: int
    cost_usd: float
    channel: str


class EventShape(BaseModel):
    """Something that happened at a camera.

    `zone` is empty for the whole picture; `box` left, top, right and bottom of somebody in parts of the still.  `test`
    says that nobody was there: the owner tested the doorstep.
    """

    id: str
    camera: str
    started_at: str
    last_seen_at: str
    ended_at: str | None
    causes: list[Cause]
    pre_roll_seconds: float | None
    score: float | None
    clip: ClipShape | None
    off_site: OffSiteShape
    thumbnail: PictureShape
    still: PictureShape
    zone: str
    direction: Literal[Direction.ARRIVING, Direction.LEAVING] | None
    box: tuple[float, float, float, float] | None
    ledger: list[LedgerShape]
    test: bool


class EventWithDeliveriesShape(EventShape):
    """One event with who was told of it; `stored` is false while that is in memory alone, as with a full disk."""

    stored: bool
    deliveries: list[DeliveryShape]


class EventsShape(BaseModel):
    """One page, newest first; `next` is the cursor of the next."""

    events: list[EventShape]
    next: str | None


def event_shape(
    event: Event, may_know: Callable[[str], bool], upload: Upload | None = None, place: str = ""
) -> EventShape:
    """As `GET /events` shows it to who may know what went by some channels.

    `upload` is its copy off-site, `place` the bucket that the config names.
    """
    base = f"/api/v1/events/{quote(event.id, safe='')}"
    box = event.box
    return EventShape(
        id=event.id,
        camera=event.camera,
        started_at=rfc3339(event.started_at),
        last_seen_at=rfc3339(event.last_seen_at),
        ended_at=rfc3339_or_none(event.ended_at),
        causes=list(event.causes),
        pre_roll_seconds=event.pre_roll_seconds,
        score=event.score,
        clip=_clip(event, base, upload, place),
        off_site=_off_site(upload),
        thumbnail=PictureShape(href=f"{base}/thumbnail.jpg", ready=event.has_still),
        still=PictureShape(href=f"{base}/still.jpg", ready=event.has_still),
        zone=event.zone,
        direction=None if event.direction is Direction.STAYING else event.direction,
        box=None if box is None else box.corners,
        ledger=_ledger(event.ledger, may_know),
        test=event.is_test,
    )


def _clip(event: Event, base: str, upload: Upload | None, place: str) -> ClipShape | None:
    recording = event.recording
    if recording is None:
        return None
    copied = upload.size or 0 if upload is not None else 0
    return ClipShape(
        href=f"{base}/clip.mp4",
        bytes=recording.size or copied,
        seconds=round(recording.seconds, 3),
        whole=event.ended_at is not None and not event.unfinished,
        where=_where(event, upload, place),
    )


def _where(event: Event, upload: Upload | None, place: str) -> Literal["here", "off-site", "elsewhere", "gone"]:
    """By the rows: no disk is asked.  What is deleted here to make room keeps a row without bytes."""
    site, recording = site_of(event.camera), event.recording
    runs = event.ended_at is None or event.unfinished
    if site is None and (runs or (recording is not None and (recording.size > 0 or recording.in_minutes))):
        return "here"
    if upload is not None and upload.state is UploadState.DONE:
        return "elsewhere" if is_elsewhere(upload, place) else "off-site"
    return "gone" if site is None else "elsewhere"


def _off_site(upload: Upload | None) -> OffSiteShape:
    if upload is None or upload.state not in {UploadState.DUE, UploadState.DONE}:
        return OffSiteShape(state="none", since=None)
    if upload.state is UploadState.DONE:
        return OffSiteShape(state="done", since=rfc3339(upload.done_at or upload.asked_at))
    return OffSiteShape(state="waiting", since=rfc3339(upload.asked_at))


def _ledger(entries: tuple[LedgerEntry, ...], may_know: Callable[[str], bool]) -> list[LedgerShape]:
    """Before it is sent, a stage's channel is a remote detector, and nobody's secret."""
    return [
        LedgerShape(
            stage=entry.stage,
            at=rfc3339(entry.at),
            ms=milliseconds_since_capture(entries, entry),
            cost_usd=entry.cost_usd,
            channel=entry.channel if entry.stage not in _TO_PEOPLE or may_know(entry.channel) else "",
        )
        for entry in entries
        if entry.stage is not Stage.ACKNOWLEDGED or may_know(entry.channel)
    ]
