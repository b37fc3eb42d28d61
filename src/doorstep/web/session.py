"""Signing in and out, and who one is.  Passwords are checked by `accounts`."""

from anyio.to_thread import run_sync
from fastapi import Request, Response
from pydantic import BaseModel, Field, SecretStr

from doorstep.core.access import SCOPES_OF_ROLE, Grant, Role, SignInWay
from doorstep.core.audit import OTHERS_ENDED, PASSWORD_CHANGED, SIGNED_IN, SIGNED_OUT
from doorstep.core.errors import AccessDenied, TimeOver, TimeUnknown, TooManyTries
from doorstep.web.gate import LOCAL_OWNER, Asker, Parts, cookie_name, resource, secret_of
from doorstep.web.parts import WebParts
from doorstep.web.password_checks import Checks
from doorstep.web.people_shapes import NewPasswordShape
from doorstep.web.problems import Refusal, too_often
from doorstep.web.shapes import SessionShape, session_shape
from doorstep.web.sign_ins import address_of, agent_of, note, note_failure, session_of, sign_ins_of

router = resource("session")

DEFAULT_AGE_SECONDS = 365 * 24 * 3600


class SignIn(BaseModel):
    """Who, and with which password."""

    name: str = Field(min_length=1, max_length=128)
    password: SecretStr = Field(max_length=1024)


class NewPassword(BaseModel):
    """The one before, empty where there is none, and the one from now on."""

    old: SecretStr = Field(default=SecretStr(""), max_length=1024)
    new: SecretStr = Field(max_length=1024)


@router.post("/session", status_code=201)
async def sign_in(body: SignIn, request: Request, response: Response, parts: Parts, checks: Checks) -> SessionShape:
    """Begin a session: the answer sets its cookie.  A session that the browser had before ends."""
    who, password = body.name, body.password.get_secret_value()
    try:
        secret = await checks.run(parts.accounts.sign_in, who, password, address_of(request), agent_of(request))
    except AccessDenied as error:
        raise refused_entry(request, parts, SignInWay.PASSWORD, error) from None
    return await begin_session(secret, request, response, parts, SignInWay.PASSWORD)


@router.get("/session")
async def who_am_i(asker: Asker) -> SessionShape:
    """The asker's name, role and cameras."""
    return session_shape(asker, role_of(asker))


@router.delete("/session", status_code=204)
async def sign_out(request: Request, response: Response, parts: Parts, asker: Asker) -> None:
    """End this session, here and on the server."""
    secret = secret_of(request)
    if secret is not None:
        await run_sync(parts.accounts.sign_out, secret)
    if asker.account is not None:
        note(request, parts, asker.account, SIGNED_OUT)
    response.delete_cookie(cookie_name(request), secure=request.url.scheme == "https", httponly=True, samesite="strict")


@router.put("/session/password")
async def change_password(
    body: NewPassword, request: Request, parts: Parts, asker: Asker, checks: Checks
) -> NewPasswordShape:
    """One's own; the one before is asked for, where there is one.  All other sessions of this person end."""
    session, old, new = session_of(asker), body.old.get_secret_value(), body.new.get_secret_value()
    try:
        ended = await checks.run(sign_ins_of(parts).new_passwords.change, session, old, new, address_of(request))
    except AccessDenied as error:
        note_failure(request, parts, "password change")
        if isinstance(error, TooManyTries):
            raise too_often(str(error), error.wait) from None
        raise Refusal(400, "password-refused", str(error)) from None
    note(request, parts, asker.account or "", PASSWORD_CHANGED)
    if ended:
        note(request, parts, asker.account or "", OTHERS_ENDED)
    passkeys = await run_sync(sign_ins_of(parts).passkeys.of_person, asker.account or "")
    return NewPasswordShape(ended=ended, passkeys=len(passkeys))


def refused_entry(request: Request, parts: WebParts, way: SignInWay, error: AccessDenied) -> Refusal:
    """What a try that opened nothing is answered; the audit log counts it."""
    note_failure(request, parts, way.value)
    if isinstance(error, TooManyTries):
        return too_often(str(error), error.wait)
    if isinstance(error, TimeUnknown):
        return Refusal(403, "time-unknown", str(error))
    if isinstance(error, TimeOver):
        return Refusal(403, "time-over", str(error))
    return Refusal(401, f"wrong-{way.value}", str(error), {"WWW-Authenticate": 'Bearer realm="Doorstep"'})


async def begin_session(
    secret: str, request: Request, response: Response, parts: WebParts, how: SignInWay
) -> SessionShape:
    """Hand a new session to the browser and end the one that it had."""
    grant = await run_sync(parts.accounts.grant_of, secret)
    if grant is None:
        raise Refusal(401, "wrong-password", "The session ended as soon as it began. Sign in again.")
    former = request.cookies.get(cookie_name(request))
    if former and former != secret:
        await _end_former(former, grant, parts)
    age = DEFAULT_AGE_SECONDS
    if grant.expires_at is not None:
        age = int((grant.expires_at - parts.clock.now()).total_seconds())
    note(request, parts, grant.account or grant.name, SIGNED_IN, f"{how.value}, {grant.name}")
    # Strict is enough: a link in a mail opens the app's page, whose own requests carry the cookie.
    response.set_cookie(
        cookie_name(request),
        secret,
        max_age=age,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return session_shape(grant, role_of(grant))


async def _end_former(secret: str, follower: Grant, parts: WebParts) -> None:
    former = await run_sync(parts.accounts.grant_of, secret)
    if former is not None and parts.push is not None:
        parts.push.devices.follow(former.id, follower)
    await run_sync(parts.accounts.sign_out, secret)


def role_of(grant: Grant) -> str | None:
    """A person's role by what it opens; None for a token."""
    if grant is LOCAL_OWNER:
        return Role.OWNER
    if grant.account is None:
        return None
    return next((role for role, scopes in SCOPES_OF_ROLE.items() if scopes == grant.scopes), None)
