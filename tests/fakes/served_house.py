"""A house behind a real server on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import uvicorn

from doorstep.web.local import LocalOwner
from fakes.house import House


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
        async with httpx.AsyncClient(transport=transport, base_url=base, timeout=60) as client:
            yield client
        server.should_exit = True


def run(house: House, act: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(120):
            await act()

    house.runner.run(bounded())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what the server does has no event of ours
        await asyncio.sleep(0.01)
