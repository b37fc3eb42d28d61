"""The security headers of every answer, errors included.  Who may see an answer is not decided here."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorstep.web.share_page import STYLE_SOURCE

_POLICIES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types svelte-trusted-html doorstep-sw",
)

SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(_POLICIES),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_OF_A_SHARE = ("default-src", "img-src", "media-src", "base-uri", "frame-ancestors")

SHARE_HEADERS = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": "; ".join(
        (
            *(policy for policy in _POLICIES if policy.split()[0] in _OF_A_SHARE),
            f"style-src {STYLE_SOURCE}",
            "form-action 'self'",
        )
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""Of what a link opens: a page that runs nothing, and that tells nobody where it was."""

NEVER_KEPT = "private, no-store"

_ANSWERS = ("http.response.start", "websocket.http.response.start")
"""How an answer begins; the second refuses a WebSocket."""


class SecurityHeaders:
    """Pure ASGI; what it sets cannot be overruled by a route, but for the caching of the built app."""

    def __init__(self, app: ASGIApp, media_from: str = "") -> None:
        """`media_from` is an origin besides our own from which a page may play video, empty for none."""
        self._app = app
        self._own = _with_media(SECURITY_HEADERS, media_from)
        self._of_a_share = _with_media(SHARE_HEADERS, media_from)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, with headers on the first message of an answer."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in _ANSWERS:
                headers = MutableHeaders(scope=message)
                is_share = scope["path"].startswith("/s/")
                for name, value in (self._of_a_share if is_share else self._own).items():
                    headers[name] = value
                if is_share or scope["path"].startswith("/api/") or "cache-control" not in headers:
                    headers["Cache-Control"] = NEVER_KEPT
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _with_media(headers: Mapping[str, str], origin: str) -> Mapping[str, str]:
    if not origin:
        return headers
    policy = headers["Content-Security-Policy"].replace("media-src 'self'", f"media-src 'self' {origin}")
    return {**headers, "Content-Security-Policy": policy}
