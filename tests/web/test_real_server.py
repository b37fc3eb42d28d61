"""The app behind a real server on loopback: big clips, and the owner's socket."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fakes.house import FRONT_EVENT, House
from fakes.served_house import run, served, until

MIB = 1 << 20


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


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
