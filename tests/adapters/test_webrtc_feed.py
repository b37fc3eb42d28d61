"""Real WebRTC over sockets of this machine: what is asserted are pictures decoded at the other end."""

import asyncio
import gc
import os
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.rtp import unpack_header_extensions

from doorstep.clock import SystemClock
from doorstep.core.camera import StreamKind
from doorstep.core.errors import MediaInvalid, WayImpossible
from doorstep.core.ice_server import TurnSettings
from doorstep.core.media import AudioPacket, Codec, Packet, VideoFormat
from doorstep.core.settings import LiveSettings
from doorstep.live import webrtc_peer
from doorstep.live.packet_feed import PacketFeed
from doorstep.live.webrtc import WebRtcFeed
from doorstep.media.encode import H264Encoder
from fakes.footage import CAMERA, real_stream
from fakes.sounding_stream import sounding_stream
from fakes.turn_server import SECRET, missing, turn_server
from fakes.webrtc_viewer import WebRtcViewer

MAIN = StreamKind.MAIN


class HastyClock(SystemClock):
    """Waits, but never long."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.05))


@dataclass(slots=True)
class Scene:
    """A camera that sends the same pictures over and over, and the feed over it."""

    packets: PacketFeed
    webrtc: WebRtcFeed
    ended: list[str] = field(default_factory=list)

    async def call(self, viewer: WebRtcViewer, session: str = "s1") -> None:
        offer = await viewer.offer()
        await viewer.take(await self.answer(offer, session))

    async def answer(self, offer: str, session: str = "s1") -> str:
        return await self.webrtc.answer(
            session, CAMERA, MAIN, offer, from_here=True, on_end=lambda: self.ended.append(session)
        )

    async def play(self, fmt: VideoFormat, packets: Sequence[Packet | AudioPacket]) -> None:
        """For ever, a connection without end, 25 a second."""
        self.packets.put(CAMERA, fmt)
        loop = asyncio.get_running_loop()
        last = packets[-1]
        assert isinstance(last, Packet)
        length = last.dts + last.duration
        for turn in count():
            for one in packets:
                if isinstance(one, AudioPacket):
                    at = turn * 2 * (fmt.audio.sample_rate if fmt.audio else 0)
                    self.packets.put(CAMERA, replace(one, pts=one.pts + at, arrived=loop.time()))
                    continue
                at = turn * length
                self.packets.put(CAMERA, replace(one, pts=one.pts + at, dts=one.dts + at, arrived=loop.time()))
                await asyncio.sleep(0.04)


@asynccontextmanager
async def scene(settings: LiveSettings | None = None, connect_seconds: float = 60.0) -> AsyncGenerator[Scene]:
    packets = PacketFeed()
    webrtc = WebRtcFeed(packets, settings or LiveSettings(), HastyClock(), connect_seconds)
    running = asyncio.get_running_loop().create_task(webrtc.run())
    await asyncio.sleep(0)
    try:
        yield Scene(packets, webrtc)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def played(made: Scene, fmt: VideoFormat, packets: Sequence[Packet | AudioPacket]) -> AsyncGenerator[None]:
    playing = asyncio.get_running_loop().create_task(made.play(fmt, packets))
    await asyncio.sleep(0)
    try:
        yield
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


@asynccontextmanager
async def filmed() -> AsyncGenerator[Scene]:
    async with scene() as made, played(made, *real_stream(Codec.H264, 50, 25, 0)):
        yield made


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - what it waits for tells nobody
            await asyncio.sleep(0.02)


def test_a_viewer_decodes_the_cameras_pictures() -> None:
    async def act() -> None:
        async with filmed() as made, WebRtcViewer.new() as viewer:
            await made.call(viewer)
            await viewer.decoded(30)

    asyncio.run(act())


@pytest.mark.parametrize("knows", [True, False])
def test_every_packet_asks_a_viewer_who_understands_it_to_show_the_picture_at_once(*, knows: bool) -> None:
    async def act() -> tuple[str, list[bytes]]:
        async with filmed() as made, WebRtcViewer.new() as viewer:
            offer = await viewer.offer()
            answer = await made.answer(offer.replace("a=extmap:", f"{HOLD}\r\na=extmap:", 1) if knows else offer)
            await viewer.take(answer)
            arrived = arriving(viewer)
            await until(lambda: len(arrived) > 5)
            return answer, arrived

    answer, arrived = asyncio.run(act())
    assert (HOLD in answer.split("\r\n")) is knows
    assert all((read(packet).get(5) == AT_ONCE) is knows for packet in arrived)
    assert all({1, 3} <= set(read(packet)) for packet in arrived)  # what aiortc sends itself is still there


HOLD = "a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
AT_ONCE = bytes((0, 0, 40))


def arriving(viewer: WebRtcViewer) -> list[bytes]:
    """The RTP packets that come from now on, as they are decrypted."""
    transport = viewer.connection.getTransceivers()[0].receiver.transport
    take, arrived = transport._handle_rtp_data, list[bytes]()

    async def taken(data: bytes, arrival_time_ms: int) -> None:
        arrived.append(data)
        await take(data, arrival_time_ms)

    transport._handle_rtp_data = taken  # type: ignore[method-assign]
    return arrived


def read(packet: bytes) -> dict[int, bytes]:
    """The header extensions of an RTP packet without contributing sources, by their numbers (RFC 3550, 5.3.1)."""
    profile, words = int.from_bytes(packet[12:14]), int.from_bytes(packet[14:16])
    assert packet[0] & 0x1F == 0x10
    return dict(unpack_header_extensions(profile, packet[16 : 16 + 4 * words]))


def test_pictures_are_converted_once_however_many_watch_and_not_at_all_when_nobody_does() -> None:
    async def act() -> None:
        async with filmed() as made:
            assert made.packets.viewers(CAMERA) == 0
            async with WebRtcViewer.new() as one, WebRtcViewer.new() as other:
                await made.call(one, "s1")
                await made.call(other, "s2")
                assert made.packets.viewers(CAMERA) == 1
                await one.decoded(5)
                await other.decoded(5)
                assert made.webrtc.viewers == 2
            await until(lambda: sorted(made.ended) == ["s1", "s2"])
            assert made.packets.viewers(CAMERA) == made.webrtc.viewers == 0

    asyncio.run(act())


def test_hanging_up_ends_it_at_both_ends_and_tells_nobody_again() -> None:
    async def act() -> None:
        async with filmed() as made, WebRtcViewer.new() as viewer:
            await made.call(viewer)
            await viewer.decoded(1)
            made.webrtc.hang_up("s1")
            made.webrtc.hang_up("s1")
            await until(lambda: viewer.connection.connectionState == "closed")
            await until(lambda: made.webrtc.viewers == 0)
        assert made.ended == []

    asyncio.run(act())


def test_it_goes_on_after_the_camera_was_away_with_another_picture_size() -> None:
    async def act() -> None:
        fmt, packets = real_stream(Codec.H264, 50, 25, 0)
        other, larger = larger_stream()
        async with scene() as made, WebRtcViewer.new() as viewer:
            async with played(made, fmt, packets):
                await made.call(viewer)
                await viewer.decoded(5)
            made.packets.disconnected(CAMERA)
            async with played(made, other, larger):
                await viewer.decoded(5, (other.width, other.height))

    asyncio.run(act())


def test_a_camera_that_is_removed_ends_it() -> None:
    async def act() -> None:
        async with scene() as made, WebRtcViewer.new() as viewer:
            async with played(made, *real_stream(Codec.H264, 50, 25, 0)):
                await made.call(viewer)
                await viewer.decoded(1)
            made.packets.forget(CAMERA)
            await until(lambda: made.ended == ["s1"])
            await until(lambda: viewer.connection.connectionState == "closed")

    asyncio.run(act())


def test_sound_comes_as_opus_and_is_encoded_only_for_who_listens() -> None:
    async def act() -> None:
        fmt, items = sounding_stream()
        async with scene() as made, played(made, fmt, items), WebRtcViewer.new(sound=True) as viewer:
            await made.call(viewer)
            await viewer.heard(48_000 // 2)
            await viewer.decoded(5)

    asyncio.run(act())


@pytest.mark.parametrize("b_frames", [1, 2])
def test_b_frames_are_refused_with_the_reason(b_frames: int) -> None:
    async def act() -> None:
        async with scene() as made, WebRtcViewer.new() as viewer:
            fmt, packets = real_stream(Codec.H264, 50, 25, b_frames)
            made.packets.put(CAMERA, fmt)
            for one in packets[:10]:
                made.packets.put(CAMERA, one)
            with pytest.raises(WayImpossible, match="B-frames"):
                await made.call(viewer)
            assert made.packets.viewers(CAMERA) == 0

    asyncio.run(act())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"codec": Codec.HEVC}, "HEVC"),
        ({"decoder_config": b"\x01\x6e\x00\x1e\xff\xe1\x00\x00\x01\x00\x00"}, "profile"),
        ({"decoder_config": b"\x01\x42"}, "does not say"),
    ],
)
def test_what_browsers_do_not_show_is_refused_with_the_reason(change: dict[str, object], reason: str) -> None:
    async def act() -> None:
        fmt, packets = real_stream(Codec.H264, 50, 25, 0)
        async with scene() as made, WebRtcViewer.new() as viewer:
            made.packets.put(CAMERA, replace(fmt, **change))  # type: ignore[arg-type]
            made.packets.put(CAMERA, packets[0])
            with pytest.raises(WayImpossible, match=reason):
                await made.call(viewer)
            assert reason in made.webrtc.why_not(CAMERA, MAIN)

    asyncio.run(act())


def test_a_camera_that_is_away_and_a_way_that_is_off_say_so() -> None:
    async def act() -> None:
        async with scene() as made, WebRtcViewer.new() as viewer:
            with pytest.raises(WayImpossible, match="not connected"):
                await made.call(viewer)
        async with scene(LiveSettings(webrtc=False)) as made, WebRtcViewer.new() as viewer:
            with pytest.raises(WayImpossible, match="switched off"):
                await made.call(viewer)

    asyncio.run(act())


def test_an_offer_without_h264_and_one_that_is_none_leave_nothing_behind() -> None:
    async def act() -> None:
        async with filmed() as made, WebRtcViewer.new(codec="video/VP8") as viewer:
            with pytest.raises(WayImpossible, match=r"no H\.264"):
                await made.call(viewer)
            with pytest.raises(MediaInvalid):
                await made.answer("v=0\r\n")
            assert made.packets.viewers(CAMERA) == made.webrtc.viewers == 0

    asyncio.run(act())


def test_a_viewer_who_never_comes_through_is_given_up() -> None:
    async def act() -> None:
        async with scene(connect_seconds=0.2) as made, WebRtcViewer.new() as viewer:
            async with played(made, *real_stream(Codec.H264, 50, 25, 0)):
                await made.answer(await viewer.offer())  # which the viewer never takes
                await until(lambda: made.ended == ["s1"])
            assert made.packets.viewers(CAMERA) == made.webrtc.viewers == 0

    asyncio.run(act())


def test_the_end_of_the_feed_ends_every_viewer() -> None:
    async def act() -> None:
        async with WebRtcViewer.new() as viewer:
            async with filmed() as made:
                await made.call(viewer)
                await viewer.decoded(1)
            assert made.webrtc.viewers == made.packets.viewers(CAMERA) == 0
            await until(lambda: viewer.connection.connectionState == "closed")

    asyncio.run(act())


def test_a_viewer_behind_a_router_comes_through_a_turn_server_with_credentials_that_expire(tmp_path: Path) -> None:
    if missing():
        pytest.skip(missing())

    async def act(address: str) -> None:
        settings = LiveSettings(turn=(TurnSettings(address, SECRET),))
        async with scene(settings) as made, played(made, *real_stream(Codec.H264, 50, 25, 0)):
            (turn,) = made.webrtc.ice_servers("ada")
            async with WebRtcViewer.new(turn=turn) as viewer:
                offer = await viewer.offer()
                assert {line.split()[7] for line in offer.splitlines() if line.startswith("a=candidate")} == {"relay"}
                await viewer.take(await made.answer(offer))
                await viewer.decoded(5)
            async with WebRtcViewer.new(turn=replace(turn, credential="guessed")) as stranger:
                assert "a=candidate" not in await stranger.offer()

    with turn_server(tmp_path) as address:
        asyncio.run(act(address))


def test_only_the_addresses_that_are_allowed_are_told() -> None:
    async def act() -> None:
        async with (
            scene(LiveSettings(interfaces=("127.0.0.1",))) as made,
            played(made, *real_stream(Codec.H264, 50, 25, 0)),
            WebRtcViewer.new() as viewer,
        ):
            answer = await made.answer(await viewer.offer())
            hosts = [line.split()[4] for line in answer.splitlines() if line.startswith("a=candidate:")]
            assert hosts == ["127.0.0.1"]

    asyncio.run(act())


def test_what_was_a_viewers_is_let_go_soon_and_not_when_python_comes_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made_peers: list[weakref.ref[RTCPeerConnection]] = []

    def peer(configuration: RTCConfiguration) -> RTCPeerConnection:
        made = RTCPeerConnection(configuration)
        made_peers.append(weakref.ref(made))
        return made

    async def act() -> None:
        async with filmed() as made:
            await come_and_go(made, 3)
            await until(lambda: not any(one() for one in made_peers))

    monkeypatch.setattr(webrtc_peer, "RTCPeerConnection", peer)
    gc.disable()
    try:
        asyncio.run(act())
    finally:
        gc.enable()
    assert len(made_peers) == 3


def test_a_hundred_viewers_come_and_go_and_nothing_is_left() -> None:
    async def act() -> None:
        async with filmed() as made:
            await come_and_go(made, 5)
            before = leftovers()
            for _ in range(5):
                await come_and_go(made, 20)
            await until(lambda: all(now <= then for now, then in zip(leftovers(), before, strict=True)))

    asyncio.run(act())


async def come_and_go(made: Scene, viewers: int) -> None:
    async def one(number: int) -> None:
        async with WebRtcViewer.new() as viewer:
            await made.call(viewer, f"s{number}")
            if number % 4 == 0:
                await viewer.decoded(1)

    await asyncio.gather(*map(one, range(viewers)))
    for number in range(viewers):
        made.webrtc.hang_up(f"s{number}")
    await until(lambda: made.webrtc.viewers == 0)


def leftovers() -> tuple[int, int, int]:
    """Descriptors, tasks; threads of the loop's own pool come up to its bound and stay."""
    gc.collect()
    threads = sum(not thread.name.startswith("asyncio") for thread in threading.enumerate())
    return len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks()), threads  # noqa: PTH208 - names, no paths


def larger_stream() -> tuple[VideoFormat, tuple[Packet, ...]]:
    encoder = H264Encoder(320, 240, 25, "ultrafast")
    grey = np.full((360, 320), 128, np.uint8)
    packets = [one for number in range(25) for one in encoder.encode(grey + number, number * 3600, 0.0)[1]]
    return encoder.format, tuple(packets)
