"""The contract of `WebRtc`, for its adapter and for the fake that the web half is tested with."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest

from doorstep.core.camera import CameraId, StreamKind
from doorstep.core.errors import MediaInvalid, WayImpossible
from doorstep.core.ice_server import IceServer, TurnSettings
from doorstep.core.media import Codec
from doorstep.core.settings import LiveSettings
from doorstep.live.packet_feed import PacketFeed
from doorstep.live.webrtc import WebRtcFeed
from doorstep.ports import WebRtc
from fakes.clock import FakeClock
from fakes.footage import CAMERA, real_stream
from fakes.webrtc import FakeWebRtc
from fakes.webrtc_viewer import WebRtcViewer

MAIN, SUB = StreamKind.MAIN, StreamKind.SUB
AWAY = CameraId("garden")
STUN = IceServer(("stun:192.0.2.1",))


def feed() -> WebRtcFeed:
    """One camera is connected, the other one is not."""
    packets = PacketFeed()
    fmt, film = real_stream(Codec.H264, 50, 25, 0)
    packets.put(CAMERA, fmt)
    packets.put(CAMERA, film[0])
    settings = LiveSettings(interfaces=("127.0.0.1",), stun=(), turn=(TurnSettings("turn:192.0.2.1", "s"),))
    return WebRtcFeed(packets, settings, FakeClock())


def fake() -> FakeWebRtc:
    made = FakeWebRtc()
    made.servers = [STUN]
    made.away = {AWAY}
    return made


@asynccontextmanager
async def running(made: WebRtc) -> AsyncGenerator[WebRtc]:
    if not isinstance(made, WebRtcFeed):
        yield made
        return
    task = asyncio.get_running_loop().create_task(made.run())
    await asyncio.sleep(0)
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def answered(webrtc: WebRtc, camera: CameraId = CAMERA, stream: StreamKind = MAIN, offer: str = "") -> str:
    async with WebRtcViewer.new() as viewer:
        sdp = offer or await viewer.offer()
        return await webrtc.answer("s1", camera, stream, sdp, from_here=True, on_end=lambda: None)


both = pytest.mark.parametrize("make", [feed, fake])
Make = Callable[[], WebRtc]


@both
@pytest.mark.parametrize("stream", [MAIN, SUB])
def test_an_offer_is_answered_also_for_a_smaller_stream_that_there_is_not(make: Make, stream: StreamKind) -> None:
    async def act() -> None:
        async with running(make()) as webrtc:
            assert webrtc.why_not(CAMERA, stream) == ""
            assert (await answered(webrtc, stream=stream)).startswith("v=0\r\n")

    asyncio.run(act())


@both
def test_a_camera_that_is_away_is_refused_with_the_reason_that_is_told_before(make: Make) -> None:
    async def act() -> None:
        async with running(make()) as webrtc:
            reason = webrtc.why_not(AWAY, MAIN)
            assert reason
            with pytest.raises(WayImpossible) as refused:
                await answered(webrtc, AWAY)
            assert str(refused.value) == reason

    asyncio.run(act())


@both
def test_what_cannot_be_read_is_refused(make: Make) -> None:
    async def act() -> None:
        async with running(make()) as webrtc:
            with pytest.raises(MediaInvalid):
                await answered(webrtc, offer="nonsense")
            await answered(webrtc)
            with pytest.raises(MediaInvalid):
                await webrtc.add_candidates("s1", "nonsense")

    asyncio.run(act())


@both
def test_a_session_that_is_over_or_never_was_is_no_error(make: Make) -> None:
    async def act() -> None:
        async with running(make()) as webrtc:
            await answered(webrtc)
            await webrtc.add_candidates("s1", "a=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 50000 typ host\r\n")
            for _ in range(2):
                webrtc.hang_up("s1")
            webrtc.hang_up("never was")
            await webrtc.add_candidates("never was", "a=mid:0\r\n")

    asyncio.run(act())


@both
def test_the_servers_of_the_config_are_told(make: Make) -> None:
    assert [server.urls for server in make().ice_servers("ada")] in ([("stun:192.0.2.1",)], [("turn:192.0.2.1",)])
