"""Links that show one event to whoever has them: made, listed, ended.  What is behind one: `shared_event`."""

from collections.abc import Sequence
from typing import Annotated
from uuid import uuid4

from anyio.to_thread import run_sync
from fastapi import Query, Request
from pydantic import BaseModel, Field, SecretStr

from doorstep.core.access import Grant
from doorstep.core.event import EventId
from doorstep.core.share import (
    BY_MACHINE,
    DEFAULT_HOURS,
    ENDED,
    LEAST_HOURS,
    MOST_HOURS,
    SHARED,
    Share,
    by,
    is_pin,
    may_end,
    noted,
)
from doorstep.web.gate import LOCAL_OWNER, Asker, KeptEvent, Parts, resource
from doorstep.web.instants import rfc3339
from doorstep.web.parts import WebParts
from doorstep.web.problems import Refusal, not_found
from doorstep.web.share_parts import ShareParts
from doorstep.web.shared_event import LINK

router = resource("shares")

MOST_OF_AN_EVENT = 50


class NewShare(BaseModel):
    """For how many hours the link opens the event, and the PIN that it asks for, of four to eight digits."""

    hours: int = Field(default=DEFAULT_HOURS, ge=LEAST_HOURS, le=MOST_HOURS, strict=True)
    pin: SecretStr | None = Field(default=None, max_length=40)


class NewShareShape(BaseModel):
    """A new link, whole this once; without `outside` nobody said how this server is reached from outside the house."""

    id: str
    href: str
    expires_at: str
    outside: bool
    pin: bool


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
    pin: bool


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
    wanted = body or NewShare()
    share, secret = await run_sync(shares.make, event, _maker(asker), wanted.hours, _pin_of(wanted))
    _note(parts, share, SHARED, asker.account or asker.name, request)
    base = shares.address or str(request.url.replace(path="", query=""))
    href = f"{base.rstrip('/')}{LINK}{secret}"
    return NewShareShape(
        id=share.id,
        href=href,
        expires_at=rfc3339(share.expires_at),
        outside=bool(shares.address),
        pin=share.pin_hash is not None,
    )


@router.get("/shares")
async def list_shares(
    parts: Parts, asker: Asker, event: Annotated[str | None, Query(max_length=200)] = None
) -> SharesShape:
    """Links that are open, without their secrets: the asker's own, for the owner everybody's; of one event if asked."""
    found = await run_sync(_shares(parts).open_shares, None if event is None else EventId(event))
    return SharesShape(shares=[_shape(share) for share in _theirs(found, asker)])


@router.delete("/shares", status_code=204)
async def end_shares(parts: Parts, asker: Asker, request: Request) -> None:
    """Every link that `GET /shares` lists opens nothing from now on: the asker's own, for the owner everybody's."""
    shares = _shares(parts)
    for share in _theirs(await run_sync(shares.open_shares, None), asker):
        if await run_sync(shares.end, share.id):
            _note(parts, share, ENDED, asker.account or asker.name, request)


@router.delete("/shares/{share_id}", status_code=204)
async def end_share(share_id: str, parts: Parts, asker: Asker, request: Request) -> None:
    """It opens nothing from now on."""
    shares = _shares(parts)
    found = [share for share in _theirs(await run_sync(shares.open_shares, None), asker) if share.id == share_id]
    if not found or not await run_sync(shares.end, share_id):
        raise not_found()
    _note(parts, found[0], ENDED, asker.account or asker.name, request)


def _shares(parts: WebParts) -> ShareParts:
    if parts.shares is None:
        raise not_found()
    return parts.shares


def _pin_of(wanted: NewShare) -> str | None:
    """Raises Refusal."""
    pin = wanted.pin.get_secret_value() if wanted.pin is not None else ""
    if pin and not is_pin(pin):
        raise Refusal(400, "bad-pin", "A PIN has 4 to 8 digits.")
    return pin or None


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
        pin=share.pin_hash is not None,
    )
