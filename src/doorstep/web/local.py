"""The door for the owner's own shell: whoever may open the 0600 socket in the data folder is the owner.  Making that
socket is the server's business.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from doorstep.web.gate import LOCAL_OWNER_KEY


class LocalOwner:
    """Wraps the app for the Unix socket.  The mark is a key of the scope, which no header can set."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on as the owner's."""
        if scope["type"] in ("http", "websocket"):
            scope = {**scope, LOCAL_OWNER_KEY: True}
        await self._app(scope, receive, send)
