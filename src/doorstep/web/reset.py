"""A password set by a one-time link.  Who makes such links: `users`, and `doorstep users reset`."""

from anyio.to_thread import run_sync
from fastapi import Request, Response
from pydantic import BaseModel, Field, SecretStr

from doorstep.core.access import SignInWay
from doorstep.core.audit import RESET_USED
from doorstep.core.errors import AccessDenied, TimeOver, TooManyTries
from doorstep.web.gate import Parts, resource
from doorstep.web.password_checks import Checks
from doorstep.web.people_shapes import AfterResetShape, ResetPersonShape
from doorstep.web.problems import Refusal
from doorstep.web.session import begin_session, refused_entry
from doorstep.web.sign_ins import address_of, agent_of, note, sign_ins_of

router = resource("reset")


class Code(BaseModel):
    """What stands behind the # of the link."""

    code: SecretStr = Field(max_length=256)


class Reset(Code):
    """The same, and the password from now on."""

    password: SecretStr = Field(max_length=1024)


@router.post("/reset/person")
async def look_at_reset(body: Code, request: Request, parts: Parts) -> ResetPersonShape:
    """Whose password the link sets, and whether it is their first; it stays valid."""
    name = await _person_of(body, request, parts)
    person = await run_sync(sign_ins_of(parts).persons.find, name)
    return ResetPersonShape(name=name, is_first=person is not None and person.password_hash == "")


@router.post("/reset", status_code=201)
async def reset_password(
    body: Reset, request: Request, response: Response, parts: Parts, checks: Checks
) -> AfterResetShape:
    """Set it, end every session of this person, and begin a new one: the answer sets its cookie."""
    person = await _person_of(body, request, parts)
    code, password = body.code.get_secret_value(), body.password.get_secret_value()
    try:
        secret = await checks.run(
            sign_ins_of(parts).new_passwords.reset, code, password, address_of(request), agent_of(request)
        )
    except (TooManyTries, TimeOver) as error:
        raise refused_entry(request, parts, SignInWay.RESET, error) from None
    except AccessDenied as error:  # the link was right a moment ago: what is refused is the password
        raise Refusal(400, "password-refused", str(error)) from None
    note(request, parts, person, RESET_USED)
    session = await begin_session(secret, request, response, parts, SignInWay.RESET)
    passkeys = await run_sync(sign_ins_of(parts).passkeys.of_person, person)
    return AfterResetShape(**session.model_dump(), passkeys=len(passkeys))


async def _person_of(body: Code, request: Request, parts: Parts) -> str:
    try:
        return await run_sync(
            sign_ins_of(parts).new_passwords.person_of, body.code.get_secret_value(), address_of(request)
        )
    except AccessDenied as error:
        raise refused_entry(request, parts, SignInWay.RESET, error) from None
