"""The app behind a real server on loopback: live pictures, viewers who leave, big clips, the owner's socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from doorstep.core.access import Role, Scope
from doorstep.ports import Snapshot
from doorstep.web.local import LocalOwner
from doorstep.web.mjpeg import CHECK_SECONDS
from fakes.house import FRONT, FRONT_EVENT, GARDEN, JPEG, House

LIVE = f"/api/v1/cameras/{FRONT}/live.mjpeg"
MIB = 1 << 20


class Served(uvicorn.Server):
    """Without signals, which belong to pytest; says when it can be reached."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


class Waiting:
    """A clock whose sleeps end when the test says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self.over.wait()
        self.over.clear()


@asynccontextmanager
async def served(house: House, uds: Path | None = None) -> AsyncIterator[httpx.AsyncClient]:
    app = LocalOwner(house.app) if uds else house.app
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, uds=str(uds) if uds else None, lifespan="off", log_config=None, access_log=False
    )
    server = Served(config)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        await server.ready.wait()
        transport = httpx.AsyncHTTPTransport(uds=str(uds)) if uds else None
        base = "http://doorstep" if uds else f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        async with httpx.AsyncClient(transport=transport, base_url=base, timeout=10) as client:
            yield client
        server.should_exit = True


def run(house: House, act: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await act()

    house.runner.run(bounded())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what the server does has no event of ours
        await asyncio.sleep(0.01)


def test_pictures_come_as_they_are_taken_until_the_viewer_goes(house: House) -> None:
    waiting = Waiting()
    object.__setattr__(house.clock, "sleep", waiting.sleep)

    async def act() -> None:
        async with served(house) as client:
            async with client.stream("GET", LIVE, headers=house.token(Scope.LIVE_READ)) as answer:
                assert answer.headers["content-type"] == "multipart/x-mixed-replace; boundary=doorstep-picture"
                assert answer.headers["cache-control"] == "private, no-store"
                chunks, seen = answer.aiter_raw(), b""
                for number in range(3):
                    picture = b"%d" % number + JPEG
                    await house.live.queue.put(Snapshot(picture, house.clock.now()))
                    while picture + b"\r\n--doorstep-picture\r\n" not in seen:
                        seen += await anext(chunks)
                assert seen.count(b"Content-Type: image/jpeg") == 3
                assert house.live.watching == 1
            await until(lambda: house.live.watching == 0)

    run(house, act)


def test_pictures_end_when_the_session_ends_even_if_none_comes(house: House) -> None:
    waiting = Waiting()
    object.__setattr__(house.clock, "sleep", waiting.sleep)

    async def act() -> None:
        session = house.session(Role.GUEST)
        async with served(house) as client, client.stream("GET", LIVE, headers=session) as answer:
            await until(lambda: waiting.asked == [CHECK_SECONDS])
            waiting.over.set()
            await until(lambda: waiting.asked == [CHECK_SECONDS] * 2)
            assert house.live.watching == 1
            house.accounts.sign_out(session["Cookie"].removeprefix("doorstep="))
            waiting.over.set()
            await answer.aread()
            await until(lambda: house.live.watching == 0)

    run(house, act)


def test_pictures_end_when_the_camera_is_removed(house: House) -> None:
    waiting = Waiting()
    object.__setattr__(house.clock, "sleep", waiting.sleep)

    async def act() -> None:
        house.live.queue.put_nowait(Snapshot(JPEG, house.clock.now()))
        house.live.queue.put_nowait(None)
        async with served(house) as client:
            answer = await client.get(LIVE, headers=house.owner())
            assert answer.content.count(JPEG) == 1
            foreign = house.token(Scope.LIVE_READ, cameras=frozenset({GARDEN}))
            assert (await client.get(LIVE, headers=foreign)).status_code == 404

    run(house, act)


def test_a_big_clip_arrives_whole_and_stops_when_the_viewer_leaves(house: House) -> None:
    house.clips.content = bytes(range(256)) * 4096 * 48
    house.clips.piece = MIB
    path = f"/api/v1/events/{FRONT_EVENT}/clip.mp4"

    async def act() -> None:
        owner = house.owner()
        async with served(house) as client:
            assert (await client.get(path, headers=owner)).content == house.clips.content
            tail = await client.get(path, headers={**owner, "Range": "bytes=-1000"})
            assert (tail.status_code, tail.content) == (206, house.clips.content[-1000:])
            head = await client.head(path, headers=owner)
            assert head.headers["content-length"] == str(len(house.clips.content))
            async with client.stream("GET", path, headers=owner) as answer:
                await anext(answer.aiter_raw())
                assert house.clips.reading == 1
            await until(lambda: house.clips.reading == 0)

    run(house, act)


def test_a_clip_that_breaks_off_breaks_the_connection(house: House) -> None:
    house.clips.content = bytes(8 * MIB)
    house.clips.piece = MIB
    house.clips.breaks_at = 4 * MIB

    async def act() -> None:
        async with served(house) as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(f"/api/v1/events/{FRONT_EVENT}/clip.mp4", headers=house.owner())
            assert house.clips.reading == 0

    run(house, act)


def test_the_owners_socket_is_the_owner_and_the_port_is_not(house: House, tmp_path: Path) -> None:
    async def act() -> None:
        async with served(house, uds=tmp_path / "door") as local:
            assert (await local.get("/api/v1/session")).json()["role"] == "owner"
            made = await local.post("/api/v1/tokens", json={"name": "x", "scopes": ["admin"]})
            token = {"Authorization": f"Bearer {made.json()['token']}"}
            async with served(house) as outside:
                assert (await outside.get("/api/v1/session")).status_code == 401
                assert (await outside.get("/api/v1/session", headers=token)).status_code == 200

    run(house, act)
