"""Who sends a body slowly, or never ends it, holds no place for long: strangers could take them all through a hub."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from doorstep.app.http import COMMON, Uvicorn
from doorstep.web import bodies
from fakes.house import House

HEAD = (
    b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
)
PATIENCE = 60.0


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def test_a_body_that_does_not_come_is_not_waited_for(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "SLOWEST_SECONDS", 0.3)
    path = str(tmp_path / "door.sock")

    async def dribble(writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():  # now and then a byte, as who wants to stay does
            writer.write(b" ")
            await asyncio.sleep(0.1)

    async def asked() -> bytes:
        server = Uvicorn(uvicorn.Config(house.app, uds=path, **COMMON))
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(HEAD + b"{")
            slow = tasks.create_task(dribble(writer))
            answer = await reader.readuntil(b"\r\n\r\n")
            slow.cancel()
            writer.close()
            server.should_exit = True
        return answer

    assert house.runner.run(asked()).startswith(b"HTTP/1.1 408 ")
