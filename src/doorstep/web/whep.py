"""Watching by WebRTC: an offer is posted and answered (WHEP, draft-ietf-wish-whep).  What flows then, and where, is
`ports.WebRtc`'s; who may, and for how long, is `viewing`'s.
"""

from collections.abc import Sequence
from ipaddress import ip_address

from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import Response

from doorstep.core.access import Grant
from doorstep.core.camera import CameraId, StreamKind
from doorstep.core.errors import MediaInvalid, WayImpossible
from doorstep.core.ice_server import IceServer
from doorstep.core.live_session import LiveSession, LiveWay
from doorstep.web.gate import Asker, Parts, SeenCamera, came_through, resource
from doorstep.web.parts import WebParts
from doorstep.web.peers import FORWARDED
from doorstep.web.problems import Refusal, not_found
from doorstep.web.same_origin import SDP, SDP_FRAGMENT
from doorstep.web.viewing import begin_viewing

router = resource("live")

_OFFER = {"requestBody": {"required": True, "content": {SDP: {"schema": {"type": "string"}}}}}
_FRAGMENT = {"requestBody": {"required": True, "content": {SDP_FRAGMENT: {"schema": {"type": "string"}}}}}
_ANSWER: dict[int | str, dict[str, object]] = {201: {"content": {SDP: {"schema": {"type": "string"}}}}}


@router.post(
    "/cameras/{camera_id}/live/whep",
    status_code=201,
    response_class=Response,
    responses=_ANSWER,
    openapi_extra=_OFFER,
)
async def begin_whep(
    camera: SeenCamera, parts: Parts, asker: Asker, request: Request, stream: StreamKind = StreamKind.MAIN
) -> Response:
    """Answers an offer (SDP); the address in Location ends the session by DELETE and takes candidates by PATCH."""
    offer = await _text(request, SDP)
    over: list[str] = []

    def cut() -> None:
        over.append(session.id)
        parts.webrtc.hang_up(session.id)

    session = begin_viewing(request, camera.id, LiveWay.WEBRTC, cut)
    answer = await _answer(request, parts, session, stream, offer)
    if over:  # by somebody else, before there was anything to hang up
        parts.webrtc.hang_up(session.id)
        raise not_found()
    headers = {"Location": f"/api/v1/cameras/{camera.id}/live/whep/{session.id}"}
    links = ", ".join(link for server in _helping(request, parts, asker) for link in _links(server))
    return Response(answer, 201, {**headers, **({"Link": links} if links else {})}, SDP)


@router.patch(
    "/cameras/{camera_id}/live/whep/{session_id}", status_code=204, response_class=Response, openapi_extra=_FRAGMENT
)
async def add_whep_candidates(
    camera: SeenCamera, parts: Parts, asker: Asker, request: Request, session_id: str
) -> Response:
    """More ways to the viewer (trickle ICE, RFC 8840)."""
    _check_own(parts, camera.id, asker, session_id)
    try:
        await parts.webrtc.add_candidates(session_id, await _text(request, SDP_FRAGMENT))
    except MediaInvalid as error:
        raise _refusal(error) from error
    return Response(status_code=204)


@router.delete("/cameras/{camera_id}/live/whep/{session_id}", status_code=204, response_class=Response)
async def end_whep(camera: SeenCamera, parts: Parts, asker: Asker, session_id: str) -> Response:
    """Ends the session."""
    _check_own(parts, camera.id, asker, session_id)
    parts.webrtc.hang_up(session_id)
    parts.live_sessions.end(session_id)
    return Response(status_code=204)


async def _answer(request: Request, parts: WebParts, session: LiveSession, stream: StreamKind, offer: str) -> str:
    """Without one the session is over.  Raises a Refusal."""
    camera, sessions, answer = session.viewer.camera, parts.live_sessions, None
    try:
        answer = await parts.webrtc.answer(
            session.id,
            camera,
            stream,
            offer,
            from_here=_is_here(request),
            on_end=lambda: sessions.end(session.id),
            through_hub=came_through(request),
        )
    except (MediaInvalid, WayImpossible) as error:
        raise _refusal(error) from error
    finally:
        if answer is None:
            sessions.end(session.id)
    return answer


def _check_own(parts: WebParts, camera: CameraId, asker: Grant, session_id: str) -> None:
    """Only for the login that began it; somebody else's looks like none.  Raises a Refusal."""
    for session in parts.live_sessions.sessions():
        viewer = session.viewer
        if session.id == session_id and viewer.way is LiveWay.WEBRTC:
            if (viewer.login, viewer.camera) == (asker.id, camera):
                return
            break
    raise not_found()


async def _text(request: Request, media_type: str) -> str:
    if _media_type(request.headers) != media_type:
        raise Refusal(415, "wrong-type", f"Send the body as {media_type}.")
    try:
        return (await request.body()).decode()
    except UnicodeDecodeError:
        raise Refusal(400, "sdp-invalid", "The description of the WebRTC session (SDP) is not text.") from None


def _media_type(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _refusal(error: MediaInvalid | WayImpossible) -> Refusal:
    if isinstance(error, WayImpossible):
        return Refusal(409, "way-impossible", str(error))
    return Refusal(400, "sdp-invalid", str(error))


def _is_here(request: Request) -> bool:
    """Whether the viewer is on this machine: not where a proxy on it speaks for them."""
    if came_through(request) or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _helping(request: Request, parts: WebParts, asker: Grant) -> Sequence[IceServer]:
    return parts.webrtc.ice_servers(asker.id, through_hub=came_through(request))


def _links(server: IceServer) -> list[str]:
    """By WHEP, section 4.6; the config allows no quotes in them."""
    access = f'; username="{server.username}"; credential="{server.credential}"; credential-type="password"'
    return [f'<{url}>; rel="ice-server"{access if server.credential else ""}' for url in server.urls]
