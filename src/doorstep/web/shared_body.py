"""Sends bytes that many ask for and that are kept once: whoever takes them slowly, or not at all, costs no copy."""

from collections.abc import Sequence

import anyio
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

log = structlog.get_logger()

CHUNK_BYTES = 64 << 10
"""What is handed on at once: the next when the one before is nearly on its way."""

SEND_SECONDS = 60.0
"""Who has not taken all of it by then is given up, and with that what would be kept for them alone."""


class SharedBody(Response):
    """An answer of known length, of pieces one behind the other.  The connection is broken off where it takes too long,
    so that nobody takes a part for the whole.
    """

    def __init__(self, pieces: Sequence[bytes], media_type: str) -> None:
        self._pieces = pieces
        self.send_seconds = SEND_SECONDS
        self.status_code = 200
        self.background = None
        self.media_type = media_type
        self.init_headers({"Content-Length": str(sum(map(len, pieces)))})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all of it, or as much as is taken in time."""
        del receive
        with anyio.move_on_after(self.send_seconds) as waiting:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for piece in self._pieces if scope["method"] == "GET" else ():
                for at in range(0, len(piece), CHUNK_BYTES):
                    body = piece[at : at + CHUNK_BYTES]
                    await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        if waiting.cancelled_caught:
            log.info("live video was given up: its reader takes too long", path=scope["path"])
