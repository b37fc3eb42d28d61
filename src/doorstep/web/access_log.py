"""One line for each answer, and the traceback of a bug.  Never a query, a header or a body: they may hold secrets."""

import re

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorstep.ports import Clock
from doorstep.web.problems import unexpected

log = structlog.get_logger()

_SHARED = re.compile(r"(?<=^/s/)[^/]+")

_STATUS = {"websocket.accept": 101, "websocket.close": 403}
"""What is answered with messages that do not say it: a WebSocket that is closed before it opens is refused."""


class AccessLog:
    """Pure ASGI, the outermost: method, path, status, milliseconds until the answer began, and who asked.

    Of a WebSocket that is its opening.
    """

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on and write when the answer begins, for a live picture may never end."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        began, answered = self._clock.monotonic(), False

        async def send_and_tell(message: Message) -> None:
            nonlocal answered
            status = message.get("status") or _STATUS.get(message["type"])
            if status is not None and not answered:
                answered = True
                log.debug(
                    "answered",
                    method=scope.get("method", "WS"),
                    path=without_secret(scope["path"]),
                    status=status,
                    ms=round((self._clock.monotonic() - began) * 1000),
                    address=(scope.get("client") or ("local",))[0],
                )
            await send(message)

        await self._app(scope, receive, send_and_tell)


class BugCatcher:
    """Pure ASGI, just inside the headers: a bug becomes one line with its traceback and a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; an answer that has begun is broken off."""
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception:
            log.exception("a request failed", method=scope.get("method"), path=without_secret(scope.get("path", "")))
            if scope["type"] == "http" and not started:
                await unexpected()(scope, receive, send)


def without_secret(path: str) -> str:
    """The path as it may be written down: what opens a shared event stands in it."""
    return _SHARED.sub("…", path)
