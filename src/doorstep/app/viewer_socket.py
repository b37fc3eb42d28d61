"""uvicorn's WebSocket for viewers of live video, who may be slow, hostile, or gone without a word."""

import asyncio
import socket
from asyncio.transports import BaseTransport
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from doorstep.web.live_mse import LONGEST_MESSAGE

UNSENT_BYTES = 128 << 10
"""What the kernel may hold that is not on its way yet; beyond it a viewer is slow, and pictures are left out."""

BUFFERED_BYTES = 1 << 20
FRAME_BYTES = 128 << 10
"""Of a message that is sent: what of a larger one nobody has taken yet waits where all viewers share it."""

LINGER_SECONDS = 10.0
MOST_PIECES = 16
"""Frames of one message from a viewer."""

OPTIONS: dict[str, Any] = {  # Any: uvicorn's keywords have many types
    "ws_max_size": LONGEST_MESSAGE,
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": 20.0,
    "ws_per_message_deflate": False,  # video does not get smaller
}


class ViewerSocket(WebSocketsSansIOProtocol):
    """Drops the connection, where uvicorn would wait for what a dead or silent viewer never takes."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Keep the kernel's queue short, so that a slow viewer is noticed while there is still something to skip."""
        super().connection_made(transport)
        self._sending = asyncio.Lock()
        connection = transport.get_extra_info("socket")
        if connection is not None and connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)

    async def send(self, message: ASGISendEvent) -> None:
        """As uvicorn's.  It takes a socket that was refused with a document for one that nobody answered."""
        async with self._sending:
            data = message.get("bytes") if message["type"] == "websocket.send" else None
            if data is not None and len(data) > FRAME_BYTES:
                await self._send_in_frames(data)
                return
            await super().send(message)
            if self.close_sent:
                self.handshake_complete = True

    async def _send_in_frames(self, data: bytes) -> None:
        """One message in several frames (RFC 6455, 5.4), the next when the one before is nearly on its way."""
        for at in range(0, len(data), FRAME_BYTES):
            await self.writable.wait()
            if self.disconnected or self.close_sent or self.transport.is_closing():
                raise ClientDisconnected
            send = self.conn.send_continuation if at else self.conn.send_binary
            send(data[at : at + FRAME_BYTES], at + FRAME_BYTES >= len(data))
            self.transport.write(b"".join(self.conn.data_to_send()))

    def handle_parser_exception(self) -> None:
        """Who talks nonsense before he is answered is cut off; uvicorn would look for the goodbye that was sent him."""
        if self.conn.close_sent is not None:
            super().handle_parser_exception()
            return
        # The connection is lost a turn of the loop later; until then nothing is sent any more, no refusal either.
        self.disconnected = self.handshake_complete = True
        self.transport.abort()

    def handle_ping(self) -> None:
        """Answer, but do not collect answers for who reads none."""
        super().handle_ping()
        if self.transport.get_write_buffer_size() > BUFFERED_BYTES:
            self.transport.abort()

    def handle_cont(self, event: Frame) -> None:
        """A message of a few bytes needs few frames."""
        super().handle_cont(event)
        if len(self.frames) > MOST_PIECES:
            self.transport.abort()

    def keepalive_timeout(self) -> None:
        """Nobody is there: what waits to be sent is not sent."""
        super().keepalive_timeout()
        self.transport.abort()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """It is over for us; who takes the rest has a moment for it."""
        super().on_task_complete(task)
        if self.transport.get_write_buffer_size():
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)
