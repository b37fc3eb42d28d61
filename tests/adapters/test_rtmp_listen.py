"""Cameras that push: real FFmpeg, and peers that misbehave, against the listener."""

import asyncio
import socket
import ssl
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest
import structlog

from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.errors import CatalogUnavailable, ConfigInvalid, DoorstepError, SourceLost, TooManyViewers
from doorstep.core.media import AudioPacket, Codec, Packet, StreamItem, VideoFormat
from doorstep.live.packet_feed import PacketFeed
from doorstep.media.encode import H264Encoder
from doorstep.media.nal import split_length_prefixed
from doorstep.rtmp.client_session import ClientSession
from doorstep.rtmp.events import Accepted, AudioFrame, ClientEvent, Refused, VideoFrame
from doorstep.rtmp.message import command
from doorstep.sources.address import RtmpListenAddress
from doorstep.sources.rtmp_door import PushedCamera
from doorstep.sources.rtmp_entrance import ListenLimits
from doorstep.sources.rtmp_listen import RtmpListenSource
from doorstep.sources.rtmp_listener import RtmpListener
from doorstep.sources.rtmp_play import Watching
from fakes import certificates, nginx_rtmp, rtmp_hevc_publisher, rtmp_librtmp
from fakes.free_port import free_port
from fakes.rtmp_programs import QUIET, ffmpeg_needed, outcome, pushing, running
from fakes.taps import ListTap

FRONT, YARD = CameraId("front"), CameraId("yard")
CAMERAS = (PushedCamera(FRONT, "right-key"), PushedCamera(YARD, "yard-key", audio=True))
FORMAT = VideoFormat(Codec.H264, 320, 240, 1000, b"\x01record")
LONG = 60.0
HEVC_PUBLISHER = Path(rtmp_hevc_publisher.__file__)


