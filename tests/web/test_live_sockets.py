"""Live video over a WebSocket of the real server: what a viewer is told, who gets in, and viewers who misbehave."""

import asyncio
import base64
import json
import logging
import secrets
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from doorstep.app.http import COMMON, Uvicorn
from doorstep.core.access import Role, Scope
from doorstep.core.camera import StreamKind
from doorstep.core.media import Packet
from doorstep.mp4.init_segment import init_segment
from fakes.footage import FORMAT, packet, plain_packets
from fakes.house import FRONT, GARDEN, House

PATH = f"/api/v1/cameras/{FRONT}/live/mse"
LIVE = Scope.LIVE_READ
BIG = 60_000


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        made.packets.put(FRONT, FORMAT)
        for one in plain_packets(3):
            made.packets.put(FRONT, one)
        yield made


class Served(Uvicorn):
    """Says when it can be reached."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    def transports(self) -> list[asyncio.Transport]:
        return [one.transport for one in self.server_state.connections]


@asynccontextmanager
async def served(house: House, **options: Any) -> AsyncIterator[tuple[Served, int]]:  # Any: uvicorn's own keywords
    server = Served(uvicorn.Config(house.app, host="127.0.0.1", port=0, **(COMMON | options)))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        await server.ready.wait()
        yield server, server.servers[0].sockets[0].getsockname()[1]
        server.should_exit = True


def watch(port: int, headers: dict[str, str], path: str = PATH, name: str = "127.0.0.1") -> connect:
    address = f"ws://{name}:{port}{path}"
    host = "127.0.0.1"
    return connect(address, host=host, additional_headers=headers, compression=None, open_timeout=60, max_size=None)


def run(house: House, act: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(120):
            await act()

    house.runner.run(bounded())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what the server does has no event of ours
        await asyncio.sleep(0.01)


async def texts_and_bytes(viewer: ClientConnection, count: int) -> list[dict[str, Any] | bytes]:
    messages = [await viewer.recv() for _ in range(count)]
    return [json.loads(one) if isinstance(one, str) else one for one in messages]


async def closed(viewer: ClientConnection) -> tuple[int, str]:
    """Code and reason, whatever came before."""
    with suppress(ConnectionClosed):
        async for _ in viewer:
            pass
    await viewer.wait_closed()
    assert viewer.close_code is not None
    return viewer.close_code, viewer.close_reason or ""


def dts_of(message: bytes) -> int:
    """Behind prft: moof, mfhd, traf, tfhd, and in tfdt the time."""
    assert (message[4:8], message[36:40], message[84:88]) == (b"prft", b"moof", b"tfdt")
    (dts,) = struct.unpack_from(">Q", message, 92)
    assert isinstance(dts, int)
    return dts


def test_a_viewer_is_told_the_time_the_format_and_each_picture(house: House) -> None:
    async def act() -> None:
        async with served(house) as (_, port), watch(port, house.token(LIVE)) as viewer:
            now = int(house.clock.now().timestamp() * 1000)
            hello, fmt, init, backlog = await texts_and_bytes(viewer, 4)
            assert hello == {"type": "hello", "now": now, "stream": "main"}
            mime = 'video/mp4; codecs="avc1.42001E"'
            assert fmt == {"type": "format", "mime": mime, "width": 640, "height": 480}
            assert init == init_segment(FORMAT)
            assert isinstance(backlog, bytes)
            assert backlog.endswith(b"sample 0sample 40sample 80")
            for number in range(3, 6):
                house.packets.put(FRONT, packet(40 * number))
                [piece] = await texts_and_bytes(viewer, 1)
                assert isinstance(piece, bytes)
                assert (dts_of(piece), piece.endswith(b"sample %d" % (40 * number))) == (40 * number, True)
            [session] = house.live_sessions.sessions()
            assert (session.viewer.camera, session.viewer.way) == (FRONT, "mse")
        await until(lambda: not house.live_sessions.sessions())
        assert house.packets.viewers(FRONT) == 0

    run(house, act)


def test_a_page_that_is_signed_in_watches_by_its_cookie_and_the_small_stream_where_there_is_one(house: House) -> None:
    async def act() -> None:
        async with served(house) as (_, port):
            async with watch(port, house.session(Role.GUEST), f"{PATH}?stream=sub") as viewer:
                assert (await texts_and_bytes(viewer, 1))[0]["stream"] == "main"  # type: ignore[call-overload]
            house.packets.put(FRONT, replace(FORMAT, width=320), StreamKind.SUB)
            house.packets.put(FRONT, packet(0, key=True), StreamKind.SUB)
            async with watch(port, house.session(Role.GUEST), f"{PATH}?stream=sub") as viewer:
                hello, fmt = await texts_and_bytes(viewer, 2)
                assert hello["stream"] == "sub"  # type: ignore[call-overload]
                assert fmt["width"] == 320  # type: ignore[call-overload]

    run(house, act)


def test_a_ping_is_answered_with_the_time(house: House) -> None:
    async def act() -> None:
        async with served(house) as (_, port), watch(port, house.token(LIVE)) as viewer:
            await texts_and_bytes(viewer, 4)
            now = int(house.clock.now().timestamp() * 1000)
            await viewer.send('{"type":"ping","t":1234.5}')
            [pong] = await texts_and_bytes(viewer, 1)
            assert pong == {"type": "pong", "t": 1234.5, "now": now}

    run(house, act)


def test_who_may_not_watch_gets_no_socket_and_learns_nothing(house: House, caplog: pytest.LogCaptureFixture) -> None:
    async def act() -> None:
        foreign, unknown = PATH.replace(FRONT, GARDEN), PATH.replace(FRONT, "nowhere")
        only_front = house.token(LIVE, cameras=frozenset({FRONT}))
        cross_site = house.session(Role.OWNER) | {"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"}
        async with served(house) as (_, port):
            answers = [
                await refused(port, PATH, {}),
                await refused(port, PATH, house.token(Scope.MOTION_WRITE)),
                await refused(port, foreign, only_front),
                await refused(port, unknown, only_front),
                await refused(port, PATH, cross_site),
                await refused(port, PATH, house.token(LIVE), name="rebound.example"),
                await refused(port, f"{PATH}?stream=all", house.token(LIVE)),
            ]
        assert [status for status, _ in answers] == [401, 403, 404, 404, 403, 403, 422]
        assert answers[2] == answers[3]
        assert not [line for line in caplog.records if line.levelno >= logging.WARNING]
        assert house.live_sessions.sessions() == []

    async def refused(port: int, path: str, headers: dict[str, str], name: str = "127.0.0.1") -> tuple[int, bytes]:
        with pytest.raises(InvalidStatus) as refusal:
            async with watch(port, headers, path, name):
                pass
        return refusal.value.response.status_code, bytes(refusal.value.response.body or b"")

    run(house, act)


def test_it_ends_with_the_login_and_when_the_camera_is_removed(house: House) -> None:
    async def act() -> None:
        async with served(house) as (_, port):
            async with watch(port, house.token(LIVE)) as viewer:
                await texts_and_bytes(viewer, 4)
                house.live_sessions.cut(house.live_sessions.sessions()[0].id)
                assert await closed(viewer) == (1008, "You may not watch this camera any longer.")
            async with watch(port, house.token(LIVE)) as viewer:
                await texts_and_bytes(viewer, 4)
                house.packets.forget(FRONT)
                assert await texts_and_bytes(viewer, 1) == [{"type": "gone"}]
                assert await closed(viewer) == (1000, "This camera was removed.")
        assert house.live_sessions.sessions() == []

    run(house, act)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("hello", 1003),
        ("[" * 900, 1003),
        ('{"type":"ping"}', 1003),
        ('{"type":"ping","t":1e999}', 1003),
        ('{"type":"ping","t":NaN}', 1003),
        ('{"type":"ping","t":true}', 1003),
        ('{"type":"offer","t":1}', 1003),
        (b'{"type":"ping","t":1}', 1003),
        (b"\xff" * 1000, 1003),
        ("x" * 1025, 1009),
        ("x" * 5_000_000, 1009),
    ],
)
def test_who_sends_anything_else_is_shown_out(house: House, message: str | bytes, code: int) -> None:
    async def act() -> None:
        async with served(house) as (_, port), watch(port, house.token(LIVE)) as viewer:
            await texts_and_bytes(viewer, 4)
            with suppress(ConnectionClosed):  # who is shown out while they speak
                await viewer.send(message)
            reset = {1006} if len(message) > BIG else set()  # what was not read is answered by the kernel
            assert (await closed(viewer))[0] in {code} | reset
            await until(lambda: not house.live_sessions.sessions())

    run(house, act)


async def raw_viewer(port: int, headers: dict[str, str]) -> socket.socket:
    """A socket that has shaken hands and read no more; what it may hold itself is small."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", port))
    sent = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    await loop.sock_sendall(raw, f"GET {PATH} HTTP/1.1\r\n{lines}\r\n".encode())
    assert (await loop.sock_recv(raw, 12)).endswith(b"101")
    return raw


