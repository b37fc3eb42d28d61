"""The public socket: whoever stops reading is cut off by the system, also behind the end of our answer."""

import asyncio
import socket
import threading

from doorstep.app.http import STUCK_SECONDS, listen
from doorstep.core.settings import ServerSettings


def accepted(public: socket.socket) -> tuple[socket.socket, socket.socket]:
    client = socket.create_connection(public.getsockname())
    public.setblocking(True)
    ours, _ = public.accept()
    return ours, client


def test_every_connection_is_cut_off_a_minute_after_it_stops_reading() -> None:
    with listen(ServerSettings(host="127.0.0.1", port=0)) as public:
        ours, client = accepted(public)
        with ours, client:
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == STUCK_SECONDS * 1000


def test_a_connection_that_was_closed_but_is_never_read_ends_by_that() -> None:
    """The same option, for a second: what it does is the system's promise, which we build upon."""
    lost = threading.Event()

    class Floods(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            transport.write(bytes(32 << 20))
            transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            assert isinstance(exc, OSError)
            lost.set()

    async def act() -> None:
        with listen(ServerSettings(host="127.0.0.1", port=0)) as public:
            public.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000)
            server = await asyncio.get_running_loop().create_server(Floods, sock=public)
            client = socket.create_connection(public.getsockname())
            with client:
                await asyncio.wait_for(asyncio.to_thread(lost.wait, 60), 70)
            server.close()

    asyncio.run(act())
    assert lost.is_set()
