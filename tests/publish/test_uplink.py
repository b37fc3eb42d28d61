"""One connection to an ingest: what it carries, and in which words it fails."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from doorstep.core.errors import ConfigInvalid
from doorstep.core.media import AudioFormat, AudioPacket, Codec, VideoFormat
from doorstep.core.outage_buffer import Held
from doorstep.publish.destination import Destination
from doorstep.publish.dial import certificate_refused
from doorstep.publish.errors import IngestError, IngestLost, IngestRefused
from doorstep.publish.uplink import Uplink
from doorstep.rtmp.events import AudioConfig, AudioFrame
from fakes.certificates import OPENSSL, certificate
from fakes.footage import plain_packets
from fakes.rtmp_ingest import Ingest

KEY = "secret-key"
FORMAT = VideoFormat(Codec.H264, 640, 480, 1000, b"\x01\x42\x00\x1e\xff\xe1\x00\x00\x01\x00\x00")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")


def at(port: int, *, key: str = KEY, tls: bool = False, host: str = "127.0.0.1") -> Destination:
    return Destination(tls=tls, host=host, port=port, app="live", key=key)


def held(count: int, fmt: VideoFormat = FORMAT) -> list[Held]:
    return [Held(index, fmt, one, one.dts, 0.0) for index, one in enumerate(plain_packets(count))]


async def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what it waits for happens in other tasks
            await asyncio.sleep(0.01)


async def refusal_of(opening: Awaitable[Uplink]) -> IngestError:
    with pytest.raises(IngestError) as refused:
        await opening
    assert KEY not in str(refused.value)
    return refused.value


def test_every_packet_arrives_once_in_order_and_the_end_is_said() -> None:
    async def story() -> None:
        async with Ingest() as ingest:
            async with await Uplink.open(at(ingest.port), insecure=False) as uplink:
                for one in held(100):
                    await uplink.send(one)
            await until(lambda: len(ingest.frames) == 100 and ingest.publications[0].ended_properly)
            sent = held(100)
            assert [frame.payload for frame in ingest.frames] == [one.packet.data for one in sent]
            assert [frame.timestamp for frame in ingest.frames] == [one.time for one in sent]
            assert ingest.publications[0].configs == [FORMAT.decoder_config]

    asyncio.run(story())


def test_what_the_other_end_acknowledged_is_known() -> None:
    async def story() -> None:
        async with Ingest() as ingest, await Uplink.open(at(ingest.port), insecure=False) as uplink:
            packets = held(2000)
            arrived = [await uplink.send(one) for one in packets[:199]]
            await until(lambda: len(ingest.frames) == 199)
            for one in packets[199:]:  # the answer is on its way for a while
                arrived.append(await uplink.send(one))
                if arrived[-1] >= 198:
                    break
                await asyncio.sleep(0.01)
            assert arrived[-1] >= 198
            assert arrived == sorted(arrived)

    asyncio.run(story())


def test_sound_goes_along() -> None:
    fmt = VideoFormat(Codec.H264, 640, 480, 1000, FORMAT.decoder_config, AudioFormat(16000, 1, b"\x14\x08"))

    async def story() -> None:
        async with Ingest() as ingest, await Uplink.open(at(ingest.port), insecure=False) as uplink:
            await uplink.send(held(1, fmt)[0])
            await uplink.send(Held(1, fmt, AudioPacket(b"sound", 999, 1024, 0.0), 64, 0.0))
            await until(lambda: len(ingest.publications[0].sound) == 2)
            assert ingest.publications[0].sound == [AudioConfig(b"\x14\x08"), AudioFrame(64, b"sound")]

    asyncio.run(story())


def test_another_format_is_told_before_its_pictures() -> None:
    other = VideoFormat(Codec.H264, 1280, 720, 1000, b"\x01\x4d" + FORMAT.decoder_config[2:])

    async def story() -> None:
        async with Ingest() as ingest, await Uplink.open(at(ingest.port), insecure=False) as uplink:
            await uplink.send(held(1)[0])
            await uplink.send(held(1, other)[0])
            await until(lambda: len(ingest.frames) == 2)
            assert ingest.publications[0].configs == [FORMAT.decoder_config, other.decoder_config]

    asyncio.run(story())


@pytest.mark.parametrize("hangs_up", [False, True])
def test_a_wrong_key_is_told_plainly_and_not_repeated(hangs_up: bool) -> None:
    async def story() -> None:
        async with Ingest(key="another") as ingest:
            ingest.hang_up_on_wrong_keys = hangs_up
            error = await refusal_of(Uplink.open(at(ingest.port), insecure=False))
            assert isinstance(error, IngestRefused)
            assert "key" in str(error)

    asyncio.run(story())


def test_a_closed_port_may_open_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = asyncio.run(refusal_of(Uplink.open(at(port), insecure=False)))
    assert isinstance(error, IngestLost)
    assert "Connection refused" in str(error)


def test_an_unknown_name_may_be_known_later() -> None:
    error = asyncio.run(refusal_of(Uplink.open(at(1935, host="nowhere.invalid"), insecure=False)))
    assert isinstance(error, IngestLost)
    assert "nowhere.invalid" in str(error)


def test_a_web_server_is_no_ingest() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200)
        writer.close()

    async def story() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            error = await refusal_of(Uplink.open(at(server.sockets[0].getsockname()[1]), insecure=False))
            assert isinstance(error, IngestRefused)
            assert "RTMP" in str(error)

    asyncio.run(story())


def test_a_server_that_dies_is_noticed_while_nothing_is_sent() -> None:
    async def story() -> None:
        async with Ingest() as ingest, await Uplink.open(at(ingest.port), insecure=False) as uplink:
            watching = asyncio.ensure_future(uplink.watch())
            await uplink.send(held(1)[0])
            await ingest.die()
            async with asyncio.timeout(60):
                with pytest.raises(IngestLost):
                    await watching
            await ingest.rise()

    asyncio.run(story())


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700::1111"])
def test_clear_text_to_a_public_address_is_never_begun(host: str) -> None:
    with pytest.raises(ConfigInvalid, match="--insecure") as refused:
        asyncio.run(Uplink.open(at(1935, host=host), insecure=False))
    assert KEY not in str(refused.value)


@needs_openssl
def test_tls_carries_the_same(tmp_path: Path) -> None:
    made = certificate(tmp_path)

    async def story() -> None:
        async with Ingest(tls=made.server_context()) as ingest:
            to = at(ingest.port, tls=True, host="localhost")
            async with await Uplink.open(to, insecure=False, trust=made.trusting_context()) as uplink:
                for one in held(500):
                    await uplink.send(one)
            await until(lambda: len(ingest.frames) == 500)
            assert [frame.payload for frame in ingest.frames] == [one.packet.data for one in held(500)]

    asyncio.run(story())


async def _over_tls(ingest: Ingest, trust: ssl.SSLContext | None) -> IngestError:
    async with ingest:
        to = at(ingest.port, tls=True, host="localhost")
        return await refusal_of(Uplink.open(to, insecure=False, trust=trust))


@needs_openssl
def test_certificates_that_cannot_be_trusted_are_told_in_plain_words(tmp_path: Path) -> None:
    made = certificate(tmp_path)
    unknown = asyncio.run(_over_tls(Ingest(tls=made.server_context()), None))
    assert isinstance(unknown, IngestRefused)
    assert "SSL_CERT_FILE" in str(unknown)

    other_name = certificate(tmp_path, names="DNS:elsewhere.example")
    wrong = asyncio.run(_over_tls(Ingest(tls=other_name.server_context()), other_name.trusting_context()))
    assert isinstance(wrong, IngestRefused)
    assert "not made out to localhost" in str(wrong)


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [(10, IngestRefused, "expired"), (9, IngestLost, "clock of this machine"), (23, IngestRefused, "revoked")],
)
def test_what_openssl_says_of_a_certificate_is_told(code: int, kind: type[IngestError], words: str) -> None:
    said = ssl.SSLCertVerificationError("certificate verify failed")
    said.verify_code, said.verify_message = code, "certificate revoked"
    error = certificate_refused(said, at(443, tls=True))
    assert type(error) is kind
    assert words in str(error)


def test_rtmps_at_a_port_without_tls_says_so() -> None:
    error = asyncio.run(_over_tls(Ingest(), None))
    assert isinstance(error, IngestRefused | IngestLost)
    assert "TLS" in str(error)
