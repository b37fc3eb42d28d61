"""The door to which the hub's tunnel leads: who asks there comes from outside, and is whoever the hub says.

Only the tunnel can knock at this socket (0600, in the data folder), and at its other end only the hub's web server
speaks; so the word of that one hop is believed here, and at no other door.  Making the socket is the server's business.
"""

from collections import Counter

import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from doorstep.core.forwarding import of_one_hop
from doorstep.core.household import household
from doorstep.web.gate import LOCAL_OWNER_KEY, THROUGH_HUB_KEY
from doorstep.web.problems import problem
from doorstep.web.proxies import as_asked, headers_of

log = structlog.get_logger()

_WORDS = (
    "The hub does not say who asks, or did not ask by https. Set it up again with the doorstep-hub of this release."
)
_TOO_MANY = "Too much is asked for from your network at once. Close some windows, then try again."

MOST_OF_ONE = 128
"""Requests of one household that run at once, sockets included; a page asks for a few dozen."""


class ThroughHub:
    """Wraps the app for the hub's socket.  The mark is a key of the scope, which no header can set.

    What the hub does not tell of is refused: nobody may be taken for somebody else, nor a session be told in the clear.
    Connections are the hub's own here, so requests are what is counted, for no household can take all the room.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._told = False
        self._running: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on as its client sent it to the hub."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        told = of_one_hop(headers_of(scope))
        if told.client is None or told.scheme != "https":
            self._log_once()
            await _refuse(problem(403, "hub-unclear", _WORDS), scope, receive, send)
            return
        asked = {**as_asked(scope, told), THROUGH_HUB_KEY: True}
        asked.pop(LOCAL_OWNER_KEY, None)
        key = household(told.client)
        if self._running[key] >= MOST_OF_ONE:
            await _refuse(problem(429, "too-many", _TOO_MANY), asked, receive, send)
            return
        self._running[key] += 1
        try:
            await self._app(asked, receive, send)
        finally:
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key]

    def _log_once(self) -> None:
        if not self._told:
            self._told = True
            log.warning("what came through the hub is refused", reason=_WORDS)


async def _refuse(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await answer(scope, receive, send)
