"""What the routes of people and of signing in have in common: where somebody asks from, and what the audit log hears.

Those routes live in `session`, `sessions`, `users`, `pairings`, `passkeys`, `reset` and `setup`.
"""

from collections import OrderedDict
from dataclasses import dataclass
from uuid import uuid4

from anyio.to_thread import run_sync
from fastapi import Request

from doorstep.core.access import Account, Grant, may_act_for
from doorstep.core.audit import FAILED, AuditEntry, sign_in_entry
from doorstep.core.household import household
from doorstep.web.gate import LOCAL_OWNER
from doorstep.web.parts import WebParts
from doorstep.web.problems import Refusal, not_found
from doorstep.web.sign_in_parts import SignInParts

FAILURES_TOGETHER_SECONDS = 3600.0
_MOST_FAILING = 256
MANY = "many addresses"


@dataclass(slots=True)
class _Failing:
    first: AuditEntry
    count: int
    last_at: float


class FailedTries:
    """One line of the audit log for all that fails from one household within an hour.  Used on the event loop.

    Beyond so many households the others share one: who has a million addresses must not push out what was done before.
    """

    def __init__(self) -> None:
        self._failing: OrderedDict[str, _Failing] = OrderedDict()

    def entry(self, parts: WebParts, address: str, way: str) -> AuditEntry:
        """The line as it is with one more try; it replaces the one with its id."""
        now = parts.clock.monotonic()
        self._forget(now)
        key = household(address) or address
        if key not in self._failing and len(self._failing) >= _MOST_FAILING:
            key = address = MANY
        known = self._failing.pop(key, None)
        if known is None:
            first = sign_in_entry(uuid4().hex, parts.clock.now(), "Somebody", address, FAILED)
            known = _Failing(first, 0, now)
        self._failing[key] = _Failing(known.first, known.count + 1, now)
        tries = "1 try" if known.count == 0 else f"{known.count + 1} tries"
        return AuditEntry(
            known.first.id, known.first.at, "Somebody", address, FAILED, way=f"{way}, {tries}", until=parts.clock.now()
        )

    def _forget(self, now: float) -> None:
        """Those that are quiet for an hour: the first ones, for each try puts its own to the end."""
        while self._failing and now - next(iter(self._failing.values())).last_at > FAILURES_TOGETHER_SECONDS:
            self._failing.popitem(last=False)


def sign_ins_of(parts: WebParts) -> SignInParts:
    """Raises Refusal where this server has none."""
    if parts.sign_ins is None:
        raise not_found()
    return parts.sign_ins


def address_of(request: Request) -> str:
    """Where the request comes from."""
    return request.client.host if request.client else "local"


def agent_of(request: Request) -> str:
    """What the browser calls itself."""
    return request.headers.get("user-agent", "")[:200]


def name_of(asker: Grant) -> str:
    """Who it is, for the audit log."""
    return asker.account or asker.name


def note(request: Request, parts: WebParts, who: str, verb: str, about: str = "") -> None:
    """Into the audit log, soon."""
    if parts.sign_ins is not None:
        entry = sign_in_entry(uuid4().hex, parts.clock.now(), who, address_of(request), verb, about)
        parts.sign_ins.note(entry)


def note_failure(request: Request, parts: WebParts, way: str) -> None:
    """One more try that failed; many are one line."""
    failed: FailedTries = request.app.state.failed_tries
    if parts.sign_ins is not None:
        parts.sign_ins.note(failed.entry(parts, address_of(request), way))


async def person_asked_for(parts: WebParts, asker: Grant, name: str) -> Account:
    """The person of this name, whom the asker may act for.  Raises Refusal: nobody gives himself what he has not."""
    account = await run_sync(sign_ins_of(parts).persons.find, name)
    if account is None:
        raise not_found()
    if not may_act_for(asker, account):
        raise Refusal(403, "not-allowed", "This person sees cameras that you do not see. Ask an owner who does.")
    return account


def session_of(asker: Grant) -> Grant:
    """The asker, who is a person that is signed in.  Raises Refusal for tokens and for this machine."""
    if asker.account is None or asker is LOCAL_OWNER:
        raise Refusal(409, "no-person", "Only a person who is signed in may do this.")
    return asker
