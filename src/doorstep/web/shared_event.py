"""What a link to one event opens, to whoever has its secret and, where it asks for one, its PIN.  Who makes links and
ends them: `shares`.
"""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import uuid4

from anyio.to_thread import run_sync
from fastapi import Query, Request, Response
from starlette.background import BackgroundTask
from starlette.responses import HTMLResponse

from doorstep.core.access import Grant, Scope
from doorstep.core.errors import BlobMissing, CatalogUnavailable, DoorstepError, SpanUnavailable
from doorstep.core.event import Event
from doorstep.core.media import Codec
from doorstep.core.share import OPENED, Share, noted
from doorstep.web.clips import get_event_clip
from doorstep.web.events import get_still
from doorstep.web.gate import Parts, get_and_head, resource
from doorstep.web.parts import WebParts
from doorstep.web.problems import Refusal, not_found
from doorstep.web.share_page import SharedView, ShownVideo, ended_page, later_page, shared_page
from doorstep.web.share_parts import ShareParts
from doorstep.web.share_pin import answer_to_pin, asked_for_pin, may_see
from doorstep.web.wrong_tries import WrongTries

pages = resource("shares", prefix="")

LINK = "/s/"
BUCKET_LINK_LASTS = timedelta(hours=1)
"""How long an address in the bucket opens a clip for whoever has it (`pipeline/off_site_clips`)."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_TOO_MANY = "Too many wrong links were opened from there. Wait a minute, then try again."
_GONE = "The video is no longer there."
_NOT_NOW = "The video cannot be reached just now. Open the link again later."
_LATER = "Doorstep cannot look it up just now."


@get_and_head(pages, "/s/{share}", "text/html")
async def show_share(share: str, parts: Parts, request: Request) -> Response:
    """A page with when and where it was, the picture and the video.  Whatever opens nothing looks alike: 404."""

    async def page(opened: Opened) -> Response:
        seen = BackgroundTask(_count, parts, share, request) if request.method == "GET" else None
        return HTMLResponse(shared_page(await _view(opened, parts, request)), background=seen)

    return await _if_open(share, parts, request, page)


@pages.post("/s/{share}", response_class=HTMLResponse)
async def open_with_pin(share: str, parts: Parts, request: Request) -> Response:
    """What the form of a link that asks for a PIN sends: the right one leads back to the page, for an hour."""
    pins = _shares(parts).pins

    async def answer(opened: Opened) -> Response:
        return await answer_to_pin(opened.share, share, pins, request)

    return await _if_open(share, parts, request, answer, asks=False)


@get_and_head(pages, "/s/{share}/clip.mp4", "video/mp4")
async def get_shared_clip(
    share: str, parts: Parts, request: Request, codec: Annotated[str | None, Query(max_length=40)] = None
) -> Response:
    """The event's clip, as it is played for who is signed in; `codec=h264` turns H.265 into H.264."""
    return await _if_open(share, parts, request, lambda opened: _clip(opened, parts, request, codec))


@get_and_head(pages, "/s/{share}/still.jpg", "image/jpeg")
async def get_shared_still(share: str, parts: Parts, request: Request) -> Response:
    """The event's best picture."""
    return await _if_open(share, parts, request, lambda opened: get_still(opened.event, parts))


@dataclass(frozen=True, slots=True)
class Opened:
    """What a secret opens."""

    share: Share
    event: Event

    @property
    def grant(self) -> Grant:
        """Who asks for its clip: nobody with a name, and for nothing else."""
        share, only = self.share, frozenset({self.share.camera})
        scopes = frozenset({Scope.CLIP_READ})
        return Grant(f"share {share.id}", "", "a link", None, scopes, only, share.created_at, share.expires_at)


