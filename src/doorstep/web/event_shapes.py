"""An event as scripts see it, beside `shapes`: names stay, more may come."""

from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel

from doorstep.core.event import Cause, Event
from doorstep.core.ledger import Stage, milliseconds_since_capture
from doorstep.core.track import Direction
from doorstep.web.instants import rfc3339, rfc3339_or_none


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
    """Something that happened at a camera.

    `zone` is empty for the whole picture; `box` left, top, right and bottom of somebody in parts of the still.
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
    thumbnail: PictureShape
    still: PictureShape
    zone: str
    direction: Literal[Direction.ARRIVING, Direction.LEAVING] | None
    box: tuple[float, float, float, float] | None
    ledger: list[LedgerShape]


class EventsShape(BaseModel):
    """One page, newest first; `next` is the cursor of the next."""

    events: list[EventShape]
    next: str | None


def event_shape(event: Event) -> EventShape:
    """As `GET /events` shows it."""
    base = f"/api/v1/events/{quote(event.id, safe='')}"
    recording, box = event.recording, event.box
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
        zone=event.zone,
        direction=None if event.direction is Direction.STAYING else event.direction,
        box=None if box is None else box.corners,
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
