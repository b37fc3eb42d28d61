"""Where people are signed in: listed, and ended.  Signing in and out itself lives in `session`."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Query, Request

from doorstep.core.access import Grant, Scope, may_act_for
from doorstep.core.audit import OTHERS_ENDED, SESSION_ENDED
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.parts import WebParts
from doorstep.web.people_shapes import EndedShape, LoginsShape, login_shape
from doorstep.web.problems import Refusal, not_found
from doorstep.web.sign_ins import name_of, note, person_asked_for, sign_ins_of

router = resource("sessions")


@router.get("/sessions")
async def list_sessions(
    parts: Parts, asker: Asker, *, everybody: Annotated[bool, Query(alias="all")] = False
) -> LoginsShape:
    """One's own, or with `all` everybody's, which is for the owner; the newest use first."""
    if everybody and not asker.allows(Scope.ADMIN):
        raise Refusal(403, "not-allowed", "You may not do this.")
    found = await _sessions(parts, asker, everybody=everybody)
    return LoginsShape(sessions=[login_shape(session, asker) for session in found])


@router.delete("/sessions")
async def end_other_sessions(
    request: Request, parts: Parts, asker: Asker, person: Annotated[str | None, Query(max_length=128)] = None
) -> EndedShape:
    """One's own but this one, or for the owner all of a `person`.  They end at once, also where somebody watches."""
    whose = asker.account
    if person is not None and person != asker.account:
        if not asker.allows(Scope.ADMIN):
            raise Refusal(403, "not-allowed", "You may not do this.")
        whose = (await person_asked_for(parts, asker, person)).name
    ended = await run_sync(sign_ins_of(parts).sessions.end_sessions, whose, asker.id) if whose is not None else 0
    if ended:
        note(request, parts, name_of(asker), OTHERS_ENDED, "" if whose == asker.account else f"of {whose}")
    return EndedShape(ended=ended)


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(session_id: str, request: Request, parts: Parts, asker: Asker) -> None:
    """It ends at once, also where somebody watches.  Another's is for the owner; to others it is unknown."""
    found = await _sessions(parts, asker, everybody=asker.allows(Scope.ADMIN))
    session = next((one for one in found if one.id == session_id), None)
    if session is None or not await run_sync(parts.accounts.revoke, session_id):
        raise not_found()
    whose = "" if session.account == asker.account else f" of {session.account}"
    note(request, parts, name_of(asker), SESSION_ENDED, f"{session.name}{whose}")


async def _sessions(parts: WebParts, asker: Grant, *, everybody: bool) -> list[Grant]:
    """Those that the asker may know of: of whom he may act for."""
    if not everybody and asker.account is None:
        return []
    found = await run_sync(sign_ins_of(parts).sessions.sessions, None if everybody else asker.account)
    if not everybody or asker.cameras is None:
        return list(found)
    theirs = {account.name for account in await run_sync(parts.people) if may_act_for(asker, account)}
    return [session for session in found if session.account in theirs]
