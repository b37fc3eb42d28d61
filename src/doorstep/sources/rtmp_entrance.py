"""The port of an RTMP listener: binds it, takes sockets under limits, and ends who takes too long.

Who has not shown a key yet never keeps anybody out: where it is full, who has waited longest goes.
"""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from doorstep.core.household import household
from doorstep.ports import Clock
from doorstep.sources.rtmp_door import FailedTries
from doorstep.sources.rtmp_link import Desk, Link, Role

_SWEEP_SECONDS: Final = 0.5
_BACKLOG: Final = 64
_UNPROVEN: Final = frozenset({Role.STRANGER, Role.ENDING})
_KEEPALIVE: Final = {socket.TCP_KEEPIDLE: 15, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3}


@dataclass(frozen=True, slots=True)
class ListenLimits:
    """How many may come, and how long they may take, in seconds.  Strangers are all without a key, ended ones too."""

    strangers: int = 32
    strangers_per_household: int = 16
    failed_tries_a_minute: int = 120
    players: int = 8
    introduction: float = 10.0
    idle: float = 10.0
    replaceable: float = 3.0


async def bind(host: str, port: int) -> socket.socket:
    """A listening socket.  Raises OSError."""
    loop = asyncio.get_running_loop()
    family, *_, where = (await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))[0]
    listening = socket.create_server((where[0], where[1]), family=family, backlog=_BACKLOG)
    listening.setblocking(False)
    return listening


async def _readable(listening: socket.socket) -> None:
    """Until somebody knocks, and always a turn of the loop, which a storm must not keep.

    The loop's own `sock_accept` would lose, unclosed, who comes in the moment in which it is cancelled.
    """
    loop = asyncio.get_running_loop()
    knocked = asyncio.Event()
    loop.add_reader(listening, knocked.set)
    try:
        await knocked.wait()
    finally:
        loop.remove_reader(listening)


class Entrance:
    """Makes a `Link` of each socket that may come in.  Lives on the event loop, in the listener's TaskGroup."""

    def __init__(self, desk: Desk, clock: Clock, tls: ssl.SSLContext | None, limits: ListenLimits) -> None:
        self._desk = desk
        self._clock = clock
        self._tls = tls
        self._limits = limits
        self._links: dict[Link, asyncio.Task[None]] = {}
        self.failures = FailedTries(clock, most=limits.failed_tries_a_minute)

    @asynccontextmanager
    async def open(self, listening: socket.socket) -> AsyncIterator[asyncio.TaskGroup]:
        """While inside, sockets come in; the group is for what they need beside.  Closes all at the end."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._accept_all(listening, tasks))
                tasks.create_task(self._sweep())
                yield tasks
        finally:
            listening.close()
            for link in list(self._links):
                self._shut(link)

    def closed(self, link: Link) -> None:
        """Its socket is closed."""
        self._links.pop(link, None)

    async def _accept_all(self, listening: socket.socket, tasks: asyncio.TaskGroup) -> None:
        while True:
            await _readable(listening)
            try:
                peer, where = listening.accept()
            except BlockingIOError:
                continue
            except OSError:  # no descriptor left, or the peer is gone already
                await self._clock.sleep(_SWEEP_SECONDS)
                continue
            peer.setblocking(False)
            address = str(where[0])
            if self.failures.admits(address):
                self._make_room(address)
                link = Link(self._desk, address, self._clock)
                self._links[link] = tasks.create_task(self._begin(peer, link))
            else:
                peer.close()

    def _make_room(self, address: str) -> None:
        """End who waits longest of the household that has most here: a camera shows its key within a moment."""
        unproven = [(household(link.address), link) for link in self._links if link.role in _UNPROVEN]
        count = Counter(house for house, _ in unproven)
        crowd = household(address)
        if count[crowd] < self._limits.strangers_per_household:
            if len(unproven) < self._limits.strangers:
                return
            crowd = count.most_common(1)[0][0]
        links = [link for house, link in unproven if house == crowd]
        goes = min(links, key=lambda link: (link.role is Role.STRANGER, link.since))
        if goes.role is Role.STRANGER:
            self._desk.misbehaved(goes, "others wait, and it did not say yet what it wants")
        self._shut(goes)

    def _shut(self, link: Link) -> None:
        """At once, also in the middle of the TLS handshake, where nobody has told the link of its socket."""
        begin = self._links.pop(link, None)
        if begin is not None:
            begin.cancel()
        link.close()

    async def _begin(self, peer: socket.socket, link: Link) -> None:
        """TLS, where there is, takes its share of the time that a stranger has."""
        loop = asyncio.get_running_loop()
        patience = self._limits.introduction if self._tls is not None else None
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # a player that is gone without a word says nothing
        for option, value in _KEEPALIVE.items():
            peer.setsockopt(socket.IPPROTO_TCP, option, value)
        begun = False
        try:
            await loop.connect_accepted_socket(lambda: link, peer, ssl=self._tls, ssl_handshake_timeout=patience)
            begun = True
        except OSError:  # ssl.SSLError is one
            self.failures.count(link.address)
        finally:
            if not begun:
                peer.close()
                self._links.pop(link, None)

    async def _sweep(self) -> None:
        """Twice a second."""
        while True:
            await self._clock.sleep(_SWEEP_SECONDS)
            now = self._clock.monotonic()
            for link in list(self._links):
                self._judge(link, now)

    def _judge(self, link: Link, now: float) -> None:
        if link.role is Role.STRANGER and now - link.since >= self._limits.introduction:
            self._desk.misbehaved(link, "it did not say in time what it wants")
            self._shut(link)
        elif link.role is Role.PUBLISHER and now - link.heard_at >= self._limits.idle:
            link.refuse(f"No picture came for {self._limits.idle:.0f} s.")
        elif link.lingers_too_long(now):
            link.close()
