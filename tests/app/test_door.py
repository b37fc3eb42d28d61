"""Connections of strangers to a real server on loopback: they take neither all the room nor all the time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from doorstep.app.http import COMMON, Uvicorn

MOST = 8
HALF = MOST // 2
ASK = b"GET / HTTP/1.1\r\nHost: door\r\n\r\n"
SOCKET = (
    b"GET / HTTP/1.1\r\nHost: door\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
ANSWERS = {b"HTTP/1.1 204", b"HTTP/1.1 101"}


async def _answers(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


Knocks = Callable[[str, bytes], Awaitable[asyncio.StreamReader]]


@asynccontextmanager
async def _served() -> AsyncIterator[Knocks]:
    """Gives a way to connect from an address of this machine and to send what is given."""
    server = Uvicorn(uvicorn.Config(_answers, host="127.0.0.1", port=0, limit_concurrency=MOST, **COMMON))
    writers: list[asyncio.StreamWriter] = []

    async def knock(address: str, says: bytes) -> asyncio.StreamReader:
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        writers.append(writer)
        writer.write(says)
        return reader

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield knock
        for writer in writers:
            writer.close()
        server.should_exit = True


async def _is_answered(reader: asyncio.StreamReader) -> bool:
    try:
        return (await reader.read(12)) in ANSWERS
    except ConnectionError:
        return False


@pytest.mark.parametrize("says", [ASK, SOCKET])
def test_one_address_gets_half_of_the_connections_and_the_others_are_served(says: bytes) -> None:
    async def act() -> None:
        async with _served() as knock:
            held = [await knock("127.0.0.2", says) for _ in range(HALF)]
            assert all([await _is_answered(one) for one in held])
            assert not await _is_answered(await knock("127.0.0.2", says))
            assert await _is_answered(await knock("127.0.0.3", says))

    asyncio.run(act())


def test_sockets_are_among_the_connections_that_there_may_be() -> None:
    async def act() -> None:
        async with _served() as knock:
            for address in ("127.0.0.2", "127.0.0.3"):
                assert all([await _is_answered(await knock(address, SOCKET)) for _ in range(HALF)])
            assert not await _is_answered(await knock("127.0.0.4", SOCKET))

    asyncio.run(act())


@pytest.mark.parametrize("says", [b"", ASK[:20]])
def test_who_asks_for_nothing_is_not_waited_for(says: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doorstep.app.door.FIRST_REQUEST_SECONDS", 0.3)

    async def act() -> None:
        async with _served() as knock:
            asks_later = await knock("127.0.0.1", ASK)
            idle = await knock("127.0.0.1", says)
            assert not await _is_answered(idle)
            assert await _is_answered(asks_later)
            assert not asks_later.at_eof()  # kept alive

    asyncio.run(act())
