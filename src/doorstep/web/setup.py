"""Making the first user with the one-time code that the server printed.  Closed for good afterwards."""

from anyio.to_thread import run_sync
from fastapi import Request, Response
from pydantic import BaseModel, Field, SecretStr

from doorstep.core.errors import AccessDenied
from doorstep.web.gate import Parts, resource
from doorstep.web.password_checks import Checks
from doorstep.web.problems import Refusal
from doorstep.web.session import begin_session
from doorstep.web.shapes import NeededShape, SessionShape

router = resource("setup")


class SetUp(BaseModel):
    """The printed code, and who the owner will be."""

    code: SecretStr = Field(max_length=256)
    name: str = Field(min_length=1, max_length=128)
    password: SecretStr = Field(max_length=1024)


@router.get("/setup")
async def is_setup_needed(parts: Parts) -> NeededShape:
    """Whether there is nobody yet."""
    return NeededShape(needed=not await run_sync(parts.accounts.is_set_up))


@router.post("/setup", status_code=201)
async def set_up(body: SetUp, request: Request, response: Response, parts: Parts, checks: Checks) -> SessionShape:
    """Make the owner and sign in."""
    if await run_sync(parts.accounts.is_set_up):
        raise Refusal(403, "already-set-up", "Doorstep is set up already. Sign in instead.")
    try:
        secret = await checks.run(
            parts.accounts.set_up, body.code.get_secret_value(), body.name, body.password.get_secret_value()
        )
    except AccessDenied as error:
        raise Refusal(403, "set-up-refused", str(error)) from None
    return await begin_session(secret, request, response, parts)