@asynccontextmanager
async def listening(
    limits: ListenLimits | None = None, watching: Watching | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[RtmpListener]:
    address = RtmpListenAddress("127.0.0.1", 0, "live", tls=tls is not None)
    listener = RtmpListener(
        address, CAMERAS, SystemClock(), tls=tls, limits=limits or ListenLimits(), watching=watching
    )
    async with asyncio.TaskGroup() as group:
        task = group.create_task(listener.run())
        async with asyncio.timeout(LONG):
            await listener.listening()
        try:
            yield listener
        finally:
            task.cancel()


def place(listener: RtmpListener, key: str = "right-key", app: str = "live") -> str:
    return f"rtmp://127.0.0.1:{listener.port}/{app}/{key}"


def within(act: Callable[[], Awaitable[None]], seconds: float = 2 * LONG) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(seconds):
            await act()

    asyncio.run(bounded())


async def taken(
    listener: RtmpListener, count: int, camera: CameraId = FRONT, *, then: Callable[[], None] | None = None
) -> list[StreamItem]:
    items: list[StreamItem] = []
    async with aclosing(RtmpListenSource(listener, camera).stream(ListTap())) as stream:
        async for item in stream:
            items.append(item)
            if then is not None and len(items) == 10:
                then()
            if len(items) == count:
                break
    return items


class Peer:
    """A client of our own, step by step."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: ClientSession) -> None:
        self.reader, self.writer, self.session = reader, writer, session
        self._told: list[ClientEvent] = []

    async def until_told(self) -> ClientEvent | None:
        """The next event; None when the server closed."""
        while not self._told:
            self.writer.write(self.session.to_send())
            received = await self.reader.read(65536)
            if not received:
                return None
            self._told += self.session.receive(received)
        return self._told.pop(0)


async def gone(reader: asyncio.StreamReader) -> bool:
    """True once the other end has closed."""
    try:
        while await reader.read(65536):
            pass
    except ConnectionError:
        return True
    return reader.at_eof()


@asynccontextmanager
async def client_of(port: int, name: str, *, publish: bool = True) -> AsyncIterator[Peer]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Peer(reader, writer, ClientSession(f"rtmp://127.0.0.1:{port}/live", "live", name, publish=publish))
    finally:
        writer.close()


def peer(listener: RtmpListener, name: str, *, publish: bool = True) -> AbstractAsyncContextManager[Peer]:
    return client_of(listener.port, name, publish=publish)


# ------------------------------------------------------------------------------------------------------ publishing


@ffmpeg_needed
def test_ffmpeg_publishes_every_picture_once_and_in_order() -> None:
    async def act() -> None:
        async with listening() as listener, running(pushing(place(listener), seconds=4)):
            items = await taken(listener, 76)
        fmt, *packets = items
        assert isinstance(fmt, VideoFormat)
        assert (fmt.width, fmt.height, fmt.audio) == (320, 240, None)
        pictures = [packet for packet in packets if isinstance(packet, Packet)]
        assert len(pictures) == 75
        assert pictures[0].key
        assert [two.dts - one.dts for one, two in pairwise(pictures)] == [40] * 74
        assert all(split_length_prefixed(packet.data, 4) for packet in pictures)
        assert all(packet.duration == 40 for packet in pictures)

    within(act)


@ffmpeg_needed
def test_pictures_out_of_order_and_sound_arrive_on_one_time_line() -> None:
    async def act() -> None:
        async with (
            listening() as listener,
            running(pushing(place(listener, "yard-key"), seconds=4, b_frames=2, sound=True)),
        ):
            items = await taken(listener, 200, YARD)
        fmt = items[0]
        assert isinstance(fmt, VideoFormat)
        assert fmt.audio is not None
        assert (fmt.audio.sample_rate, fmt.audio.channels) == (44100, 1)
        pictures = [item for item in items if isinstance(item, Packet)]
        sounds = [item for item in items if isinstance(item, AudioPacket)]
        shown = sorted(packet.pts for packet in pictures)
        assert any(packet.pts > packet.dts for packet in pictures)
        assert len(set(shown)) == len(shown)
        assert [two.pts - one.pts for one, two in pairwise(sounds)] == [1024] * (len(sounds) - 1)
        apart = sounds[-1].pts / fmt.audio.sample_rate - pictures[-1].pts / fmt.timescale
        assert abs(apart) < 0.5

    within(act)


@ffmpeg_needed
def test_sound_is_left_out_where_the_camera_has_it_switched_off() -> None:
    async def act() -> None:
        async with listening() as listener, running(pushing(place(listener), seconds=3, sound=True)):
            items = await taken(listener, 40)
        assert not [item for item in items if isinstance(item, AudioPacket)]

    within(act)


@ffmpeg_needed
def test_frames_that_are_wanted_are_decoded_off_the_loop() -> None:
    tap = ListTap(rule=lambda _at: True)

    async def act() -> None:
        async with (
            listening() as listener,
            running(pushing(place(listener), seconds=6)),
            aclosing(RtmpListenSource(listener, FRONT).stream(tap)) as stream,
        ):
            async for _ in stream:
                if len(tap.frames) >= 20:
                    break

    within(act)
    assert (tap.frames[0].width, tap.frames[0].height) == (320, 240)
    assert [frame.at for frame in tap.frames] == sorted(frame.at for frame in tap.frames)


@ffmpeg_needed
def test_a_publisher_that_is_killed_ends_the_stream_and_comes_back() -> None:
    async def act() -> None:
        async with listening() as listener:
            async with running(pushing(place(listener))) as program:
                with pytest.raises(SourceLost, match="stopped pushing"):
                    await taken(listener, 10_000, then=program.kill)
            async with running(pushing(place(listener), seconds=3)):
                fmt, packet = await taken(listener, 2)
                assert isinstance(fmt, VideoFormat)
                assert isinstance(packet, Packet)
                assert packet.key

    within(act)


@ffmpeg_needed
def test_a_source_that_opens_late_misses_nothing_and_one_that_opens_again_begins_at_a_key_frame() -> None:
    async def act() -> None:
        async with listening() as listener, running(pushing(place(listener))):
            await listener.publication(FRONT)
            await asyncio.sleep(1.5)  # what came before is told apart by its time below
            first = await taken(listener, 40)
            again = await taken(listener, 2)
        assert isinstance(first[1], Packet)
        assert first[1].dts == 0
        assert isinstance(again[0], VideoFormat)
        assert isinstance(again[1], Packet)
        assert again[1].key

    within(act)


@ffmpeg_needed
@pytest.mark.skipif(rtmp_librtmp.LIBRARY is None, reason="librtmp is not installed")
def test_librtmp_publishes_in_small_chunks_and_what_it_left_is_still_read(tmp_path: Path) -> None:
    film = tmp_path / "film.flv"

    async def act() -> None:
        assert await outcome(pushing(str(film), seconds=3, real_time=False)) == (0, "")
        async with listening() as listener:
            command = [sys.executable, str(rtmp_librtmp.__file__), place(listener), str(film)]
            assert await outcome(command) == (0, "")
            items = await taken(listener, 76)
        assert [item.dts for item in items if isinstance(item, Packet)] == [40 * number for number in range(75)]

    within(act)


NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; load_module {module};
events {{ worker_connections 64; }}
rtmp {{ access_log off; server {{ listen 127.0.0.1:{port};
  application relay {{ live on; push {to}; }} application live {{ live on; }} }} }}
"""


@asynccontextmanager
async def nginx(folder: Path, to: str) -> AsyncIterator[int]:
    """Its port; what is published to its application relay it pushes on."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, module=nginx_rtmp.MODULE, port=port, to=to), encoding="utf-8")
    async with running([str(nginx_rtmp.NGINX), "-p", str(folder), "-c", str(config)]):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.02)  # until it listens
            else:
                writer.close()
                break
        yield port


nginx_needed = pytest.mark.skipif(nginx_rtmp.missing() is not None, reason=str(nginx_rtmp.missing()))


@ffmpeg_needed
@nginx_needed
def test_nginx_relays_a_camera(tmp_path: Path) -> None:
    async def act() -> None:
        async with (
            listening() as listener,
            nginx(tmp_path, place(listener)) as port,
            running(pushing(f"rtmp://127.0.0.1:{port}/relay/any")),
        ):
            items = await taken(listener, 30)
        assert [item.dts for item in items if isinstance(item, Packet)] == [40 * number for number in range(29)]

    within(act)


@ffmpeg_needed
@nginx_needed
def test_our_client_publishes_to_nginx_and_plays_from_it(tmp_path: Path) -> None:
    async def act() -> None:
        items = (await film(200))[:120]
        async with nginx(tmp_path, "rtmp://127.0.0.1/none") as port, client_of(port, "any") as publisher:
            assert isinstance(await publisher.until_told(), Accepted)
            async with client_of(port, "any", publish=False) as player:
                assert isinstance(await player.until_told(), Accepted)
                for item in items:
                    publisher.session.send(item)
                publisher.writer.write(publisher.session.to_send())
                played: list[ClientEvent] = []
                wanted = len(items) + 1  # the format is two of them
                while len(played) < wanted:
                    played += player.session.receive(await player.reader.read(65536))
        pictures = [event.payload for event in played if isinstance(event, VideoFrame)]
        assert pictures == [item.data for item in items if isinstance(item, Packet)]
        assert sum(isinstance(event, AudioFrame) for event in played) == wanted - 2 - len(pictures)

    within(act)


@ffmpeg_needed
@pytest.mark.skipif(certificates.OPENSSL is None, reason="openssl is not installed")
def test_ffmpeg_publishes_over_tls(tmp_path: Path) -> None:
    async def act() -> None:
        tls = certificates.certificate(tmp_path).server_context()
        async with listening(tls=tls) as listener:
            async with running(pushing(place(listener).replace("rtmp:", "rtmps:"))):
                assert len(await taken(listener, 20)) == 20
            code, _ = await outcome(pushing(place(listener, "wrong").replace("rtmp:", "rtmps:"), seconds=5))
            assert code != 0
            async with client_of(listener.port, "right-key") as plain:
                plain.writer.write(plain.session.to_send())
                assert await gone(plain.reader)

    within(act)


@ffmpeg_needed
def test_our_client_publishes_to_an_ffmpeg_that_listens() -> None:
    async def act() -> None:
        items = (await film(120))[:60]
        port = free_port()
        place_of = f"rtmp://127.0.0.1:{port}/live/any"
        reader = [*QUIET, "-f", "flv", "-listen", "1", "-i", place_of, "-map", "0:v", "-c", "copy"]
        async with running([*reader, "-f", "framecrc", "-"]) as program:
            while True:
                try:
                    publisher = await asyncio.open_connection("127.0.0.1", port)
                except ConnectionError:
                    await asyncio.sleep(0.02)  # until it listens
                else:
                    break
            session = ClientSession(f"rtmp://127.0.0.1:{port}/live", "live", "any", publish=True)
            client = Peer(*publisher, session)
            assert isinstance(await client.until_told(), Accepted)
            for item in items:
                session.send(item)
            session.close()
            client.writer.write(session.to_send())
            await client.writer.drain()
            client.writer.close()
            out, said = await program.communicate()
        lines = [line for line in out.decode().splitlines() if not line.startswith("#")]
        assert len(lines) == sum(isinstance(item, Packet) for item in items), said

    within(act)


# ----------------------------------------------------------------------------------------------------- being refused


@ffmpeg_needed
@pytest.mark.parametrize(("key", "app"), [("wrong-key", "live"), ("right-key", "other"), ("right-key2", "live")])
def test_ffmpeg_with_a_wrong_key_is_refused_and_told(key: str, app: str) -> None:
    async def act() -> None:
        with structlog.testing.capture_logs() as logs:
            async with listening() as listener:
                code, _ = await outcome(pushing(place(listener, key, app), seconds=5))
                assert code != 0
        assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["rtmp peer refused"]
        assert key not in str(logs)

    within(act)


def test_a_hundred_wrong_keys_are_all_refused_and_logged_once() -> None:
    async def act() -> None:
        with structlog.testing.capture_logs() as logs:
            async with listening(ListenLimits(failed_tries_a_minute=60)) as listener:
                answers = []
                for number in range(100):
                    async with peer(listener, f"wrong{number}") as client:
                        try:
                            answers.append(await client.until_told())
                        except ConnectionError:
                            answers.append(None)
        assert not [answer for answer in answers if isinstance(answer, Accepted)]
        assert 60 <= sum(isinstance(answer, Refused) for answer in answers) < 90  # and one more each second
        assert len([line for line in logs if line["log_level"] == "warning"]) == 1

    within(act)


def test_of_ten_publishers_at_once_one_wins() -> None:
    async def act() -> None:
        async def ask(listener: RtmpListener, asked: asyncio.Barrier) -> ClientEvent | None:
            async with peer(listener, "right-key") as client:
                answer = await client.until_told()
                await asked.wait()
                return answer

        async with listening() as listener:
            asked = asyncio.Barrier(10)
            answers = await asyncio.gather(*(ask(listener, asked) for _ in range(10)))
        assert sum(isinstance(answer, Accepted) for answer in answers) == 1
        assert sum(isinstance(answer, Refused) for answer in answers) == 9

    within(act)


def test_a_publisher_that_fell_silent_is_replaced() -> None:
    async def act() -> None:
        async with listening(ListenLimits(replaceable=0.1)) as listener, peer(listener, "right-key") as first:
            assert isinstance(await first.until_told(), Accepted)
            await asyncio.sleep(0.2)  # silent for longer than it may
            async with peer(listener, "right-key") as second:
                assert isinstance(await second.until_told(), Accepted)
                assert await gone(first.reader)

    within(act)


def test_a_burst_after_a_pause_of_the_network_is_taken_whole() -> None:
    count = 20_000
    fmt = replace(H264Encoder(320, 240, 15).format, timescale=1000)
    picture = (200).to_bytes(4, "big") + b"\x41" * 200

    async def pushed(publisher: Peer) -> None:
        publisher.session.send(fmt)
        for number in range(count):
            publisher.session.send(Packet(picture, number, number, 1, number % 100 == 0, 0.0))
            if number % 500 == 0:
                publisher.writer.write(publisher.session.to_send())
                await publisher.writer.drain()
        publisher.writer.write(publisher.session.to_send())
        await publisher.writer.drain()

    async def act() -> None:
        async with listening() as listener, peer(listener, "right-key") as publisher:
            assert isinstance(await publisher.until_told(), Accepted)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(pushed(publisher))
                async with aclosing(RtmpListenSource(listener, FRONT).stream(ListTap())) as stream:
                    assert isinstance(await anext(stream), VideoFormat)
                    await asyncio.sleep(0.3)  # as a busy house does; meanwhile all that fits comes
                    packets = [await anext(stream) for _ in range(count)]
            assert [item.dts for item in packets if isinstance(item, Packet)] == list(range(count))

    within(act)


def test_hevc_in_enhanced_rtmp_is_refused_with_its_name() -> None:
    async def act() -> None:
        with structlog.testing.capture_logs() as logs:
            async with listening() as listener:
                publisher = outcome([sys.executable, str(HEVC_PUBLISHER), place(listener)])
                lost, published = await asyncio.gather(taken(listener, 1), publisher, return_exceptions=True)
        assert isinstance(lost, SourceLost)
        assert "HEVC" in str(lost)
        assert isinstance(published, tuple)
        assert published[0] != 0
        assert any("HEVC" in str(line.get("reason")) for line in logs)

    within(act)


# ----------------------------------------------------------------------------------------------------- misbehaving


@pytest.mark.parametrize(
    "said",
    [b"", b"\x03", b"\x03" + bytes(700), b"\x03" + bytes(1536), b"\x03" + bytes(2 * 1536), b"GET / HTTP/1.1\r\n\r\n"],
    ids=["nothing", "a byte", "half a handshake", "no answer", "no command", "a browser"],
)
def test_who_does_not_introduce_itself_is_closed_in_time(said: bytes) -> None:
    async def act() -> None:
        async with listening(ListenLimits(introduction=0.3)) as listener:
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            writer.write(said)
            assert await gone(reader)
            writer.close()

    within(act)


def test_a_byte_now_and_then_gives_nobody_more_time() -> None:
    async def act() -> None:
        async with listening(ListenLimits(introduction=0.5)) as listener:
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            while not reader.at_eof():
                writer.write(b"\x03")
                try:
                    async with asyncio.timeout(0.05):  # as slow as a loris
                        await reader.read(1)
                except TimeoutError:
                    continue
                except ConnectionError:
                    break
            writer.close()

    within(act)


def test_a_publisher_that_sends_no_picture_is_ended() -> None:
    async def act() -> None:
        async with listening(ListenLimits(idle=0.3)) as listener:
            reading = asyncio.ensure_future(taken(listener, 1))  # before it comes: it is not there for long
            async with peer(listener, "right-key") as client:
                assert isinstance(await client.until_told(), Accepted)
                with pytest.raises(SourceLost):
                    await reading
                assert await gone(client.reader)

    within(act)


@pytest.mark.parametrize("limits", [ListenLimits(strangers=3), ListenLimits(strangers_per_household=3)])
def test_strangers_are_few_and_do_not_keep_a_camera_out(limits: ListenLimits) -> None:
    async def act() -> None:
        async with listening(replace(limits, introduction=10 * LONG)) as listener:
            held = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(4)]
            assert await gone(held[0][0])  # who waited longest, long before its time was over
            for number in range(10):
                async with peer(listener, "right-key" if number % 2 else "yard-key") as client:
                    assert isinstance(await client.until_told(), Accepted | Refused)
            for _, writer in held:
                writer.close()

    within(act)


@pytest.mark.skipif(certificates.OPENSSL is None, reason="openssl is not installed")
def test_half_a_tls_handshake_does_not_keep_a_camera_out(tmp_path: Path) -> None:
    async def act() -> None:
        tls = certificates.certificate(tmp_path).server_context()
        async with listening(ListenLimits(strangers=3, introduction=10 * LONG), tls=tls) as listener:
            held = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(6)]
            assert [await gone(reader) for reader, _ in held[:3]] == [True] * 3
            assert len(listener._entrance._links) == 3
            for _, writer in held:
                writer.close()

    within(act)


@pytest.mark.parametrize("host", ["a" * 70, "a\0b", "no-such-host.invalid"])
def test_a_host_that_cannot_be_a_name_is_said_by_the_source(host: str) -> None:
    async def act() -> None:
        address = RtmpListenAddress(host, 1935, "live", tls=False)
        listener = RtmpListener(address, CAMERAS, SystemClock())
        async with asyncio.TaskGroup() as group:
            task = group.create_task(listener.run())
            with pytest.raises(SourceLost, match="cannot listen"):
                await taken(listener, 1)
            task.cancel()

    within(act)


def test_what_is_ended_and_asked_for_at_once_harms_nobody() -> None:
    async def act() -> None:
        async with listening(watching=Watching(FilmFeed([]), may_play)) as listener:
            for verb in ("publish", "play"):
                async with peer(listener, "none") as client:
                    client.writer.write(b"\x03" + bytes(2 * 1536))
                    for asked in (command("connect", 1, {"app": "live"}), command(verb, 2, None, "front?token=good")):
                        client.writer.write(chunk(asked))
                    client.writer.write(chunk(command("deleteStream", 3, None, 1.0)))
                    assert await gone(client.reader)
            async with peer(listener, "right-key") as client:
                assert isinstance(await client.until_told(), Accepted)

    within(act)


def chunk(payload: bytes) -> bytes:
    """One command in one chunk."""
    return b"\x03\x00\x00\x00" + len(payload).to_bytes(3) + b"\x14\x01\x00\x00\x00" + payload


def test_a_message_too_large_before_the_key_ends_the_connection() -> None:
    async def act() -> None:
        async with listening() as listener, peer(listener, "right-key") as client:
            client.writer.write(b"\x03" + bytes(2 * 1536))
            client.writer.write(b"\x06\x00\x00\x00\xff\xff\xff\x09\x01\x00\x00\x00" + bytes(1000))
            assert await gone(client.reader)

    within(act)


def test_a_port_in_use_is_said_by_the_source() -> None:
    async def act() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken_port:
            address = RtmpListenAddress("127.0.0.1", taken_port.getsockname()[1], "live", tls=False)
            listener = RtmpListener(address, CAMERAS, SystemClock())
            async with asyncio.TaskGroup() as group:
                task = group.create_task(listener.run())
                with pytest.raises(SourceLost, match="cannot listen"):
                    await taken(listener, 1)
                task.cancel()

    within(act)


def test_two_cameras_with_one_key_are_refused() -> None:
    twice = (PushedCamera(FRONT, "same"), PushedCamera(YARD, "same"))
    with pytest.raises(ConfigInvalid, match="stream_key"):
        RtmpListener(RtmpListenAddress("127.0.0.1", 0, "live", tls=False), twice, SystemClock())


def test_a_changed_key_sends_its_publisher_away() -> None:
    async def act() -> None:
        async with listening() as listener, peer(listener, "right-key") as client:
            assert isinstance(await client.until_told(), Accepted)
            listener.expect([PushedCamera(FRONT, "new-key"), CAMERAS[1]])
            assert await gone(client.reader)
            async with peer(listener, "right-key") as again:
                assert isinstance(await again.until_told(), Refused)

    within(act)


@ffmpeg_needed
def test_nothing_is_kept_of_whoever_had_the_old_key() -> None:
    async def act() -> None:
        async with listening() as listener, running(pushing(place(listener))):
            publication = await listener.publication(FRONT)
            while not publication.is_unread:  # noqa: ASYNC110 - it tells nobody who does not read
                await asyncio.sleep(0.05)
            listener.expect([PushedCamera(FRONT, "new-key"), CAMERAS[1]])
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await listener.publication(FRONT)

    within(act)


# --------------------------------------------------------------------------------------------------------- playing


class FilmFeed:
    """Implements `ports.PacketFeed` with what a camera of the test pushes."""

    def __init__(self, items: list[StreamItem]) -> None:
        self._items = items

    async def packets(self, camera: CameraId) -> AsyncGenerator[StreamItem]:
        assert camera == FRONT
        for item in self._items:
            yield item
            await asyncio.sleep(0.005)


async def may_play(camera: str, token: str) -> bool:
    await asyncio.sleep(0)
    return (camera, token) == ("front", "good")


async def film(count: int) -> list[StreamItem]:
    async with listening() as listener, running(pushing(place(listener, "yard-key"), sound=True, real_time=False)):
        return await taken(listener, count, YARD)


@ffmpeg_needed
def test_ffmpeg_plays_every_picture_and_the_sound() -> None:
    async def act() -> None:
        items = await film(200)
        pictures = sum(isinstance(item, Packet) for item in items)
        async with listening(watching=Watching(FilmFeed(items), may_play)) as listener:
            played = [
                *QUIET,
                "-i",
                f"{place(listener, 'front')}?token=good",
                "-map",
                "0",
                "-c",
                "copy",
                "-f",
                "framecrc",
            ]
            async with running([*played, "-"]) as program:
                out, said = await program.communicate()
        lines = [line.split(",") for line in out.decode().splitlines() if not line.startswith("#")]
        by_stream = [sum(line[0].strip() == stream for line in lines) for stream in ("0", "1")]
        assert sorted(by_stream) == sorted([pictures, len(items) - 1 - pictures]), said

    within(act)


@pytest.mark.parametrize(
    "name", ["front", "front?token=", "front?token=bad", "nowhere?token=good", "../front?token=good", "", "?token=good"]
)
def test_no_play_without_a_token_and_unknown_looks_like_forbidden(name: str) -> None:
    async def act() -> None:
        async with (
            listening(watching=Watching(FilmFeed([]), may_play)) as listener,
            peer(listener, name, publish=False) as client,
        ):
            answer = await client.until_told()
        assert isinstance(answer, Refused)
        assert answer.reason.startswith("There is no such stream")

    within(act)


def test_nobody_plays_where_nothing_is_served() -> None:
    async def act() -> None:
        async with listening() as listener, peer(listener, "front?token=good", publish=False) as client:
            assert isinstance(await client.until_told(), Refused)

    within(act)


async def may_not_be_asked(camera: str, token: str) -> bool:
    raise CatalogUnavailable(camera + token)


def test_nobody_plays_while_tokens_cannot_be_looked_up_and_the_cameras_go_on() -> None:
    async def act() -> None:
        async with listening(watching=Watching(FilmFeed([]), may_not_be_asked)) as listener:
            async with peer(listener, "front?token=good", publish=False) as client:
                assert isinstance(await client.until_told(), Refused)
            async with peer(listener, "right-key") as client:
                assert isinstance(await client.until_told(), Accepted)

    within(act)


def test_players_are_few() -> None:
    async def act() -> None:
        key_frame = Packet(b"\x00\x00\x00\x01e", 0, 0, 40, key=True, arrived=0.0)
        watching = Watching(FilmFeed([FORMAT, *[key_frame] * 10_000]), may_play)
        async with listening(ListenLimits(players=2), watching) as listener, AsyncExitStack() as stack:
            answers = []
            for _ in range(3):
                client = await stack.enter_async_context(peer(listener, "front?token=good", publish=False))
                answers.append(await client.until_told())
        assert answers == [Accepted(), Accepted(), Refused("Too many are watching already.")]

    within(act)


@dataclass(slots=True)
class Turnstile:
    """What `Watching.enter` does: notes who came and went, and turns them away where it is told to."""

    refuses: DoorstepError | None = None
    came: list[tuple[str, str, str]] = field(default_factory=list)
    inside: list[Callable[[], None]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def enter(self, camera: CameraId, token: str, address: str, on_end: Callable[[], None]) -> Callable[[], None]:
        if self.refuses is not None:
            raise self.refuses
        self.came.append((camera, token, address))
        self.inside.append(on_end)

        def leave() -> None:
            self.inside.remove(on_end)
            self.changed.set()

        return leave


def test_a_player_is_counted_from_its_begin_until_it_goes() -> None:
    async def act() -> None:
        turnstile = Turnstile()
        async with listening(watching=Watching(PacketFeed(), may_play, turnstile.enter)) as listener:
            async with peer(listener, "front?token=good", publish=False) as client:
                assert isinstance(await client.until_told(), Accepted)
                assert turnstile.came == [("front", "good", "127.0.0.1")]
                assert len(turnstile.inside) == 1
            await turnstile.changed.wait()
            assert turnstile.inside == []

    within(act)


def test_a_player_that_somebody_ends_is_told_so() -> None:
    async def act() -> None:
        turnstile = Turnstile()
        async with (
            listening(watching=Watching(PacketFeed(), may_play, turnstile.enter)) as listener,
            peer(listener, "front?token=good", publish=False) as client,
        ):
            assert isinstance(await client.until_told(), Accepted)
            turnstile.inside[0]()
            answer = await client.until_told()
            assert isinstance(answer, Refused)
            assert "ended at Doorstep" in answer.reason
            await turnstile.changed.wait()
            assert turnstile.inside == []

    within(act)


def test_one_player_too_many_is_told_why_and_the_cameras_go_on() -> None:
    async def act() -> None:
        turnstile = Turnstile(TooManyViewers("64 viewers are watching with this login."))
        async with listening(watching=Watching(PacketFeed(), may_play, turnstile.enter)) as listener:
            async with peer(listener, "front?token=good", publish=False) as client:
                assert await client.until_told() == Refused("64 viewers are watching with this login.")
            async with peer(listener, "right-key") as camera:
                assert isinstance(await camera.until_told(), Accepted)

    within(act)


class EndlessFeed:
    """Implements `ports.PacketFeed`: as much as is asked for, counted."""

    def __init__(self) -> None:
        self.given = 0

    async def packets(self, camera: CameraId) -> AsyncGenerator[StreamItem]:  # noqa: ARG002 - there is one
        yield FORMAT
        while True:
            self.given += 1
            await asyncio.sleep(0)
            yield Packet(bytes(100_000), self.given, self.given, 1, key=True, arrived=0.0)


def test_a_player_that_does_not_read_is_waited_for_and_not_buffered() -> None:
    async def act() -> None:
        feed = EndlessFeed()
        async with (
            listening(watching=Watching(feed, may_play)) as listener,
            peer(listener, "front?token=good", publish=False) as client,
        ):
            assert isinstance(await client.until_told(), Accepted)
            before = -1
            while feed.given < 10 or feed.given > before:
                before = feed.given
                await asyncio.sleep(0.2)  # nothing more was given meanwhile
        assert 10 <= feed.given < 300  # what the sockets hold, and a megabyte

    within(act)


def test_pings_of_a_player_that_does_not_read_are_not_answered_without_end() -> None:
    async def act() -> None:
        feed = PacketFeed()
        async with (
            listening(watching=Watching(feed, may_play)) as listener,
            peer(listener, "front?token=good", publish=False) as client,
        ):
            assert isinstance(await client.until_told(), Accepted)
            ping = b"\x02\x00\x00\x00\x00\x00\x06\x04\x00\x00\x00\x00\x00\x06\x00\x00\x00\x07"
            sent = 0
            try:
                while sent < 1000:
                    client.writer.write(ping * 4000)
                    sent += 1
                    async with asyncio.timeout(2):
                        await client.writer.drain()
            except TimeoutError:
                pass  # it is read no more
            (link,) = listener._players
            assert link._transport is not None
            assert link._transport.get_write_buffer_size() < 2 * 2**20
            assert sent < 1000

    within(act)


def test_a_player_goes_on_when_the_camera_comes_back() -> None:
    async def act() -> None:
        feed = PacketFeed()
        async with (
            listening(watching=Watching(feed, may_play)) as listener,
            peer(listener, "front?token=good", publish=False) as client,
        ):
            assert isinstance(await client.until_told(), Accepted)
            while not feed.viewers(FRONT):  # noqa: ASYNC110 - the feed tells nobody
                await asyncio.sleep(0.01)
            for begun in (0.0, 5.0):  # the camera begins to count anew
                feed.put(FRONT, FORMAT)
                for number in range(3):
                    at = 40 * number
                    feed.put(FRONT, Packet(b"\0\0\0\1e", at, at, 40, key=number == 0, arrived=begun + at / 1000))
                feed.disconnected(FRONT)
            told = [await client.until_told() for _ in range(8)]
        times = [event.timestamp for event in told if isinstance(event, VideoFrame)]
        assert times == [0, 40, 80, 5000, 5040, 5080]

    within(act)


def test_a_camera_of_hevc_is_not_played() -> None:
    async def act() -> None:
        watching = Watching(FilmFeed([replace(FORMAT, codec=Codec.HEVC)]), may_play)
        async with (
            listening(watching=watching) as listener,
            peer(listener, "front?token=good", publish=False) as client,
        ):
            assert await client.until_told() == Accepted()
            answer = await client.until_told()
            assert isinstance(answer, Refused)
            assert "HEVC" in answer.reason

    within(act)
