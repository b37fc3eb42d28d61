"""A short queue in front of the slow password check, so that strangers cannot take the machine with it."""

from collections.abc import Callable
from typing import Annotated, TypeVar, TypeVarTuple

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, Request

from doorstep.web.problems import Refusal

# A check takes a core for a tenth of a second on purpose: a few at once, a few more waiting.
CHECKS_AT_ONCE = 2
MOST_UNDER_WAY = 18

Args = TypeVarTuple("Args")
Result = TypeVar("Result")


class PasswordChecks:
    """Bounded in threads and in length.  Used on the event loop only."""

    def __init__(self) -> None:
        self._limiter: CapacityLimiter | None = None
        self._under_way = 0

    async def run(self, check: Callable[[*Args], Result], *args: *Args) -> Result:
        """The result of a check in a thread.  Raises Refusal (429) when too many are under way, else as `check`."""
        if self._under_way >= MOST_UNDER_WAY:
            detail = "Too many people are signing in at once. Try again in a moment."
            raise Refusal(429, "busy", detail, {"Retry-After": "5"})
        self._limiter = self._limiter or CapacityLimiter(CHECKS_AT_ONCE)
        self._under_way += 1
        try:
            return await run_sync(check, *args, limiter=self._limiter)
        finally:
            self._under_way -= 1


async def _checks(request: Request) -> PasswordChecks:
    checks: PasswordChecks = request.app.state.password_checks
    return checks


Checks = Annotated[PasswordChecks, Depends(_checks)]
