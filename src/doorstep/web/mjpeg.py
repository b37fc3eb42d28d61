"""Live pictures as multipart/x-mixed-replace, for whatever can show an image.  Where the pictures come from, and what
better live ways there are, is not known here.
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from doorstep.ports import Clock, Snapshot
from doorstep.web.instants import rfc3339

BOUNDARY = "doorstep-picture"
CHECK_SECONDS = 5.0


class PictureStream(Response):
    """Ends when the viewer goes, the camera is removed, or the viewer may no longer watch (asked every 5 s)."""

    def __init__(
        self, pictures: AsyncIterator[Snapshot], may_watch: Callable[[], Awaitable[bool]], clock: Clock
    ) -> None:
        self._pictures = pictures
        self._may_watch = may_watch
        self._clock = clock
        self.status_code = 200
        self.background = None
        self.media_type = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        # No `body`: from one, the base class would tell the length of an answer that has none.
        self.init_headers({"Content-Type": self.media_type})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send pictures until one of the three ends it."""
        del scope
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._until_gone, receive, tasks.cancel_scope)
                tasks.start_soon(self._until_forbidden, tasks.cancel_scope)
                await self._send_pictures(send)
                tasks.cancel_scope.cancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await self._close()

    async def _send_pictures(self, send: Send) -> None:
        """Each picture with the boundary behind it: browsers show a picture once they have seen its end."""
        await send({"type": "http.response.body", "body": f"--{BOUNDARY}\r\n".encode(), "more_body": True})
        async for picture in self._pictures:
            head = (
                f"Content-Type: image/jpeg\r\nContent-Length: {len(picture.jpeg)}\r\n"
                f"Doorstep-Taken-At: {rfc3339(picture.taken_at)}\r\n\r\n"
            )
            body = head.encode() + picture.jpeg + f"\r\n--{BOUNDARY}\r\n".encode()
            await send({"type": "http.response.body", "body": body, "more_body": True})

    async def _until_gone(self, receive: Receive, cancel_scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        cancel_scope.cancel()

    async def _until_forbidden(self, cancel_scope: anyio.CancelScope) -> None:
        while await self._may_watch():
            await self._clock.sleep(CHECK_SECONDS)
        cancel_scope.cancel()

    async def _close(self) -> None:
        """A generator is told, so that nobody decodes for a viewer who is gone."""
        close = getattr(self._pictures, "aclose", None)
        if close is not None:
            with anyio.CancelScope(shield=True):
                await close()
