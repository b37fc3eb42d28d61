"""A bound on what a request may send, and on how long it may take to.  What it means is for the routes."""

import anyio
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorstep.web.problems import too_large

LARGEST_BODY = 64 * 1024
SLOWEST_SECONDS = 30.0
"""For all of a body, from when it is wanted on: who sends it slower holds a place that others need."""


class BodyLimit:
    """Pure ASGI; answers 413 to a body that says it is too large, or that turns out to be while it is read.

    Who does not send the whole of it in time is answered 408.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is small enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isascii() or not declared.isdigit() or len(declared) > 9 or int(declared) > LARGEST_BODY:
            await too_large()(scope, receive, send)
            return
        taken, is_whole = 0, False
        until: float | None = None

        async def receive_bounded() -> Message:
            nonlocal taken, is_whole, until
            if is_whole:
                return await receive()  # that they go, which may take as long as the answer
            until = anyio.current_time() + SLOWEST_SECONDS if until is None else until
            with anyio.CancelScope(deadline=until) as waiting:
                message = await receive()
            if waiting.cancelled_caught:
                raise HTTPException(408)
            is_whole = not message.get("more_body", False)
            taken += len(message.get("body", b""))
            if taken > LARGEST_BODY:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_bounded, send)
