"""Viewers of live video as they are: polite ones, and those that die, never read, read a byte a second or come all
at once.  Each is a coroutine that takes a `Door` and some seconds; what they do to a server lives in tests/faults.
"""

import asyncio
import re
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from urllib.parse import urlsplit

import httpx
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from fakes.mse_viewer import MseViewer

PATIENCE_SECONDS = 60.0
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Door:
    """Which camera of which server is watched, with which token."""

    url: str
    token: str
    camera: str = "door"

    @property
    def path(self) -> str:
        return f"/api/v1/cameras/{self.camera}"

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def client(self) -> httpx.AsyncClient:
        where = f"{self.url}{self.path}"
        return httpx.AsyncClient(base_url=where, headers=self.bearer, timeout=PATIENCE_SECONDS, verify=_trust())


@cache
def _trust() -> SSLContext:
    """Made once: each costs more than most visits, and a crowd's would pile up."""
    return httpx.create_ssl_context()


Visit = Callable[[Door, float], Awaitable[None]]


@asynccontextmanager
async def asked(door: Door, path: str, *more: str) -> AsyncIterator[Stream]:
    """A request on a bare connection, of which nothing is read; at the end it is torn off, without a goodbye."""
    address = urlsplit(door.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1024)
    try:
        head = [f"GET {door.path}{path} HTTP/1.1", f"Host: {address.netloc}", f"Authorization: Bearer {door.token}"]
        writer.write("\r\n".join([*head, *more, "", ""]).encode())
        await writer.drain()
        yield reader, writer
    finally:
        writer.transport.abort()


def _upgrade() -> Sequence[str]:
    key = b64encode(secrets.token_bytes(16)).decode()
    return ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}")


async def mse(door: Door, seconds: float) -> None:
    await MseViewer(door.url, door.token, door.camera).watch(seconds)


async def mse_dies(door: Door, seconds: float) -> None:
    async with asked(door, "/live/mse", *_upgrade()) as (reader, _writer), _until(seconds):
        while await reader.read(65536):
            pass


async def mse_never_reads(door: Door, seconds: float) -> None:
    async with asked(door, "/live/mse", *_upgrade()):
        await asyncio.sleep(seconds)


async def mse_reads_a_byte_a_second(door: Door, seconds: float) -> None:
    async with asked(door, "/live/mse", *_upgrade()) as (reader, _writer), _until(seconds):
        for _ in range(round(seconds) + 1):
            await reader.read(1)
            await asyncio.sleep(1)


async def mse_talks_nonsense(door: Door, seconds: float) -> None:
    async with asked(door, "/live/mse", *_upgrade()) as (reader, writer), _until(seconds):
        writer.write(secrets.token_bytes(200))
        while await reader.read(65536):
            pass


async def half_a_request(door: Door, seconds: float) -> None:
    address = urlsplit(door.url)
    _reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"GET {door.path}/live/mse HTTP/1.1\r\nHost: ".encode())
    await asyncio.sleep(seconds)
    writer.transport.abort()


async def mjpeg(door: Door, seconds: float) -> None:
    async with door.client() as client, _until(seconds), client.stream("GET", "/live.mjpeg") as answer:
        async for _ in answer.aiter_raw():
            pass


async def mjpeg_never_reads(door: Door, seconds: float) -> None:
    async with asked(door, "/live.mjpeg"):
        await asyncio.sleep(seconds)


async def hls(door: Door, seconds: float) -> None:
    """Loads the playlist, and whatever it names, as long as it stays."""
    async with door.client() as client, _until(seconds):
        address = httpx.URL(f"{door.url}{door.path}/live/index.m3u8")
        for _ in range(3):  # a multivariant playlist leads to the media playlist
            answer = await client.get(address)
            streams = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
            if "#EXT-X-STREAM-INF" not in answer.text or not streams:
                break
            address = address.join(streams[0])
        while answer.status_code == httpx.codes.OK:
            for name in re.findall(r'URI="([^"]+)"', answer.text)[-3:]:
                await client.get(address.join(name))
            await asyncio.sleep(0.3)
            answer = await client.get(address)


async def hls_dies_waiting(door: Door, seconds: float) -> None:
    """Asks for what is not there yet, and is gone when it comes."""
    async with door.client() as client, _until(PATIENCE_SECONDS):
        numbers = re.findall(r"segment-(\d+)", (await client.get("/live/hls/media.m3u8")).text)
        wanted = max(map(int, numbers), default=0) + 1
        async with asked(door, f"/live/hls/media.m3u8?_HLS_msn={wanted}"):
            await asyncio.sleep(seconds)


async def webrtc(door: Door, seconds: float) -> None:
    async with _peer(door) as (client, address):
        await asyncio.sleep(seconds)
        if address:
            await client.delete(f"{door.url}{address}")


async def webrtc_dies(door: Door, seconds: float) -> None:
    async with _peer(door):
        await asyncio.sleep(seconds)


@asynccontextmanager
async def _peer(door: Door) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    connection = RTCPeerConnection()
    connection.addTransceiver("video", direction="recvonly")
    try:
        await connection.setLocalDescription(await connection.createOffer())
        async with door.client() as client:
            sdp = connection.localDescription.sdp
            answer = await client.post("/live/whep", content=sdp, headers={"Content-Type": "application/sdp"})
            address = answer.headers.get("Location", "")
            if answer.status_code == httpx.codes.CREATED:
                await connection.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
            yield client, address
    except MediaStreamError:
        pass  # the server ended it
    finally:
        await connection.close()


@asynccontextmanager
async def _until(seconds: float) -> AsyncIterator[None]:
    """Ends the block after so long, as if by itself; whatever the server does to the connection is expected too."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except (TimeoutError, httpx.HTTPError, OSError):
        pass


async def many_sockets(door: Door, count: int, seconds: float) -> None:
    """All at once, on one connection each, none of them read."""
    await asyncio.gather(*(mse_never_reads(door, seconds) for _ in range(count)), return_exceptions=True)


VISITS: Sequence[Visit] = (
    mse,
    mse_dies,
    mse_never_reads,
    mse_reads_a_byte_a_second,
    mse_talks_nonsense,
    half_a_request,
    mjpeg,
    mjpeg_never_reads,
    hls,
    hls_dies_waiting,
)
PEERS: Sequence[Visit] = (webrtc, webrtc_dies)
"""Fewer of them come: each costs its viewer a handshake in Python."""
