"""Passkeys over HTTP: made and removed by who is signed in, and a way in for who is not.  Checked by `accounts`."""

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import Body, Request, Response
from pydantic import BaseModel, Field

from doorstep.core.access import SignInWay
from doorstep.core.audit import PASSKEY_ADDED, PASSKEY_REMOVED
from doorstep.core.errors import AccessDenied
from doorstep.core.passkey import PasskeyPlace, why_no_passkeys
from doorstep.web.fresh import SaidAgain, confirm
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.hosts import host_of
from doorstep.web.password_checks import Checks
from doorstep.web.people_shapes import PasskeyShape, PasskeysShape, passkey_shape
from doorstep.web.problems import Refusal, not_found
from doorstep.web.reach import origin_of
from doorstep.web.session import begin_session, refused_entry
from doorstep.web.shapes import SessionShape
from doorstep.web.sign_ins import address_of, agent_of, note, session_of, sign_ins_of

router = resource("passkeys")

TICKET_SECONDS = 300
_TICKET_PATH = "/api/v1"


class NewPasskey(BaseModel):
    """What the device made, as `PublicKeyCredential.toJSON` says it, and what the person calls it."""

    credential: dict[str, Any]
    name: str = Field(default="", max_length=128)


class Signed(BaseModel):
    """What the device signed, as `PublicKeyCredential.toJSON` says it."""

    credential: dict[str, Any]


class Renamed(BaseModel):
    """What the person calls it."""

    name: str = Field(default="", max_length=128)


@router.get("/passkeys")
async def list_passkeys(request: Request, parts: Parts, asker: Asker) -> PasskeysShape:
    """One's own, and whether one can be made at this address."""
    host, found, account = _host(request), [], None
    if asker.account is not None:
        found = list(await run_sync(sign_ins_of(parts).passkeys.of_person, asker.account))
        account = await run_sync(sign_ins_of(parts).persons.find, asker.account)
    why_not = why_no_passkeys(request.url.scheme, host)
    return PasskeysShape(
        possible=not why_not,
        why_not=why_not,
        has_password=account is not None and account.password_hash != "",
        passkeys=[passkey_shape(passkey, host) for passkey in found],
    )


@router.post("/passkeys/options")
async def ask_for_new_passkey(
    request: Request,
    response: Response,
    parts: Parts,
    asker: Asker,
    checks: Checks,
    body: Annotated[SaidAgain | None, Body()] = None,
) -> dict[str, Any]:
    """What the browser hands to `PublicKeyCredential.parseCreationOptionsFromJSON`; good for five minutes, once."""
    session, place = session_of(asker), _place(request)
    await confirm(body.your_password if body else None, request, parts, asker, checks)
    try:
        ticket, options = await run_sync(sign_ins_of(parts).passkeys.ask_to_make, session, place)
    except AccessDenied as error:
        raise Refusal(409, "too-many", str(error)) from None
    _hand_ticket(ticket, request, response)
    return options


@router.post("/passkeys", status_code=201)
async def add_passkey(
    body: NewPasskey, request: Request, response: Response, parts: Parts, asker: Asker
) -> PasskeyShape:
    """Keep it."""
    session, place, ticket = session_of(asker), _place(request), _take_ticket(request, response)
    make = sign_ins_of(parts).passkeys.make
    try:
        passkey = await run_sync(make, session, place, ticket, body.credential, body.name)
    except AccessDenied as error:
        raise Refusal(400, "passkey-refused", str(error)) from None
    note(request, parts, passkey.person, PASSKEY_ADDED, passkey.name)
    return passkey_shape(passkey, place.host)


@router.patch("/passkeys/{passkey_id}", status_code=204)
async def rename_passkey(
    passkey_id: str, parts: Parts, asker: Asker, body: Annotated[Renamed | None, Body()] = None
) -> None:
    """One's own; another's looks like none.  An empty name changes nothing."""
    name = body.name if body else ""
    if not await run_sync(sign_ins_of(parts).passkeys.rename, asker.account or "", passkey_id, name):
        raise not_found()


@router.delete("/passkeys/{passkey_id}", status_code=204)
async def remove_passkey(passkey_id: str, request: Request, parts: Parts, asker: Asker) -> None:
    """One's own opens nothing from now on; another's looks like none."""
    removed = await run_sync(sign_ins_of(parts).passkeys.remove, asker.account or "", passkey_id)
    if removed is None:
        raise not_found()
    note(request, parts, removed.person, PASSKEY_REMOVED, removed.name)


@router.post("/session/passkey/options")
async def ask_for_passkey(request: Request, response: Response, parts: Parts) -> dict[str, Any]:
    """What the browser hands to `PublicKeyCredential.parseRequestOptionsFromJSON`; good for five minutes, once."""
    ticket, options = await run_sync(sign_ins_of(parts).passkeys.ask_to_sign_in, _place(request))
    _hand_ticket(ticket, request, response)
    return options


@router.post("/session/passkey", status_code=201)
async def sign_in_with_passkey(body: Signed, request: Request, response: Response, parts: Parts) -> SessionShape:
    """Begin a session of whose passkey it is: the answer sets its cookie."""
    place, ticket = _place(request), _take_ticket(request, response)
    try:
        secret = await run_sync(
            sign_ins_of(parts).passkeys.sign_in,
            *(place, ticket, body.credential, address_of(request), agent_of(request)),
        )
    except AccessDenied as error:
        raise refused_entry(request, parts, SignInWay.PASSKEY, error) from None
    return await begin_session(secret, request, response, parts, SignInWay.PASSKEY)


def _place(request: Request) -> PasskeyPlace:
    """Raises Refusal where there can be none."""
    host = _host(request)
    why_not = why_no_passkeys(request.url.scheme, host)
    if why_not:
        raise Refusal(409, "no-passkeys-here", why_not)
    return PasskeyPlace(host, origin_of(request))


def _host(request: Request) -> str:
    return host_of(request.headers.get("host", ""))


def _cookie_name(request: Request) -> str:
    return "__Secure-doorstep-passkey" if request.url.scheme == "https" else "doorstep-passkey"


def _hand_ticket(ticket: str, request: Request, response: Response) -> None:
    """To this browser alone: what another one signs for is worth nothing here."""
    response.set_cookie(
        _cookie_name(request),
        ticket,
        max_age=TICKET_SECONDS,
        path=_TICKET_PATH,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def _take_ticket(request: Request, response: Response) -> str:
    name = _cookie_name(request)
    is_secure = request.url.scheme == "https"
    response.delete_cookie(name, path=_TICKET_PATH, secure=is_secure, httponly=True, samesite="strict")
    return request.cookies.get(name, "")
