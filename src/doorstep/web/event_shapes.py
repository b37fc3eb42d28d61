"""An event as scripts see it, beside `shapes`: names stay, more may come."""

from collections.abc import Callable
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel

from doorstep.core.event import Cause, Event
from doorstep.core.ledger import LedgerEntry, Stage, milliseconds_since_capture
from doorstep.core.track import Direction
from doorstep.web.delivery_shapes import DeliveryShape
from doorstep.web.instants import rfc3339, rfc3339_or_none

_TO_PEOPLE = frozenset({Stage.SENT, Stage.ACCEPTED, Stage.ACKNOWLEDGED})


class ClipShape(BaseModel):
    """Where an event's video is; `bytes` is the recording's size in the store, a little more than the clip's.

    `whole` is false while it may still grow, which it does for a moment after its event is over.
    """

    href: str
    bytes: int
    seconds: float
    whole: bool


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


def event_shape(event: Event, may_know: Callable[[str], bool]) -> EventShape:
    """As `GET /events` shows it to who may know what went by some channels."""
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
        else ClipShape(
            href=f"{base}/clip.mp4",
            bytes=recording.size,
            seconds=round(recording.seconds, 3),
            whole=event.ended_at is not None and not event.unfinished,
        ),
        thumbnail=PictureShape(href=f"{base}/thumbnail.jpg", ready=event.has_still),
        still=PictureShape(href=f"{base}/still.jpg", ready=event.has_still),
        zone=event.zone,
        direction=None if event.direction is Direction.STAYING else event.direction,
        box=None if box is None else box.corners,
        ledger=_ledger(event.ledger, may_know),
        test=event.is_test,
    )


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
