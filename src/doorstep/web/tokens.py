"""Tokens for scripts and buttons: made, listed, revoked.  Their secret is shown once."""

from anyio.to_thread import run_sync
from pydantic import BaseModel, Field

from doorstep.core.access import Scope
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.given_cameras import given_cameras
from doorstep.web.instants import parse_optional_instant
from doorstep.web.problems import Refusal, not_found
from doorstep.web.shapes import NewTokenShape, TokensShape, token_shape

router = resource("tokens")


class NewToken(BaseModel):
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
async def create_token(body: NewToken, parts: Parts, asker: Asker) -> NewTokenShape:
    """A new token's secret."""
    expires_at = parse_optional_instant(body.expires_at, "expires_at")
    if expires_at is not None and expires_at <= parts.clock.now():
        raise Refusal(400, "bad-time", '"expires_at" must lie in the future.')
    cameras = given_cameras(parts, asker, body.cameras)
    secret = await run_sync(parts.accounts.create_token, body.name, frozenset(body.scopes), cameras, expires_at)
    return NewTokenShape(token=secret)


@router.delete("/tokens/{grant_id}", status_code=204)
async def revoke_token(grant_id: str, parts: Parts) -> None:
    """It opens nothing from now on."""
    if not await run_sync(parts.accounts.revoke, grant_id):
        raise not_found()
