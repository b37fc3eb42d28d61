"""Live pictures as multipart/x-mixed-replace, for whatever can show an image.  Where the pictures come from, and what
better live ways there are, is not known here.
"""

from collections.abc import AsyncIterator

import anyio
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from doorstep.core.camera import CameraId
from doorstep.core.live_session import LiveWay
from doorstep.ports import Snapshot
from doorstep.web.instants import rfc3339
from doorstep.web.viewing import viewing

log = structlog.get_logger()

BOUNDARY = "doorstep-picture"

STALL_SECONDS = 10.0
"""Who takes not even one picture in so long does not watch: the connection is broken off."""


class PictureStream(Response):
    """Ends when the viewer goes or stops reading, the camera is removed, or the live session is over."""

    def __init__(self, request: Request, camera: CameraId, pictures: AsyncIterator[Snapshot]) -> None:
        self._request = request
        self._camera = camera
        self._pictures = pictures
        self.stall_seconds = STALL_SECONDS
        self.status_code = 200
        self.background = None
        self.media_type = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        # No `body`: from one, the base class would tell the length of an answer that has none.
        self.init_headers({"Content-Type": self.media_type})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send pictures until one of the four ends it.  Raises a Refusal (429) before the answer begins."""
        del scope
        try:
            async with viewing(self._request, self._camera, LiveWay.MJPEG):
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._until_gone, receive, tasks.cancel_scope)
                    await self._send_pictures(send)
                    tasks.cancel_scope.cancel()
            await self._is_taken(send, b"", more=False)
        finally:
            await self._close()

    async def _send_pictures(self, send: Send) -> None:
        """Each picture with the boundary behind it: browsers show a picture once they have seen its end."""
        if not await self._is_taken(send, f"--{BOUNDARY}\r\n".encode()):
            return
        async for picture in self._pictures:
            head = (
                f"Content-Type: image/jpeg\r\nContent-Length: {len(picture.jpeg)}\r\n"
                f"Doorstep-Taken-At: {rfc3339(picture.taken_at)}\r\n\r\n"
            )
            body = head.encode() + picture.jpeg + f"\r\n--{BOUNDARY}\r\n".encode()
            if not await self._is_taken(send, body):
                log.info("a viewer of pictures stopped reading", camera=self._camera)
                return

    async def _is_taken(self, send: Send, body: bytes, *, more: bool = True) -> bool:
        """Whether the viewer still reads: it took nearly all that was sent before."""
        message: Message = {"type": "http.response.body", "body": body, "more_body": more}
        with anyio.move_on_after(self.stall_seconds) as waiting:
            await send(message)
        return not waiting.cancelled_caught

    async def _until_gone(self, receive: Receive, cancel_scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        cancel_scope.cancel()

    async def _close(self) -> None:
        """A generator is told, so that nobody decodes for a viewer who is gone."""
        close = getattr(self._pictures, "aclose", None)
        if close is not None:
            with anyio.CancelScope(shield=True):
                await close()
