"""One line for each answer, and the traceback of a bug.  Never a query, a header or a body: they may hold secrets."""

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorstep.ports import Clock
from doorstep.web.problems import unexpected

log = structlog.get_logger()


class AccessLog:
    """Pure ASGI, the outermost: method, path, status, milliseconds until the answer began, and who asked."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on and write when the answer begins, for a live picture may never end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock.monotonic()

        async def send_and_tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                log.debug(
                    "answered",
                    method=scope["method"],
                    path=scope["path"],
                    status=message["status"],
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
            log.exception("a request failed", method=scope.get("method"), path=scope.get("path"))
            if scope["type"] == "http" and not started:
                await unexpected()(scope, receive, send)