def frame(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    """A client's frame (RFC 6455, 5.2) with a mask of zeros."""
    return bytes([opcode | (0x80 if final else 0), 0x80 | len(payload)]) + bytes(4) + payload


def big_packets(count: int, first: int) -> list[Packet]:
    return [replace(one, data=bytes(BIG)) for one in plain_packets(count, first=first)]


def test_who_reads_nothing_costs_little_and_nobody_else_a_picture(house: House) -> None:
    async def act() -> None:
        async with served(house) as (server, port), watch(port, house.token(LIVE)) as good:
            await texts_and_bytes(good, 4)
            bad = await raw_viewer(port, house.token(LIVE))
            await until(lambda: len(house.live_sessions.sessions()) == 2)
            for one in big_packets(500, first=1000):
                house.packets.put(FRONT, one)
                [piece] = await texts_and_bytes(good, 1)
                assert isinstance(piece, bytes)
                assert dts_of(piece) == one.dts
            held = [one.get_write_buffer_size() for one in server.transports()]
            assert max(held) <= 4 * BIG
            skipped = await read_until(bad, b'{"type": "skipped"}')
            assert skipped < 12 << 20
            bad.close()
            await until(lambda: len(house.live_sessions.sessions()) == 1)

    async def read_until(raw: socket.socket, mark: bytes) -> int:
        seen, count = b"", 0
        while mark not in seen:
            chunk = await asyncio.get_running_loop().sock_recv(raw, 1 << 16)
            assert chunk
            seen, count = seen[-len(mark) :] + chunk, count + len(chunk)
        return count

    run(house, act)


@pytest.mark.parametrize("bytes_a_turn", [0, 1])
def test_who_is_there_no_more_or_reads_a_byte_at_a_time_is_dropped(house: House, bytes_a_turn: int) -> None:
    """The keep-alive is quick here; nothing is left behind, whatever waits to be sent."""

    async def act() -> None:
        async with served(house, ws_ping_interval=0.5, ws_ping_timeout=0.5) as (server, port):
            bad = await raw_viewer(port, house.token(LIVE))
            await until(lambda: len(house.live_sessions.sessions()) == 1)
            for one in big_packets(100, first=1000):
                house.packets.put(FRONT, one)
            while server.transports():
                if bytes_a_turn:
                    with suppress(BlockingIOError, ConnectionError):
                        bad.recv(1)
                await asyncio.sleep(0.05)
            await until(lambda: not house.live_sessions.sessions())
            assert house.packets.viewers(FRONT) == 0
            bad.close()

    run(house, act)


def test_a_session_that_is_ended_lets_go_of_who_reads_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doorstep.web.live_mse.CLOSE_SECONDS", 0.1)
    monkeypatch.setattr("doorstep.app.viewer_socket.LINGER_SECONDS", 0.1)

    async def act() -> None:
        async with served(house) as (server, port):
            bad = await raw_viewer(port, house.token(LIVE))
            await until(lambda: len(house.live_sessions.sessions()) == 1)
            for one in big_packets(100, first=1000):
                house.packets.put(FRONT, one)
            await until(lambda: server.transports()[0].get_write_buffer_size() > BIG)
            house.live_sessions.cut(house.live_sessions.sessions()[0].id)
            await until(lambda: not server.transports())
            bad.close()

    run(house, act)


@pytest.mark.parametrize(
    ("begin", "flood", "is_shown_out"),
    [
        (b"", frame(0x9, bytes(125)) * 1000, False),
        (b"", frame(0x1, b'{"type":"ping","t":1}') * 1000, False),
        (frame(0x1, b"", final=False), frame(0x0, b"", final=False) * 4000, True),
        (b"", b"\xff" * 100_000, True),
    ],
    ids=["control pings", "pings", "endless message", "garbage"],
)
def test_a_flood_fills_no_memory(house: House, begin: bytes, flood: bytes, *, is_shown_out: bool) -> None:
    async def act() -> None:
        # Without a keep-alive, which would see to it too, if later.
        async with served(house, ws_ping_interval=None) as (server, port):
            bad = await raw_viewer(port, house.token(LIVE))
            await until(lambda: len(house.live_sessions.sessions()) == 1)
            bad.send(begin)
            with suppress(TimeoutError, ConnectionError):  # nobody reads on, or the socket is closed
                for _ in range(20):
                    async with asyncio.timeout(1):
                        await asyncio.get_running_loop().sock_sendall(bad, flood)
                    assert sum(one.get_write_buffer_size() for one in server.transports()) < 2 << 20
            if is_shown_out:
                await until(lambda: not server.transports())
            bad.close()
            await until(lambda: not house.live_sessions.sessions() and not server.transports())

    run(house, act)


def test_of_five_hundred_sockets_as_many_open_as_are_allowed_and_all_are_let_go(house: House) -> None:
    async def act() -> None:
        headers = house.token(LIVE)
        async with served(house) as (server, port), AsyncExitStack() as leaving:
            viewers = [await leaving.enter_async_context(watch(port, headers)) for _ in range(500)]
            shown = len(house.live_sessions.sessions())
            assert shown == 64
            assert (await closed(viewers[-1]))[0] == 1013
            assert "64 viewers" in (await closed(viewers[64]))[1]
            house.packets.put(FRONT, packet(120))
            assert house.app.state.parts.mse.fragments(FRONT) == 2  # type: ignore[attr-defined]
            await leaving.aclose()
            await until(lambda: not house.live_sessions.sessions() and not server.transports())
            assert house.packets.viewers(FRONT) == 0

    run(house, act)


def test_a_giant_picture_is_one_message_and_is_held_once_however_many_read_nothing(house: House) -> None:
    async def act() -> None:
        giant = replace(packet(1000, key=True), data=secrets.token_bytes(8 << 20))
        async with served(house) as (server, port), watch(port, house.token(LIVE)) as good:
            bad = [await raw_viewer(port, house.token(LIVE)) for _ in range(10)]
            await until(lambda: len(house.live_sessions.sessions()) == 11)
            await texts_and_bytes(good, 4)
            house.packets.put(FRONT, giant)
            await good.send('{"type": "ping", "t": 1}')
            [message] = [one for one in await texts_and_bytes(good, 2) if isinstance(one, bytes)]
            assert message.endswith(giant.data)
            await asyncio.sleep(0)
            assert sum(one.get_write_buffer_size() for one in server.transports()) < 4 << 20
            for one in bad:
                one.close()
            await until(lambda: len(house.live_sessions.sessions()) == 1)

    run(house, act)


def test_who_still_watches_when_doorstep_stops_is_no_fault_in_the_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def act() -> None:
        async with served(house) as (server, port), watch(port, house.token(LIVE)) as viewer:
            await texts_and_bytes(viewer, 4)
            [watching] = server.server_state.tasks
            watching.cancel()
            await until(lambda: not server.server_state.tasks)
        assert not [record for record in caplog.records if record.levelno >= logging.ERROR]

    run(house, act)


def test_who_leaves_before_it_is_let_in_is_no_fault(house: House) -> None:
    headers = [(key.lower().encode(), value.encode()) for key, value in house.token(LIVE).items()]
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "http_version": "1.1",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "root_path": "",
        "subprotocols": [],
        "state": {},
        "headers": [(b"host", b"127.0.0.1"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    answers = list[str]()

    async def arrive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def hang_up(message: Any) -> None:  # Any: ASGI's
        answers.append(message["type"])
        raise ConnectionResetError

    async def act() -> None:
        await house.app(scope, arrive, hang_up)
        assert answers == ["websocket.accept"]
        assert house.live_sessions.sessions() == []

    run(house, act)
