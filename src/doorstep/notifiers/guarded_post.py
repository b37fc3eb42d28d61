"""One request to an address that a stranger may have chosen: the machine is judged when it is connected to.

No redirect is followed, no proxy asked, no connection kept.  What an answer means is the channel's business.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import h11

from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.notifiers.blocking_calls import BlockingCalls

MOST_ANSWER_BYTES = 64 * 1024
CONNECT_SECONDS = 4.0
"""For one of the addresses of a host, so that one that swallows everything leaves time for the next."""
CUT_SECONDS = 1.0
HTTP, HTTPS = 80, 443
"""The ports that an address need not name."""

LookUp = Callable[[str, int], Sequence[str]]
"""Every address of a host.  Blocks; raises OSError."""


@dataclass(frozen=True, slots=True)
class Post:
    """What is sent, and where to; the address may be a secret.  What has no body asks, with another `method`."""

    host: str
    port: int
    target: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and headers, those in small letters; of the body only that it has ended is of interest."""

    status: int
    headers: Mapping[str, str]


def look_up(host: str, port: int) -> Sequence[str]:
    """Every address of the host, each once, in the system's order.  Blocks."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class GuardedPost:
    """One for each other end, so that a name that is looked up for ever keeps nobody else waiting."""

    def __init__(
        self, name: str, tls: ssl.SSLContext | None, seconds: float = 10.0, addresses_of: LookUp = look_up
    ) -> None:
        """`name` is what the owner calls the other end; `tls` is who is trusted, None for plain HTTP.

        Each call ends within `seconds`.  `addresses_of` blocks, in a thread of its own.
        """
        self.tls = tls
        self._name = name
        self._seconds = seconds
        self._addresses_of = addresses_of
        self._lookups = BlockingCalls(name, seconds)

    async def send(self, post: Post, may_reach: Callable[[str], bool]) -> Answer:
        """The answer, whatever it says.  `may_reach` judges each address of the host; one that is refused spoils all.

        Raises NotifierUnavailable, and NotifierRefused where the host lies where it must not.
        """
        with _errors_named(self._name, self._seconds):
            async with asyncio.timeout(self._seconds):
                addresses = await self._addresses(post, may_reach)
                reader, writer = await self._connected(post, addresses)
                try:
                    return await _exchange(post, reader, writer, HTTPS if self.tls else HTTP)
                finally:
                    await _cut(writer)

    async def reach(self, post: Post, may_reach: Callable[[str], bool]) -> None:
        """Connect and leave, saying nothing.  Raises as `send`."""
        with _errors_named(self._name, self._seconds):
            async with asyncio.timeout(self._seconds):
                _, writer = await self._connected(post, await self._addresses(post, may_reach))
                await _cut(writer)

    async def _addresses(self, post: Post, may_reach: Callable[[str], bool]) -> Sequence[str]:
        call = partial(self._addresses_of, post.host, post.port)
        found = cast("Sequence[str]", await self._lookups.make(f"{post.host}:{post.port}", call))
        if not found or not all(map(may_reach, found)):
            msg = f"{self._name} lies at an address that Doorstep does not send to."
            raise NotifierRefused(msg)
        return found

    async def _connected(
        self, post: Post, addresses: Sequence[str]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To an address that was judged and not to the name, which may mean another one a moment later."""
        *others, last = addresses
        for address in others:
            with suppress(OSError):  # the next one may do; TimeoutError is one
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await self._open(post, address)
        return await self._open(post, last)

    async def _open(self, post: Post, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        name = post.host if self.tls else None
        return await asyncio.open_connection(
            address, post.port, ssl=self.tls, server_hostname=name, limit=MOST_ANSWER_BYTES
        )


async def _cut(writer: asyncio.StreamWriter) -> None:
    """Now, for a polite end of TLS waits half a minute for who hangs."""
    with suppress(AttributeError):  # Python 3.11.2, on a connection that is gone already
        writer.transport.abort()
    with suppress(OSError):  # TimeoutError is one
        async with asyncio.timeout(CUT_SECONDS):
            await writer.wait_closed()


async def _exchange(post: Post, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, usual_port: int) -> Answer:
    talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_ANSWER_BYTES)
    host = f"[{post.host}]" if ":" in post.host else post.host
    authority = host if post.port == usual_port else f"{host}:{post.port}"
    length = {"Content-Length": str(len(post.body))} if post.body or post.method == "POST" else {}
    headers = {"Host": authority, **length, "Connection": "close", **post.headers}
    request = h11.Request(method=post.method, target=post.target, headers=list(headers.items()))
    pieces = [talk.send(request), talk.send(h11.Data(data=post.body)), talk.send(h11.EndOfMessage())]
    writer.write(b"".join(piece or b"" for piece in pieces))
    await writer.drain()
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            piece = await reader.read(MOST_ANSWER_BYTES)
            if not piece:
                raise BrokenPipeError
            talk.receive_data(piece)
        elif isinstance(event, h11.Response):
            return Answer(
                event.status_code, {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
            )
        elif not isinstance(event, h11.InformationalResponse):
            raise BrokenPipeError


@contextmanager
def _errors_named(name: str, seconds: float) -> Iterator[None]:
    """Map what the network says to our errors; none of them holds the address, nor what the other end said."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        msg = f"The certificate of {name} is not trusted or has expired; is this machine's clock right?"
        raise NotifierUnavailable(msg) from error
    except TimeoutError as error:
        msg = f"{name} did not answer within {seconds:g} seconds."
        raise NotifierUnavailable(msg) from error
    except h11.RemoteProtocolError as error:
        msg = f"{name} answers with something that is not HTTP."
        raise NotifierUnavailable(msg) from error
    except (h11.LocalProtocolError, UnicodeError) as error:
        msg = f"The address of {name} cannot be used."
        raise NotifierRefused(msg) from error
    except (BrokenPipeError, ConnectionResetError) as error:
        msg = f"{name} ended the connection without an answer."
        raise NotifierUnavailable(msg) from error
    except OSError as error:  # a name that nobody knows, too
        msg = f"{name} cannot be reached; is this machine on the internet?"
        raise NotifierUnavailable(msg) from error
