"""Who watches now, for the owner, who may end it.  Sessions begin and end with those who watch: see `viewing`."""

from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.live_shapes import LiveSessionsShape, live_session_shape
from doorstep.web.problems import not_found

router = resource("live")


@router.get("/live/sessions")
async def list_live_sessions(parts: Parts, asker: Asker) -> LiveSessionsShape:
    """Every viewer of the cameras that the asker may see, whichever way they watch."""
    running = [session for session in parts.live_sessions.sessions() if asker.sees(session.viewer.camera)]
    return LiveSessionsShape(sessions=[live_session_shape(session) for session in running])


@router.delete("/live/sessions/{session_id}", status_code=204)
async def end_live_session(session_id: str, parts: Parts, asker: Asker) -> None:
    """It ends at once.  Who may watch can begin another: to keep somebody out, end their login or revoke the token."""
    session = next((one for one in parts.live_sessions.sessions() if one.id == session_id), None)
    if session is None or not asker.sees(session.viewer.camera):
        raise not_found()
    parts.live_sessions.cut(session_id)
