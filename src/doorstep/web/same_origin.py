"""Writes come from our own pages or from scripts, never from another site's page.  Who is asking lives in `gate`."""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from doorstep.web.gate import LOCAL_OWNER_KEY, TRUSTED_PEER_KEY
from doorstep.web.problems import problem
from doorstep.web.rtmp_call import is_form

SDP = "application/sdp"
SDP_FRAGMENT = "application/trickle-ice-sdpfrag"

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_SHARE = re.compile(r"/s/[^/]+")
_WHEP = re.compile(r"/api/v1/cameras/[^/]+/live/whep(?:/[^/]+)?")


def is_same_origin(headers: Headers) -> bool:
    """Whether a write may be believed to come from our own page, or from no page at all.

    A browser says where a request comes from by Sec-Fetch-Site (Fetch Metadata, 2.4) or by Origin on every write
    (RFC 6454, 7).  A request with neither and without a cookie comes from a script: there is nothing on it that
    another site could have borrowed.  So does one with a bearer token and no cookie, for a page cannot send that
    header here without our leave.
    """
    has_cookie = "cookie" in headers
    if not has_cookie and headers.get("authorization", "").lower().startswith("bearer "):
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return not has_cookie
    try:
        host = urlsplit(origin).netloc.lower()
    except ValueError:
        return False
    return host == headers.get("host", "").lower() != ""


def has_body(headers: Headers) -> bool:
    """Whether the request brings content (RFC 9112, 6)."""
    return "transfer-encoding" in headers or headers.get("content-length", "0").strip() not in ("", "0")


def is_json(headers: Headers) -> bool:
    """Whether the content is declared as JSON; a form of another site cannot declare that."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def is_sdp(headers: Headers, path: str) -> bool:
    """Whether the content is a WebRTC description, where one is asked for; a form of another site cannot declare it."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in {SDP, SDP_FRAGMENT} and _WHEP.fullmatch(path) is not None


def is_pin_form(headers: Headers, path: str) -> bool:
    """Whether it is the form of a link that asks for its PIN, which borrows nothing of who sends it.

    Where there is no TLS the browser tells nothing that says whose page it was: that page wants no Referer.
    """
    return _SHARE.fullmatch(path) is not None and is_form(headers)


class SameOrigin:
    """Pure ASGI; refuses writes (and WebSockets, which no other rule of the browser guards) from other sites."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on reads and our own writes."""
        is_socket = scope["type"] == "websocket"
        if not is_socket and (scope["type"] != "http" or scope["method"] in _READS):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not is_socket and is_pin_form(headers, scope["path"]):
            await self._app(scope, receive, send)
            return
        if scope.get(LOCAL_OWNER_KEY) is not True and not is_same_origin(headers):
            if is_socket:
                await send({"type": "websocket.close", "code": 1008})
                return
            refusal = problem(403, "cross-site", "This came from another site's page, so Doorstep did not do it.")
            await refusal(scope, receive, send)
        elif has_body(headers) and not (
            is_json(headers) or is_sdp(headers, scope["path"]) or (scope.get(TRUSTED_PEER_KEY) and is_form(headers))
        ):
            await problem(415, "not-json", "Send the body as application/json.")(scope, receive, send)
        else:
            await self._app(scope, receive, send)
