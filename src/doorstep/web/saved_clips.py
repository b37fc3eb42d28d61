"""Keeps a span of a camera's video among the events.  What that makes: `pipeline/saved_clips`."""

from datetime import datetime
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Header, Request
from pydantic import BaseModel, ConfigDict, Field

from doorstep.core.access import Grant
from doorstep.core.camera import CameraId
from doorstep.core.errors import CatalogUnavailable, StoreFull
from doorstep.core.event import Event, EventId
from doorstep.core.pace import Buckets, Pace
from doorstep.web.delivery_shapes import known_channels
from doorstep.web.event_shapes import EventShape, event_shape
from doorstep.web.gate import Asker, Parts, SeenCamera, resource
from doorstep.web.idempotency import Answer, Answered, checked_key
from doorstep.web.instants import parse_span
from doorstep.web.off_site import place_of, uploads_of
from doorstep.web.parts import WebParts
from doorstep.web.problems import Refusal, too_often

router = resource("clips")

PACE = Pace(10, 0.1)
"""Of one person or token: each takes room of the disk, and the next visitor needs it."""

TOO_MANY = "Too many clips were kept at once. Wait a moment, then keep the next one."

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key")]


class SavedSpan(BaseModel):
    """From `start` on, so many seconds."""

    model_config = ConfigDict(extra="forbid")

    start: str = Field(max_length=40)
    seconds: float = Field(gt=0, le=1e9, allow_inf_nan=False)


def saved_clip_pace() -> Buckets:
    """For one app."""
    return Buckets(PACE)


@router.post("/cameras/{camera_id}/clips", status_code=201)
async def save_clip(
    camera: SeenCamera, body: SavedSpan, parts: Parts, asker: Asker, request: Request, key: IdempotencyKey = None
) -> EventShape:
    """Keep the longest gapless part of the span as an event of the cause `saved`, of which nobody is told.

    It is stored, shared and expires as any other.  Called again with the same Idempotency-Key it is the same event.
    """
    first, last = parse_span(f"{body.seconds:.3f}", body.start, None, parts.clock.now(), parts.longest_clip_seconds)
    known, wanted = checked_key(key), {"start": first.isoformat(), "end": last.isoformat()}

    async def act() -> Answer:
        wait = request.app.state.saved_clip_pace.wait((asker.person,), parts.clock.monotonic())
        if wait:
            raise too_often(TOO_MANY, wait)
        return {"event": (await _kept(parts, camera.id, first, last)).id, **wanted}

    if known is None:
        return await _shape(parts, asker, EventId((await act())["event"]))
    answered: Answered = request.app.state.answered
    answer = await answered.once((asker.id, "clip", camera.id, known), act)
    if {**answer, **wanted} != answer:
        raise Refusal(422, "key-reused", "This Idempotency-Key was used for another clip. Use a new one for each.")
    return await _shape(parts, asker, EventId(answer["event"]))


async def _kept(parts: WebParts, camera: CameraId, first: datetime, last: datetime) -> Event:
    """Raises Refusal where there is no room."""
    try:
        return await parts.keep_clip(camera, first, last)
    except StoreFull as error:
        raise Refusal(507, "disk-full", str(error)) from error


async def _shape(parts: WebParts, asker: Grant, event_id: EventId) -> EventShape:
    """Raises Refusal where it was deleted meanwhile."""
    event = await _known(parts, event_id)
    if event is None or event.deleted_at is not None:
        raise Refusal(410, "deleted", "This clip was deleted meanwhile.")
    may_know = known_channels(asker, parts.telling.standings())
    return event_shape(event, may_know, (await uploads_of([event], parts)).get(event.id), place_of(parts))


async def _known(parts: WebParts, event_id: EventId) -> Event | None:
    """From the catalog, or from memory where that did not take it yet."""
    try:
        return await run_sync(parts.catalog.event, event_id) or parts.telling.unstored(event_id)
    except CatalogUnavailable:
        return parts.telling.unstored(event_id)
