"""Tokens for scripts and buttons: made, listed, revoked.  Their secret is shown once."""

from anyio.to_thread import run_sync
from fastapi import Request
from pydantic import Field

from doorstep.core.access import Scope
from doorstep.core.audit import TOKEN_MADE, TOKEN_REVOKED
from doorstep.web.fresh import SaidAgain, confirm
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.given_cameras import given_cameras
from doorstep.web.instants import parse_optional_instant
from doorstep.web.password_checks import Checks
from doorstep.web.problems import Refusal, not_found
from doorstep.web.shapes import NewTokenShape, TokensShape, token_shape
from doorstep.web.sign_ins import name_of, note

router = resource("tokens")


class NewToken(SaidAgain):
    """What the token shall open; `cameras` null means all, `expires_at` null never."""

    name: str = Field(default="", max_length=128)
    scopes: list[Scope] = Field(min_length=1)
    cameras: list[str] | None = None
    expires_at: str | None = None


@router.get("/tokens")
async def list_tokens(parts: Parts) -> TokensShape:
    """Every token, without its secret."""
    return TokensShape(tokens=[token_shape(grant) for grant in await run_sync(parts.accounts.tokens)])


@router.post("/tokens", status_code=201)
async def create_token(body: NewToken, request: Request, parts: Parts, asker: Asker, checks: Checks) -> NewTokenShape:
    """A new token's secret."""
    expires_at = parse_optional_instant(body.expires_at, "expires_at")
    if expires_at is not None and expires_at <= parts.clock.now():
        raise Refusal(400, "bad-time", '"expires_at" must lie in the future.')
    cameras = given_cameras(parts, asker, body.cameras)
    if Scope.ADMIN in body.scopes:
        await confirm(body.your_password, request, parts, asker, checks)
    secret = await run_sync(parts.accounts.create_token, body.name, frozenset(body.scopes), cameras, expires_at)
    note(request, parts, name_of(asker), TOKEN_MADE, body.name)
    return NewTokenShape(token=secret)


@router.delete("/tokens/{grant_id}", status_code=204)
async def revoke_token(grant_id: str, request: Request, parts: Parts, asker: Asker) -> None:
    """It opens nothing from now on."""
    found = [token.name for token in await run_sync(parts.accounts.tokens) if token.id == grant_id]
    if not found or not await run_sync(parts.accounts.revoke, grant_id):
        raise not_found()
    note(request, parts, name_of(asker), TOKEN_REVOKED, found[0])
