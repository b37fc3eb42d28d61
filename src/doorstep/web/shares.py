"""Links that show one event to whoever has them: made, listed, ended; and what is behind one, opened by its secret."""

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import uuid4

from anyio.to_thread import run_sync
from fastapi import Query, Request, Response
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask
from starlette.responses import HTMLResponse

from doorstep.core.access import Grant, Scope
from doorstep.core.errors import BlobMissing, CatalogUnavailable, DoorstepError, SpanUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.media import Codec
from doorstep.core.share import (
    BY_MACHINE,
    DEFAULT_HOURS,
    ENDED,
    LEAST_HOURS,
    MOST_HOURS,
    OPENED,
    SHARED,
    Share,
    by,
    may_end,
    noted,
)
from doorstep.web.clips import get_event_clip
from doorstep.web.events import get_still
from doorstep.web.gate import LOCAL_OWNER, Asker, KeptEvent, Parts, get_and_head, resource
from doorstep.web.instants import rfc3339
from doorstep.web.parts import WebParts
from doorstep.web.problems import Refusal, not_found
from doorstep.web.share_page import SharedView, ShownVideo, ended_page, later_page, shared_page
from doorstep.web.share_parts import ShareParts
from doorstep.web.wrong_tries import WrongTries

router = resource("shares")
pages = resource("shares", prefix="")

MOST_OF_AN_EVENT = 50
LINK = "/s/"
BUCKET_LINK_LASTS = timedelta(hours=1)
"""How long an address in the bucket opens a clip for whoever has it (`pipeline/off_site_clips`)."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_TOO_MANY = "Too many wrong links were opened from there. Wait a minute, then try again."
_GONE = "The video is no longer there."
_NOT_NOW = "The video cannot be reached just now. Open the link again later."
_LATER = "Doorstep cannot look it up just now."


class NewShare(BaseModel):
    """For how many hours the link opens the event."""

    hours: int = Field(default=DEFAULT_HOURS, ge=LEAST_HOURS, le=MOST_HOURS, strict=True)


class NewShareShape(BaseModel):
    """A new link, whole this once; without `outside` nobody said how this server is reached from outside the house."""

    id: str
    href: str
    expires_at: str
    outside: bool


class ShareShape(BaseModel):
    """A link that is open.  `made_by` is a person, empty for a script and for Doorstep's own mails (`by_mail`)."""

    id: str
    event: str
    camera: str
    made_by: str
    by_mail: bool
    created_at: str
    expires_at: str
    opened: int


class SharesShape(BaseModel):
    """Newest first."""

    shares: list[ShareShape]


@router.post("/events/{event_id}/share", status_code=201)
async def share_event(
    event: KeptEvent, parts: Parts, asker: Asker, request: Request, body: NewShare | None = None
) -> NewShareShape:
    """A link that shows this event, and nothing else, to whoever has it, for 24 hours unless said otherwise."""
    shares = _shares(parts)
    if len(await run_sync(shares.open_shares, event.id)) >= MOST_OF_AN_EVENT:
        detail = f"There are {MOST_OF_AN_EVENT} links to this event already. End one first."
        raise Refusal(409, "too-many-links", detail)
    hours = (body or NewShare()).hours
    share, secret = await run_sync(shares.make, event, _maker(asker), hours)
    _note(parts, share, SHARED, asker.account or asker.name, request)
    base = shares.address or str(request.url.replace(path="", query=""))
    href = f"{base.rstrip('/')}{LINK}{secret}"
    return NewShareShape(id=share.id, href=href, expires_at=rfc3339(share.expires_at), outside=bool(shares.address))


@router.get("/shares")
async def list_shares(
    parts: Parts, asker: Asker, event: Annotated[str | None, Query(max_length=200)] = None
) -> SharesShape:
    """Links that are open, without their secrets: the asker's own, for the owner everybody's; of one event if asked."""
    found = await run_sync(_shares(parts).open_shares, None if event is None else EventId(event))
    return SharesShape(shares=[_shape(share) for share in _theirs(found, asker)])


@router.delete("/shares/{share_id}", status_code=204)
async def end_share(share_id: str, parts: Parts, asker: Asker, request: Request) -> None:
    """It opens nothing from now on."""
    shares = _shares(parts)
    found = [share for share in _theirs(await run_sync(shares.open_shares, None), asker) if share.id == share_id]
    if not found or not await run_sync(shares.end, share_id):
        raise not_found()
    _note(parts, found[0], ENDED, asker.account or asker.name, request)


@get_and_head(pages, "/s/{share}", "text/html")
async def show_share(share: str, parts: Parts, request: Request) -> Response:
    """A page with when and where it was, the picture and the video.  Whatever opens nothing looks alike: 404."""

    async def page(opened: Opened) -> Response:
        seen = BackgroundTask(_count, parts, share, request) if request.method == "GET" else None
        return HTMLResponse(shared_page(await _view(opened, parts, request)), background=seen)

    return await _if_open(share, parts, request, page)


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
    secret: str, parts: WebParts, request: Request, show: Callable[[Opened], Awaitable[Response]]
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
            _note(parts, share, OPENED, "Somebody", request)


def _shares(parts: WebParts) -> ShareParts:
    if parts.shares is None:
        raise not_found()
    return parts.shares


def _maker(asker: Grant) -> str:
    return BY_MACHINE if asker is LOCAL_OWNER else by(asker)


def _theirs(shares: Sequence[Share], asker: Grant) -> list[Share]:
    return [share for share in shares if may_end(share, asker, _maker(asker))]


def _note(parts: WebParts, share: Share, verb: str, who: str, request: Request) -> None:
    address = request.client.host if request.client else "local"
    _shares(parts).note(noted(share, uuid4().hex, parts.clock.now(), verb, who, address))


def _shape(share: Share) -> ShareShape:
    return ShareShape(
        id=share.id,
        event=share.event,
        camera=share.camera,
        made_by=share.person or "",
        by_mail=share.is_by_mail,
        created_at=rfc3339(share.created_at),
        expires_at=rfc3339(share.expires_at),
        opened=share.opened,
    )
