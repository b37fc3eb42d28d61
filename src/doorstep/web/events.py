"""What happened: search, one event, deletion that can be undone, and its pictures."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Query, Response

from doorstep.core.access import Grant
from doorstep.core.camera import CameraId
from doorstep.core.delivery import Delivery
from doorstep.core.errors import BlobMissing, CatalogUnavailable
from doorstep.core.event import Cause, Event
from doorstep.ports import EventQuery
from doorstep.web.delivery_shapes import delivery_shape, known_channels
from doorstep.web.event_shapes import EventShape, EventsShape, EventWithDeliveriesShape, event_shape
from doorstep.web.gate import Asker, KeptEvent, Parts, SeenEvent, get_and_head, resource
from doorstep.web.instants import parse_optional_instant
from doorstep.web.off_site import lies_elsewhere, picture_off_site, place_of, uploads_of
from doorstep.web.parts import WebParts
from doorstep.web.problems import Refusal

router = resource("events")

LARGEST_PICTURE = 16 << 20


@router.get("/events")
async def list_events(
    parts: Parts,
    asker: Asker,
    camera: Annotated[str | None, Query(max_length=200)] = None,
    since: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    until: Annotated[str | None, Query(alias="to", max_length=40)] = None,
    cause: Cause | None = None,
    cursor: Annotated[str | None, Query(max_length=500, pattern=r"^[\x21-\x7e]+$")] = None,
    *,
    limit: Annotated[int, Query(ge=1, le=200)] = 60,
    tests: bool = False,
) -> EventsShape:
    """One page, newest first, of what the asker may see; tests of the doorstep only if asked for."""
    query = EventQuery(
        cameras=_visible(asker, camera),
        since=parse_optional_instant(since, "from"),
        until=parse_optional_instant(until, "to"),
        cause=cause,
        cursor=cursor,
        limit=limit,
        tests=tests,
        shared=asker.sees_elsewhere,
    )
    if query.since is not None and query.until is not None and query.since > query.until:
        raise Refusal(400, "bad-span", '"from" must not lie behind "to".')
    page, following = await run_sync(parts.catalog.events, query)
    may_know = known_channels(asker, parts.telling.standings())
    uploads, place = await uploads_of(page, parts), place_of(parts)
    return EventsShape(events=[event_shape(one, may_know, uploads.get(one.id), place) for one in page], next=following)


def _visible(asker: Grant, camera: str | None) -> frozenset[CameraId] | None:
    """The cameras to search; a camera that is not the asker's is searched like one that does not exist: in vain."""
    if camera is None:
        return asker.cameras
    return frozenset({CameraId(camera)}) if asker.sees(CameraId(camera)) else frozenset()


@router.get("/events/{event_id}")
async def get_event(event: KeptEvent, parts: Parts, asker: Asker) -> EventWithDeliveriesShape:
    """One event, and who was told of it; `stored` is false while the disk does not take all of that."""
    remembered = {one.id: one for one in parts.telling.deliveries_of(event.id)}
    try:
        kept = {one.id: one for one in await run_sync(parts.catalog.deliveries_of, event.id)}
    except CatalogUnavailable:
        kept = {}
    stored = parts.telling.unstored(event.id) is None and all(_is_kept(one, kept) for one in remembered.values())
    may_know = known_channels(asker, parts.telling.standings())
    deliveries = [delivery_shape(one) for one in {**kept, **remembered}.values() if may_know(one.channel)]
    shape = event_shape(event, may_know, (await uploads_of([event], parts)).get(event.id), place_of(parts))
    return EventWithDeliveriesShape(**shape.model_dump(), stored=stored, deliveries=deliveries)


def _is_kept(delivery: Delivery, kept: Mapping[str, Delivery]) -> bool:
    row = kept.get(delivery.id)
    return row is not None and (row.state, row.opened_at) == (delivery.state, delivery.opened_at)


@router.delete("/events/{event_id}", status_code=204)
async def delete_event(event: SeenEvent, parts: Parts) -> None:
    """Take it out of sight; its recording goes later, so that this can be undone.  No error the second time."""
    if event.ended_at is None:
        raise Refusal(409, "still-running", "This event still runs. Delete it when it is over.")
    if event.deleted_at is None:
        await run_sync(parts.catalog.mark_deleted, event.id, parts.clock.now())
    parts.telling.forget_pictures(event.id)


@router.post("/events/{event_id}/restore")
async def restore_event(event: SeenEvent, parts: Parts, asker: Asker) -> EventShape:
    """Undo the deletion."""
    if event.deleted_at is not None:
        await run_sync(parts.catalog.mark_deleted, event.id, None)
    upload = (await uploads_of([event], parts)).get(event.id)
    may_know = known_channels(asker, parts.telling.standings())
    return event_shape(replace(event, deleted_at=None), may_know, upload, place_of(parts))


@get_and_head(router, "/events/{event_id}/thumbnail.jpg", "image/jpeg")
async def get_thumbnail(event: KeptEvent, parts: Parts) -> Response:
    """A small picture for lists."""
    return await _picture(event, parts, parts.thumbnail_key(event), small=True)


@get_and_head(router, "/events/{event_id}/still.jpg", "image/jpeg")
async def get_still(event: KeptEvent, parts: Parts) -> Response:
    """The best picture of the visitor."""
    return await _picture(event, parts, parts.still_key(event), small=False)


async def _picture(event: Event, parts: WebParts, key: str, *, small: bool) -> Response:
    """What lies here, else its copy off-site."""
    if not event.has_still:
        raise Refusal(404, "no-picture", "This event has no picture.")
    why = BlobMissing("The picture of this event lies at another box.")
    if not lies_elsewhere(event):
        try:
            return _jpeg(await run_sync(parts.store.read, key, 0, LARGEST_PICTURE))
        except BlobMissing as error:
            why = error
    return _jpeg(await picture_off_site(event, parts, why, small=small))


def _jpeg(picture: bytes) -> Response:
    return Response(picture, media_type="image/jpeg")
