"""A viewer's WebSocket at moments that a real network gives only by chance."""

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState

from doorstep.app.viewer_socket import ViewerSocket

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
NONSENSE = b"\xb3\x80\0\0\0\0"  # a frame of no known kind, with bits that nobody agreed on (RFC 6455, 5.2)


class Line(asyncio.Transport):
    """Notes whether it was cut."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 80)})
        self.aborted = False

    def write(self, _data: Any) -> None:
        """Nowhere."""

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        """It is cut already."""


def test_who_talks_nonsense_before_it_is_answered_is_cut_off_and_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    tried: list[str] = []

    async def answers_late(_scope: Scope, _receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        try:
            await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        except ClientDisconnected:
            tried.append("answered nobody")

    async def act() -> None:
        config = uvicorn.Config(answers_late, log_config=None, lifespan="off")
        config.load()
        line, viewer = Line(), ViewerSocket(config, ServerState(), {})
        viewer.connection_made(line)
        viewer.data_received(REQUEST)
        viewer.data_received(NONSENSE)
        assert line.aborted
        await asyncio.gather(*viewer.tasks)

    asyncio.run(act())
    assert tried == ["answered nobody"]
    assert not caplog.records
