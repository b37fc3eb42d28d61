"""One connection to an ingest, from the greeting to the good-bye.  Trying again lives in `publisher`."""

import asyncio
import fcntl
import ssl
import struct
from collections import deque
from dataclasses import replace
from types import TracebackType
from typing import Protocol, Self

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat
from doorstep.core.outage_buffer import Held
from doorstep.publish.destination import Destination
from doorstep.publish.dial import Streams, certificate_refused, dial
from doorstep.publish.errors import IngestLost, IngestRefused
from doorstep.rtmp.client_session import ClientSession, State
from doorstep.rtmp.events import Accepted, ClientEvent, Gone, Refused

GREETING_SECONDS = 10.0
WRITE_SECONDS = 10.0
GOODBYE_SECONDS = 0.8
READ_BYTES = 16 * 2**10

TICKS = 1000  # of RTMP, a second
_SIOCOUTQ = 0x5411  # bytes that the other end's TCP has not acknowledged (man 7 tcp)
_TLS_MARGIN_BYTES = 64 * 2**10  # what asyncio's TLS may hold below the buffer that it tells of


class Sink(Protocol):
    """What the publisher needs of a connection."""

    async def send(self, held: Held) -> int:
        """Send one packet; the number of the latest packet that arrived, -1 while none did.  Raises IngestError."""
        ...

    async def watch(self) -> None:
        """Answer the server until it ends the stream; raises IngestError then."""
        ...


class Uplink:
    """An open stream to an ingest.  Use it in an `async with`, whose end says good-bye.  On the event loop only."""

    def __init__(self, to: Destination, session: ClientSession, streams: Streams) -> None:
        self._to = to
        self._session = session
        self._reader, self._writer = streams
        # As good as nothing waits above the kernel: `drain` returns once it was handed down.  (Not 0: asyncio's TLS
        # takes an empty buffer for a full one then, and never goes on.)
        self._writer.transport.set_write_buffer_limits(high=1)
        self._format: VideoFormat | None = None
        self._written = 0
        self._under_way: deque[tuple[int, int]] = deque()  # last byte and number of packets not yet acknowledged
        self._arrived = -1

    @classmethod
    async def open(cls, to: Destination, *, insecure: bool, trust: ssl.SSLContext | None = None) -> Self:
        """A stream that the server accepted.  Raises IngestError, or ConfigInvalid as `dial` does."""
        streams = await dial(to, insecure=insecure, trust=trust)
        uplink = cls(to, ClientSession(to.url, to.app, to.key, publish=True), streams)
        try:
            async with asyncio.timeout(GREETING_SECONDS):
                await uplink._begin()
        except TimeoutError as error:
            await uplink._close()
            msg = f"{to.host} took the connection but does not answer as an RTMP server."
            raise IngestLost(msg) from error
        except BaseException:
            await uplink._close()
            raise
        return uplink

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()
        await self._close()

    async def send(self, held: Held) -> int:
        """As `Sink` says."""
        if held.format != self._format:
            self._format = held.format
            self._session.send(replace(held.format, timescale=TICKS))
        self._session.send(_retimed(held))
        self._written += self._write()
        self._under_way.append((self._written, held.number))
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._writer.drain()
        except OSError as error:
            raise self._lost(error) from error
        return self._latest_arrived()

    async def watch(self) -> None:
        """As `Sink` says."""
        while True:
            for event in await self._receive():
                self._judge(event)
            self._write()

    # ------------------------------------------------------------------------------------------------ below

    async def _begin(self) -> None:
        self._write()
        while True:
            for event in await self._receive():
                if isinstance(event, Accepted):
                    self._write()
                    return
                self._judge(event)
            self._write()

    async def _receive(self) -> list[ClientEvent]:
        asking = self._session.state is State.ASKING
        try:
            received = await self._reader.read(READ_BYTES)
        except OSError as error:
            raise self._refusal() if asking else self._lost(error) from error
        if not received:
            raise self._refusal() if asking else self._lost(None)
        try:
            return self._session.receive(received)
        except MediaInvalid as error:
            msg = f"{self._to.host} does not answer as an RTMP server at port {self._to.port}."
            raise IngestRefused(msg) from error

    def _judge(self, event: ClientEvent) -> None:
        match event:
            case Refused(reason):
                told = reason.replace(self._to.key, "***")
                msg = f"{self._to.host} refused the stream ({told}). Check the key."
                raise IngestRefused(msg)
            case Gone():
                msg = f"{self._to.host} ended the stream."
                raise IngestLost(msg)
            case _:
                return

    def _write(self) -> int:
        waiting = self._session.to_send()
        if waiting:
            self._writer.write(waiting)
        return len(waiting)

    def _latest_arrived(self) -> int:
        behind = self._written - self._unacknowledged()
        while self._under_way and self._under_way[0][0] <= behind:
            self._arrived = self._under_way.popleft()[1]
        return self._arrived

    def _unacknowledged(self) -> int:
        """Bytes that may not have arrived; under TLS rather more than less."""
        transport = self._writer.transport
        own = transport.get_write_buffer_size() + (_TLS_MARGIN_BYTES if self._to.tls else 0)
        try:
            answer = fcntl.ioctl(transport.get_extra_info("socket").fileno(), _SIOCOUTQ, bytes(4))
        except OSError:
            return self._written
        return own + int(struct.unpack("i", answer)[0])

    def _refusal(self) -> IngestRefused:
        """Servers like nginx-rtmp say no by hanging up."""
        return IngestRefused(
            f"{self._to.host} hung up when it was told the key: it is wrong, or somebody publishes with it already."
        )

    def _lost(self, error: OSError | None) -> IngestLost | IngestRefused:
        if isinstance(error, ssl.SSLCertVerificationError):
            return certificate_refused(error, self._to)
        if isinstance(error, TimeoutError):
            return IngestLost(f"The connection to {self._to.host} carries nothing any more.")
        told = "" if error is None else f": {error.strerror or error}"
        return IngestLost(f"The connection to {self._to.host} broke{told}.")

    async def _close(self) -> None:
        """Say what is left to say, within a bounded time."""
        try:
            self._write()
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._writer.drain()
                self._writer.close()
                await self._writer.wait_closed()
        except OSError:
            self._writer.transport.abort()


def _retimed(held: Held) -> StreamItem:
    """The packet on the running time line."""
    packet = held.packet
    if isinstance(packet, Packet):
        offset = round(TICKS * (packet.pts - packet.dts) / held.format.timescale)
        return replace(packet, dts=held.time, pts=held.time + offset, duration=1)
    return _retimed_sound(packet, held)


def _retimed_sound(packet: AudioPacket, held: Held) -> AudioPacket:
    rate = held.format.audio.sample_rate if held.format.audio else TICKS
    return replace(packet, pts=round(held.time * rate / TICKS))