async def _if_open(
    secret: str,
    parts: WebParts,
    request: Request,
    show: Callable[[Opened], Awaitable[Response]],
    *,
    asks: bool = True,
) -> Response:
    """What is behind the link, or a page that says why not: in words for people, for nobody else comes here."""
    tries: WrongTries = request.app.state.share_tries
    address = request.client.host if request.client else "local"
    if not tries.may_try(address):
        return HTMLResponse(later_page(_TOO_MANY), 429, headers={"Retry-After": "60"})
    try:
        opened = await _opened(secret, parts)
    except CatalogUnavailable:
        return HTMLResponse(later_page(_LATER), 503, headers={"Retry-After": "5"})
    if opened is None:
        tries.note(address)
        return HTMLResponse(ended_page(), 404)
    if asks and not may_see(opened.share, _shares(parts).pins, request):
        page = f"{LINK}{secret}"
        return asked_for_pin(page, is_page=request.url.path == page)
    return await show(opened)


async def _opened(secret: str, parts: WebParts) -> Opened | None:
    """Raises CatalogUnavailable."""
    if parts.shares is None or not _SECRET.fullmatch(secret):
        return None
    share = await run_sync(parts.shares.opened_by, secret)
    if share is None:
        return None
    event = await run_sync(parts.catalog.event, share.event) or parts.telling.unstored(share.event)
    return None if event is None or event.deleted_at is not None else Opened(share, event)


async def _clip(opened: Opened, parts: WebParts, request: Request, codec: str | None = None) -> Response:
    """Always now, never a word about where it will be: that address is for who is signed in.

    From the bucket itself only while that address ends before this link does.
    """
    hidden = {b"prefer"}
    if opened.share.expires_at - parts.clock.now() < BUCKET_LINK_LASTS:
        hidden.add(b"sec-fetch-dest")  # without it nobody is sent there
    headers = [(name, value) for name, value in request.scope["headers"] if name not in hidden]
    plain = Request({**request.scope, "headers": headers}, request.receive)
    answer: Response = await get_event_clip(opened.event, parts, opened.grant, plain, None, codec)
    return answer


async def _view(opened: Opened, parts: WebParts, request: Request) -> SharedView:
    event, zone = opened.event, _shares(parts).zone
    camera = parts.cameras.camera(event.camera)
    return SharedView(
        path=request.url.path,
        camera=camera.name if camera else event.camera,
        event=event,
        started_at=event.started_at.astimezone(zone),
        ends_at=opened.share.expires_at.astimezone(zone),
        video=await _video(opened, parts, request),
    )


async def _video(opened: Opened, parts: WebParts, request: Request) -> ShownVideo | str:
    """As a HEAD of the clip tells it; else why it cannot be played."""
    if opened.event.recording is None:
        return "There is no video of this."
    try:
        answer = await _clip(opened, parts, Request({**request.scope, "method": "HEAD"}, request.receive))
    except (BlobMissing, SpanUnavailable):
        return _GONE
    except Refusal as error:
        return _GONE if error.status == HTTPStatus.NOT_FOUND else _NOT_NOW
    except DoorstepError:
        return _NOT_NOW
    told = answer.headers
    if "doorstep-starts-at" not in told:
        return ShownVideo()  # it lies elsewhere, and says more once it is opened
    begins, ends = (datetime.fromisoformat(told[name]) for name in ("doorstep-starts-at", "doorstep-ends-at"))
    is_hevc = told["doorstep-codec"] != Codec.H264.value
    return ShownVideo((ends - begins).total_seconds(), int(told["content-length"]), is_hevc)


async def _count(parts: WebParts, secret: str, request: Request) -> None:
    """Behind the answer: a disk that stalls keeps nobody from looking."""
    address = request.client.host if request.client else "local"
    with suppress(CatalogUnavailable):
        share = await run_sync(_shares(parts).count, secret, address)
        if share is not None:
            shares = _shares(parts)
            shares.note(noted(share, uuid4().hex, parts.clock.now(), OPENED, "Somebody", address))


def _shares(parts: WebParts) -> ShareParts:
    if parts.shares is None:
        raise not_found()
    return parts.shares
