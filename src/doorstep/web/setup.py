"""Making the first user with the one-time code that the server printed.  Closed for good afterwards."""

from anyio.to_thread import run_sync
from fastapi import Request, Response
from pydantic import BaseModel, Field, SecretStr

from doorstep.core.access import SignInWay
from doorstep.core.errors import AccessDenied
from doorstep.web.gate import Parts, grant_of, resource
from doorstep.web.password_checks import Checks
from doorstep.web.problems import Refusal
from doorstep.web.session import begin_session, role_of
from doorstep.web.shapes import NeededShape, SessionShape, session_shape
from doorstep.web.sign_ins import address_of, agent_of

router = resource("setup")


class SetUp(BaseModel):
    """The printed code, and who the owner will be."""

    code: SecretStr = Field(max_length=256)
    name: str = Field(min_length=1, max_length=128)
    password: SecretStr = Field(max_length=1024)


@router.get("/setup", response_model_exclude_unset=True)
async def is_setup_needed(request: Request, parts: Parts) -> NeededShape:
    """Whether there is nobody yet; to who is signed in also the answer of `GET /session`, and the house's time zone.

    The page asks this first: a browser writes every 401 into its console, also where it is what was to be found out.
    """
    needed = not await run_sync(parts.accounts.is_set_up)
    grant = await grant_of(request)
    if grant is None:
        return NeededShape(needed=needed)
    session = session_shape(grant, role_of(grant))
    return NeededShape(needed=needed, session=session, timezone=str(parts.preferences.zone))


@router.post("/setup", status_code=201)
async def set_up(body: SetUp, request: Request, response: Response, parts: Parts, checks: Checks) -> SessionShape:
    """Make the owner and sign in."""
    if await run_sync(parts.accounts.is_set_up):
        raise Refusal(403, "already-set-up", "Doorstep is set up already. Sign in instead.")
    try:
        secret = await checks.run(
            parts.accounts.set_up,
            *(body.code.get_secret_value(), body.name, body.password.get_secret_value()),
            *(address_of(request), agent_of(request)),
        )
    except AccessDenied as error:
        raise Refusal(403, "set-up-refused", str(error)) from None
    return await begin_session(secret, request, response, parts, SignInWay.SETUP)
