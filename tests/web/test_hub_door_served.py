"""The hub's door behind the real server on its Unix socket: WebSockets, long answers, and connections that are kept."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import unix_connect
from websockets.exceptions import InvalidStatus

from doorstep.app.http import COMMON, HUB_KEEP_ALIVE_SECONDS, Uvicorn
from doorstep.core.access import Scope
from doorstep.web.asgi import create_app
from doorstep.web.hub_parts import HubParts
from doorstep.web.through_hub import ThroughHub
from fakes.footage import FORMAT, plain_packets
from fakes.house import FRONT, FRONT_EVENT, House

HOST = "door.example.net"
PHONE = "203.0.113.77"
TOLD = {"X-Forwarded-For": PHONE, "X-Forwarded-Proto": "https", "X-Forwarded-Host": HOST}
LIVE = f"/api/v1/cameras/{FRONT}/live/mse"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        made.packets.put(FRONT, FORMAT)
        for one in plain_packets(3):
            made.packets.put(FRONT, one)
        made.app = create_app(replace(made.parts, hub=HubParts(host=lambda: HOST)))
        yield made


@asynccontextmanager
async def served(house: House, path: Path) -> AsyncIterator[None]:
    limits = {"timeout_keep_alive": HUB_KEEP_ALIVE_SECONDS, "limit_concurrency": 64}
    server = Uvicorn(uvicorn.Config(ThroughHub(house.app), uds=str(path), **(COMMON | limits)))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield
        server.should_exit = True


def run(house: House, act: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(120):
            await act()

    house.runner.run(bounded())


def test_live_video_flows_through_the_hubs_socket(house: House, tmp_path: Path) -> None:
    async def act() -> None:
        door, token = tmp_path / "hub.sock", house.token(Scope.LIVE_READ)
        async with (
            served(house, door),
            unix_connect(
                str(door), f"ws://{HOST}{LIVE}", additional_headers={**TOLD, **token}, compression=None
            ) as live,
        ):
            texts = [json.loads(one) for one in [await live.recv() for _ in range(4)] if isinstance(one, str)]
            assert {text["type"] for text in texts} >= {"hello", "format"}
            (session,) = house.live_sessions.sessions()
            assert session.viewer.address == PHONE

    run(house, act)


def test_a_socket_without_the_hubs_word_is_refused(house: House, tmp_path: Path) -> None:
    async def act() -> None:
        door, token = tmp_path / "hub.sock", house.token(Scope.LIVE_READ)
        async with served(house, door):
            with pytest.raises(InvalidStatus) as refused:
                await unix_connect(str(door), f"ws://{HOST}{LIVE}", additional_headers=token, open_timeout=60)
            assert refused.value.response.status_code == 403

    run(house, act)


def test_a_big_clip_comes_whole_and_the_connection_is_kept(house: House, tmp_path: Path) -> None:
    house.clips.content = bytes(range(256)) * 4096 * 8
    path = f"/api/v1/events/{FRONT_EVENT}/clip.mp4"

    async def act() -> None:
        door, headers = tmp_path / "hub.sock", {**TOLD, **house.owner()}
        transport = httpx.AsyncHTTPTransport(uds=str(door))
        async with (
            served(house, door),
            httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}", timeout=60) as client,
        ):
            whole = await client.get(path, headers=headers)
            assert whole.content == house.clips.content
            assert whole.headers["cache-control"] == "private, no-store"
            part = await client.get(path, headers={**headers, "Range": "bytes=-1000"})
            assert (part.status_code, part.content) == (206, house.clips.content[-1000:])
            assert (await client.get("/healthz", headers=TOLD)).status_code == 200
            assert (await client.get("/healthz")).status_code == 403

    run(house, act)
