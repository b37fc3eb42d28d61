"""The security headers of every answer, errors included.  Who may see an answer is not decided here."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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

NEVER_KEPT = "private, no-store"

_ANSWERS = ("http.response.start", "websocket.http.response.start")
"""How an answer begins; the second refuses a WebSocket."""


class SecurityHeaders:
    """Pure ASGI; what it sets cannot be overruled by a route, but for the caching of the built app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, with headers on the first message of an answer."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in _ANSWERS:
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
                if scope["path"].startswith("/api/") or "cache-control" not in headers:
                    headers["Cache-Control"] = NEVER_KEPT
            await send(message)

        await self._app(scope, receive, send_with_headers)
