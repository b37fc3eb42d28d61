"""What is asked only of who has just signed in, or says the password once more: whoever finds a phone later is not.

A script's token passes here: what it may was decided when it was made.
"""

from datetime import timedelta

from anyio.to_thread import run_sync
from fastapi import Request
from pydantic import BaseModel, Field, SecretStr

from doorstep.core.access import Grant, SignInWay
from doorstep.core.errors import AccessDenied, TooManyTries
from doorstep.web.gate import LOCAL_OWNER
from doorstep.web.parts import WebParts
from doorstep.web.password_checks import PasswordChecks
from doorstep.web.problems import Refusal, too_often
from doorstep.web.sign_ins import address_of, note_failure

FRESH = timedelta(minutes=10)
"""Who signed in so lately is not asked for his password again."""

_AGAIN = "Enter your password once more. If you have none: Sign in again with your passkey."


class SaidAgain(BaseModel):
    """A body that may hold the asker's own password, once more."""

    your_password: SecretStr | None = Field(default=None, max_length=1024)


def is_fresh(asker: Grant, parts: WebParts) -> bool:
    """Not by a code that a phone showed: who found that phone could show one too."""
    if asker is LOCAL_OWNER:
        return True
    return asker.how is not SignInWay.PAIRING and abs(parts.clock.now() - asker.created_at) < FRESH


async def confirm(
    password: SecretStr | None, request: Request, parts: WebParts, asker: Grant, checks: PasswordChecks
) -> None:
    """Raises Refusal unless the session is young or the password is right; the delays of signing in hold here too."""
    if asker.account is None or is_fresh(asker, parts):
        return
    if password is None:
        raise Refusal(409, "say-password", _AGAIN)
    said, address = password.get_secret_value(), address_of(request)
    try:
        secret = await checks.run(parts.accounts.sign_in, asker.account, said, address, "confirmation")
    except TooManyTries as error:
        note_failure(request, parts, "password again")
        raise too_often(str(error), error.wait) from None
    except AccessDenied as error:
        note_failure(request, parts, "password again")
        raise Refusal(400, "wrong-password", str(error)) from None
    await run_sync(parts.accounts.sign_out, secret)
