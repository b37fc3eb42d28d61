"""Signing in and out, and who one is.  Passwords are checked by `accounts`."""

from anyio.to_thread import run_sync
from fastapi import Request, Response
from pydantic import BaseModel, Field, SecretStr

from doorstep.core.access import SCOPES_OF_ROLE, Grant, Role
from doorstep.core.errors import AccessDenied
from doorstep.web.gate import LOCAL_OWNER, Asker, Parts, cookie_name, resource, secret_of
from doorstep.web.parts import WebParts
from doorstep.web.password_checks import Checks
from doorstep.web.problems import Refusal
from doorstep.web.shapes import SessionShape, session_shape

router = resource("session")

DEFAULT_AGE_SECONDS = 365 * 24 * 3600


class SignIn(BaseModel):
    """Who, and with which password."""

    name: str = Field(min_length=1, max_length=128)
    password: SecretStr = Field(max_length=1024)


@router.post("/session", status_code=201)
async def sign_in(body: SignIn, request: Request, response: Response, parts: Parts, checks: Checks) -> SessionShape:
    """Begin a session: the answer sets its cookie.  A session that the browser had before ends."""
    address = request.client.host if request.client else "local"
    agent = request.headers.get("user-agent", "")[:200]
    try:
        secret = await checks.run(parts.accounts.sign_in, body.name, body.password.get_secret_value(), address, agent)
    except AccessDenied as error:
        raise Refusal(401, "wrong-password", str(error), {"WWW-Authenticate": 'Bearer realm="Doorstep"'}) from None
    return await begin_session(secret, request, response, parts)


@router.get("/session")
async def who_am_i(asker: Asker) -> SessionShape:
    """The asker's name, role and cameras."""
    return session_shape(asker, role_of(asker))


@router.delete("/session", status_code=204)
async def sign_out(request: Request, response: Response, parts: Parts) -> None:
    """End this session, here and on the server."""
    secret = secret_of(request)
    if secret is not None:
        await run_sync(parts.accounts.sign_out, secret)
    response.delete_cookie(cookie_name(request), secure=request.url.scheme == "https", httponly=True, samesite="strict")


async def begin_session(secret: str, request: Request, response: Response, parts: WebParts) -> SessionShape:
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
