"""Viewers from outside find the house by the hub's STUN and TURN server; at home nobody asks it, nor waits for it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from doorstep.clock import SystemClock
from doorstep.core.camera import StreamKind
from doorstep.core.ice_server import HubIce
from doorstep.core.media import Codec
from doorstep.core.settings import LiveSettings
from doorstep.live.packet_feed import PacketFeed
from doorstep.live.webrtc import WebRtcFeed
from fakes.footage import CAMERA, real_stream
from fakes.turn_server import SECRET, missing, turn_server
from fakes.webrtc_viewer import WebRtcViewer

AWAY = HubIce("192.0.2.1", 3478, SECRET)  # which answers nobody (RFC 5737)


@asynccontextmanager
async def feed_beside(hub: HubIce | None) -> AsyncGenerator[WebRtcFeed]:
    packets = PacketFeed()
    webrtc = WebRtcFeed(packets, LiveSettings(interfaces=("127.0.0.1",)), SystemClock())
    webrtc.hub = lambda: hub
    fmt, pictures = real_stream(Codec.H264, 50, 25, 0)
    packets.put(CAMERA, fmt)
    for picture in pictures:
        packets.put(CAMERA, picture)
    running = asyncio.get_running_loop().create_task(webrtc.run())
    await asyncio.sleep(0)
    try:
        yield webrtc
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def kinds_told(webrtc: WebRtcFeed, *, through_hub: bool) -> set[str]:
    """Of the house's own candidates."""
    async with WebRtcViewer.new() as viewer:
        answer = await webrtc.answer(
            "s1",
            CAMERA,
            StreamKind.MAIN,
            await viewer.offer(),
            from_here=True,
            on_end=lambda: None,
            through_hub=through_hub,
        )
        webrtc.hang_up("s1")
    return {line.split()[7] for line in answer.splitlines() if line.startswith("a=candidate")}


def test_the_house_is_reached_through_the_hubs_turn_server_too(tmp_path: Path) -> None:
    if missing():
        pytest.skip(missing())

    async def act(port: int) -> tuple[set[str], set[str]]:
        async with feed_beside(HubIce("127.0.0.1", port, SECRET)) as webrtc:
            return await kinds_told(webrtc, through_hub=True), await kinds_told(webrtc, through_hub=False)

    with turn_server(tmp_path) as address:
        outside, at_home = asyncio.run(act(int(urlsplit(address).path.rpartition(":")[2])))
    assert "relay" in outside
    assert at_home == {"host"}


def test_a_hub_that_is_away_keeps_nobody_at_home_waiting() -> None:
    async def act() -> None:
        async with feed_beside(AWAY) as webrtc:
            assert await kinds_told(webrtc, through_hub=False) == {"host"}
            assert list(webrtc.ice_servers("ada")) == []
            told = webrtc.ice_servers("ada", through_hub=True)
            assert next(url for server in told for url in server.urls) == "stun:192.0.2.1:3478"

    asyncio.run(act())


def test_who_comes_through_a_hub_that_helps_nobody_is_answered_all_the_same() -> None:
    async def act() -> None:
        async with feed_beside(AWAY) as webrtc:
            assert await kinds_told(webrtc, through_hub=True) == {"host"}

    asyncio.run(act())


def test_without_a_hub_nothing_is_asked_for_anybody() -> None:
    async def act() -> None:
        async with feed_beside(None) as webrtc:
            assert await kinds_told(webrtc, through_hub=True) == {"host"}
            assert list(webrtc.ice_servers("ada", through_hub=True)) == []

    asyncio.run(act())
