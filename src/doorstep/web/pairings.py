"""A phone signed in by a code that another device shows: made there, looked at and used here.  Who may: `accounts`."""

from typing import Annotated
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from fastapi import Body, Request, Response
from pydantic import BaseModel, Field, SecretStr

from doorstep.core.access import Account, Grant, Scope, SignInWay
from doorstep.core.audit import PAIRING_MADE
from doorstep.core.errors import AccessDenied
from doorstep.web.fresh import SaidAgain, confirm
from doorstep.web.gate import LOCAL_OWNER, Asker, Parts, resource
from doorstep.web.instants import rfc3339
from doorstep.web.parts import WebParts
from doorstep.web.password_checks import Checks
from doorstep.web.people_shapes import PairingShape, PairingWayShape, PersonShape
from doorstep.web.problems import Refusal, not_found
from doorstep.web.reach import PAIR_PATH, addresses, best_address, is_loopback
from doorstep.web.session import begin_session, refused_entry
from doorstep.web.shapes import SessionShape
from doorstep.web.sign_ins import address_of, agent_of, name_of, note, person_asked_for, session_of, sign_ins_of

router = resource("pairings")

_UNREACHABLE = (
    "Only this machine reaches Doorstep by this address. Open it by the address that phones at home use, "
    "and add the phone there."
)
_ONLY_HERE = (
    "Doorstep listens to this machine alone, so no phone reaches it. Start it with "
    "`make run LISTEN=0.0.0.0:8080`, or set server.listen to 0.0.0.0:8080 and restart it."
)
_UNSURE = "This page was opened on the machine itself. If the phone cannot open the address, try another one."


class NewPairing(SaidAgain):
    """Whom the phone shall be signed in as; without a name, oneself.  Somebody else is for the owner."""

    name: str | None = Field(default=None, max_length=128)


class Code(BaseModel):
    """What stands behind the # of the address."""

    code: SecretStr = Field(max_length=256)


@router.post("/pairings", status_code=201)
async def make_pairing(
    request: Request, parts: Parts, asker: Asker, checks: Checks, body: Annotated[NewPairing | None, Body()] = None
) -> PairingShape:
    """A code that signs one phone in, within two minutes.  One that the same session made before ends."""
    maker = None if asker is LOCAL_OWNER else session_of(asker)
    person = await _person(parts, asker, body.name if body else None)
    if person.name != asker.account:
        await confirm(body.your_password if body else None, request, parts, asker, checks)
    code, until = await run_sync(sign_ins_of(parts).pairings.make, person, maker)
    note(request, parts, name_of(asker), PAIRING_MADE, "" if person.name == asker.account else f"for {person.name}")
    known = addresses(request, parts) or [best_address(request, parts)]
    ways = await run_sync(lambda: [_way(address, code) for address in known])
    warning = _warning(request, parts)
    return PairingShape(
        code=code,
        name=person.name,
        href=ways[0].href,
        expires_at=rfc3339(until),
        ways=ways,
        warning=warning,
        only_here=warning == _ONLY_HERE,
    )


@router.post("/session/pairing/person")
async def look_at_pairing(body: Code, request: Request, parts: Parts) -> PersonShape:
    """Whom the code would sign in; it stays valid."""
    try:
        name = await run_sync(sign_ins_of(parts).pairings.person_of, body.code.get_secret_value(), address_of(request))
    except AccessDenied as error:
        raise refused_entry(request, parts, SignInWay.PAIRING, error) from None
    return PersonShape(name=name)


@router.post("/session/pairing", status_code=201)
async def sign_in_by_pairing(body: Code, request: Request, response: Response, parts: Parts) -> SessionShape:
    """Begin a session of that person: the answer sets its cookie, and the code opens nothing any more."""
    code = body.code.get_secret_value()
    try:
        secret = await run_sync(sign_ins_of(parts).pairings.use, code, address_of(request), agent_of(request))
    except AccessDenied as error:
        raise refused_entry(request, parts, SignInWay.PAIRING, error) from None
    return await begin_session(secret, request, response, parts, SignInWay.PAIRING)


async def _person(parts: WebParts, asker: Grant, name: str | None) -> Account:
    """Raises Refusal."""
    if name is None or name == asker.account:
        person = await run_sync(sign_ins_of(parts).persons.find, session_of(asker).account or "")
        if person is None:
            raise not_found()
        return person
    if not asker.allows(Scope.ADMIN):
        raise Refusal(403, "not-allowed", "You may not do this.")
    return await person_asked_for(parts, asker, name)


def _way(address: str, code: str) -> PairingWayShape:
    import segno  # noqa: PLC0415 - once for each phone

    href = f"{address}{PAIR_PATH}{code}"
    picture = segno.make(href, error="m", micro=False).svg_data_uri(scale=8, border=4, light="#fff")
    return PairingWayShape(href=href, host=urlsplit(address).netloc, qr=picture)


def _warning(request: Request, parts: WebParts) -> str:
    """In a sentence, empty where all is well."""
    ways = addresses(request, parts)
    if not ways:
        return _ONLY_HERE if is_loopback(parts.address.lan) else _UNREACHABLE
    return _UNSURE if len(ways) > 1 and not (parts.sign_ins and parts.sign_ins.address) else ""
