"""An event whose video or picture is gone here: from the copy off-site, or in plain words why not.

Who may see the event was decided before; nothing is asked of anybody outside for what lies here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from anyio.to_thread import run_sync
from fastapi import Request, Response
from starlette.responses import RedirectResponse

from doorstep.core.clip_file import Clip
from doorstep.core.errors import BlobMissing, CatalogUnavailable, DoorstepError, StoreRefused, StoreUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.core.site import site_of
from doorstep.core.upload import Upload, UploadState, is_elsewhere
from doorstep.web.off_site_parts import OffSiteClipParts
from doorstep.web.parts import WebParts
from doorstep.web.problems import Refusal

T = TypeVar("T")

RETRY = {"Retry-After": "15"}
NOT_NAMED = "the config does not name any more"
_SENT_THERE = frozenset({"video", "document"})
"""What a browser wants a clip for when another address will do (Fetch Metadata): to play it, or to save it."""


def lies_elsewhere(event: Event) -> bool:
    """Whether it is another box's: a file of ours may be called as its recording is."""
    return site_of(event.camera) is not None


async def clip_off_site(
    event: Event, parts: WebParts, request: Request, why: DoorstepError, *, as_it_is: bool
) -> Clip | Response:
    """The clip, or where a browser finds it; with `as_it_is` False it will be converted, and must come here.

    Raises Refusal, and `why` where there is no copy.
    """
    play, upload = await _copy_of(event, parts, why)
    clip = await _asked(play, lambda: play.clip_of(event, upload))
    if as_it_is and _may_be_sent(request):
        link = await _asked(play, lambda: play.link_to(upload, clip.name))
        if link is not None:
            return RedirectResponse(link, 307, {"Cache-Control": "no-store"})
    return clip


def _may_be_sent(request: Request) -> bool:
    """To the bucket itself: not who says `direct=0`, as a browser does that could not reach it."""
    return (
        request.method == "GET"
        and request.headers.get("sec-fetch-dest") in _SENT_THERE
        and request.query_params.get("direct") != "0"
    )


async def picture_off_site(event: Event, parts: WebParts, why: DoorstepError, *, small: bool) -> bytes:
    """Raises Refusal, and `why` where there is no copy."""
    play, upload = await _copy_of(event, parts, why)
    key = thumbnail_key(upload.key) if small else still_key(upload.key)
    return await _asked(play, lambda: play.picture(key))


def place_of(parts: WebParts) -> str:
    """The bucket that copies of now go to; empty without one."""
    return parts.off_site.place if parts.off_site is not None else ""


async def uploads_of(events: Sequence[Event], parts: WebParts) -> Mapping[EventId, Upload]:
    """Of a page, with one question; none while the list cannot be read."""
    play = parts.off_site
    if play is None or not events:
        return {}
    try:
        return await run_sync(play.uploads_of, [event.id for event in events])
    except CatalogUnavailable:
        return {}


async def _copy_of(event: Event, parts: WebParts, why: DoorstepError) -> tuple[OffSiteClipParts, Upload]:
    play = parts.off_site
    upload = (await run_sync(play.uploads_of, [event.id])).get(event.id) if play is not None else None
    if play is not None and upload is not None and upload.state is UploadState.DONE:
        if is_elsewhere(upload, play.place):
            raise Refusal(404, "off-site-elsewhere", f"Its copy lies in {upload.place}, which {NOT_NAMED}.")
        return play, upload
    site = site_of(event.camera)
    if site is not None:
        raise Refusal(404, "elsewhere", f"Its video lies at {site}.")
    raise why


async def _asked(play: OffSiteClipParts, ask: Callable[[], T]) -> T:
    try:
        return await run_sync(ask, limiter=play.asking)
    except BlobMissing:
        raise Refusal(404, "off-site-gone", "This was deleted off-site by its retention.") from None
    except StoreRefused:
        detail = "The copy off-site cannot be opened: it was deleted there, or the viewer's keys may not read it."
        raise Refusal(503, "off-site-refused", detail, {"Retry-After": "300"}) from None
    except StoreUnavailable:
        detail = "This lies off-site, which cannot be reached just now. Try again."
        raise Refusal(503, "off-site-unavailable", detail, RETRY) from None
