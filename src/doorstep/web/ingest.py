"""What nginx's rtmp module asks of us: may this one publish, may that one play.  Only trusted peers get here.

A publisher names the stream by its camera's key; the answer renames it to the camera's id (a redirect is nginx-rtmp's
way to do that), so that no player ever learns a key.
"""

import structlog
from fastapi import Request, Response

from doorstep.core.camera import CameraId
from doorstep.web.gate import Parts, resource
from doorstep.web.parts import WebParts
from doorstep.web.peers import is_trusted
from doorstep.web.problems import Refusal
from doorstep.web.rtmp_call import RtmpCall, is_form, read_call
from doorstep.web.wrong_tries import WrongTries

log = structlog.get_logger()

router = resource("ingest")


@router.post(
    "/ingest/rtmp/publish", status_code=302, response_class=Response, responses={302: {"description": "It may."}}
)
async def may_publish(request: Request, parts: Parts) -> Response:
    """on_publish: 302 with the stream's name in Location when the key is a camera's, else 403."""
    call = await _call(request, "publish")
    tries = _unless_too_many(request, call)
    camera = parts.rtmp.camera_of_key(call.name)
    if camera is None:
        raise _refused(tries, call)
    log.info("publisher accepted", camera=camera, address=call.address)
    return Response(status_code=302, headers={"Location": camera})


@router.post(
    "/ingest/rtmp/play",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It may."}, 302: {"description": "It may, under the name in Location."}},
)
async def may_play(request: Request, parts: Parts) -> Response:
    """on_play: 204 for a camera's id with a token that may watch it, 302 for our own pull by the key, else 403."""
    call = await _call(request, "play")
    tries = _unless_too_many(request, call)
    pulled = _own_pull(parts, call)
    if pulled is not None:
        return Response(status_code=302, headers={"Location": pulled})
    if not await _has_token(parts, call):
        raise _refused(tries, call)
    log.info("player accepted", camera=call.name, address=call.address)
    return Response(status_code=204)


@router.post("/ingest/rtmp/update", status_code=204, response_class=Response)
async def may_go_on(request: Request, parts: Parts) -> Response:
    """on_update, asked while a stream runs: 403, and nginx ends it, once its key or token no longer holds."""
    call = await _call(request, "update_publish", "update_play")
    if call.kind == "update_publish":
        allowed = parts.rtmp.camera_of_key(call.name) is not None
    else:
        allowed = _own_pull(parts, call) is not None or await _has_token(parts, call)
    if not allowed:
        log.info("stream ended: its key no longer holds", kind=call.kind, address=call.address)
        raise _no()
    return Response(status_code=204)


async def _call(request: Request, *kinds: str) -> RtmpCall:
    unreadable = Refusal(400, "invalid", "This is not what nginx's rtmp module asks here.")
    if not is_form(request.headers):
        raise unreadable
    try:
        call = read_call(await request.body())
    except ValueError:
        raise unreadable from None
    if call.kind not in kinds:
        raise unreadable
    return call


def _own_pull(parts: WebParts, call: RtmpCall) -> CameraId | None:
    """Whom Doorstep itself fetches: it names the key and comes from a trusted address.

    The address alone would not do: what comes through a TLS tunnel on this machine has the same one.  Nor the key
    alone: a camera's key is for sending, not for watching from elsewhere.
    """
    camera = parts.rtmp.camera_of_key(call.name)
    return camera if is_trusted(call.address, parts.rtmp.ingest_from) else None


async def _has_token(parts: WebParts, call: RtmpCall) -> bool:
    return bool(call.token) and await parts.rtmp.may_play(call.name, call.token)


def _unless_too_many(request: Request, call: RtmpCall) -> WrongTries:
    tries: WrongTries = request.app.state.wrong_tries
    if not tries.may_try(call.address):
        raise Refusal(429, "too-many-tries", "Too many wrong tries from this address. Wait a little.")
    return tries


def _refused(tries: WrongTries, call: RtmpCall) -> Refusal:
    """The name stays out of the log: it may be a key with a slip in it."""
    tries.note(call.address)
    log.warning("stream refused: wrong key or token", kind=call.kind, address=call.address)
    return _no()


def _no() -> Refusal:
    return Refusal(403, "not-allowed", "You may not do this.")
