"""One connection to the RTMP listener: its socket, its session, and when it was last heard.  Who may is for `Desk`."""

import asyncio
from enum import Enum, auto
from typing import Final, Protocol, cast

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import StreamItem
from doorstep.ports import Clock
from doorstep.rtmp.errors import RtmpInvalid
from doorstep.rtmp.events import Gone, PlayAsked, PublishAsked, ServerEvent, SoundIgnored, VideoFrame, VideoRefused
from doorstep.rtmp.server_session import ServerSession
from doorstep.sources.rtmp_items import RtmpItems
from doorstep.sources.rtmp_publication import Publication

_READ_BYTES: Final = 64 * 2**10
_MOST_UNSENT_BYTES: Final = 2**20
_LINGER_SECONDS: Final = 2.0  # for a last answer to arrive before the socket closes


class Role(Enum):
    """What a connection is for."""

    STRANGER = auto()
    PUBLISHER = auto()
    PLAYER = auto()
    ENDING = auto()


class Desk(Protocol):
    """Decides about connections.  Called on the event loop; never blocks."""

    def asked_to_publish(self, link: "Link", asked: PublishAsked) -> None:
        """Answer by `link.publish` or `link.refuse`."""
        ...

    def asked_to_play(self, link: "Link", asked: PlayAsked) -> None:
        """Answer by `link.play` or `link.refuse`, now or later."""
        ...

    def misbehaved(self, link: "Link", why: str) -> None:
        """The connection was ended for a reason."""
        ...

    def told(self, link: "Link", what: str) -> None:
        """Something about a publisher that its owner may want to know."""
        ...

    def over(self, link: "Link") -> None:
        """Nothing more comes of the connection, whatever ended it; told once."""
        ...

    def closed(self, link: "Link") -> None:
        """Its socket is closed; told once, after `over`."""
        ...


class Link(asyncio.BufferedProtocol):
    """Made for an accepted socket; lives on the event loop."""

    def __init__(self, desk: Desk, address: str, clock: Clock) -> None:
        self.address = address
        self.role = Role.STRANGER
        self._desk = desk
        self._clock = clock
        self._session = ServerSession()
        self._buffer = bytearray(_READ_BYTES)
        self._view = memoryview(self._buffer)
        self._transport: asyncio.Transport | None = None
        self._items: RtmpItems | None = None
        self._publication: Publication | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self.since = clock.monotonic()
        """When it took its role."""
        self.heard_at = self.since
        """When a publisher's last picture came, or anything from anybody else."""

    # ------------------------------------------------------------------------------------------- from the desk

    def publish(self, publication: Publication, *, audio: bool) -> None:
        """Let it publish into this."""
        self._take_role(Role.PUBLISHER)
        self._publication = publication
        self._items = RtmpItems(audio=audio)
        self._session.accept()
        self._flush()

    def play(self) -> None:
        """Let it play what `send` gives."""
        self._take_role(Role.PLAYER)
        self._session.accept()
        self._flush()

    async def send(self, item: StreamItem) -> None:
        """The next item for a player; waits while the player is behind.  Raises RtmpInvalid for HEVC."""
        self._session.send(item)
        self._flush()
        await self._writable.wait()

    def refuse(self, reason: str) -> None:
        """Tell it why, and close soon."""
        if self.role is Role.ENDING:
            return
        self._session.refuse(reason)
        self._end()

    def close(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def lingers_too_long(self, now: float) -> bool:
        """Whether its last answer had its time."""
        return self.role is Role.ENDING and now - self.since >= _LINGER_SECONDS

    # ------------------------------------------------------------------------------------- from the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio says; behind the TLS handshake, where there is one."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_MOST_UNSENT_BYTES)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the loop's signature
        """As asyncio says."""
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        """As asyncio says."""
        if self._is_ending():
            return
        now = self._clock.monotonic()
        if self.role is not Role.PUBLISHER:
            self.heard_at = now
        try:
            for event in self._session.receive(self._view[:nbytes]):
                if not self._is_ending():
                    self._take(event, now)
        except RtmpInvalid as error:
            self._misbehave(f"{error}")
        except MediaInvalid as error:
            self._misbehave(f"its video cannot be used: {error}")
        else:
            self._flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - whatever it was, it is over
        """As asyncio says."""
        self._transport = None
        self._writable.set()
        if self.role is not Role.ENDING:
            self._take_role(Role.ENDING)
            self._desk.over(self)
        self._desk.closed(self)

    def pause_writing(self) -> None:
        """As asyncio says."""
        self._writable.clear()
        if self.role is not Role.PLAYER:
            self.close()  # it does not read what it asked for
        elif self._transport is not None:
            self._transport.pause_reading()  # or its pings would have answers heaped up

    def resume_writing(self) -> None:
        """As asyncio says."""
        self._writable.set()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # ---------------------------------------------------------------------------------------------- inside

    def _take(self, event: ServerEvent, now: float) -> None:
        match event:
            case PublishAsked():
                self._desk.asked_to_publish(self, event)
            case PlayAsked():
                self._desk.asked_to_play(self, event)
            case Gone():
                self._end()
            case VideoRefused():
                self._desk.misbehaved(self, f"it sends {event.found}, and RTMP carries H.264 only")
                self._end()
            case SoundIgnored():
                self._desk.told(self, f"its sound is {event.found}, which is left out: only AAC is kept")
            case _ if self._items is not None and self._publication is not None:
                if isinstance(event, VideoFrame):
                    self.heard_at = now
                for item in self._items.take(event, now):
                    self._publication.put(item)
                if self._publication.is_pressed:
                    self._pause(self._publication)

    def _pause(self, publication: Publication) -> None:
        """A burst, after a pause of the network: TCP lets it wait at its sender."""
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()
            publication.when_relieved(self._go_on)

    def _go_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _is_ending(self) -> bool:
        return self.role is Role.ENDING

    def _misbehave(self, why: str) -> None:
        self._desk.misbehaved(self, why)
        self.close()

    def _take_role(self, role: Role) -> None:
        self.role = role
        self.since = self.heard_at = self._clock.monotonic()

    def _end(self) -> None:
        """Send what is left, then close; what the peer still sends is read and dropped, or it would miss the answer."""
        self._flush()
        self._take_role(Role.ENDING)
        if self._transport is not None and self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()
        elif self._transport is not None:
            self._transport.close()
        self._desk.over(self)

    def _flush(self) -> None:
        out = self._session.to_send()
        if out and self._transport is not None and not self._transport.is_closing():
            self._transport.write(out)
