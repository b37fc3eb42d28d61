"""Opens the socket to an ingest: resolves, checks where that leads, connects, begins TLS.  Speaks no RTMP."""

import asyncio
import os
import socket
import ssl
from collections.abc import Sequence
from functools import partial

from doorstep.core.errors import ConfigInvalid
from doorstep.own_threads import in_own_thread
from doorstep.publish.clear_text import any_public
from doorstep.publish.destination import Destination
from doorstep.publish.errors import IngestLost, IngestRefused

RESOLVE_SECONDS = 5.0
CONNECT_SECONDS = 5.0
TLS_SECONDS = 10.0
SEND_BUFFER_BYTES = 128 * 2**10  # Linux doubles it; what waits shall wait in our buffer, where GOPs are whole
DEAD_AFTER_SECONDS = 10.0

Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_CLOCK_BEHIND = 9  # X509_V_ERR_CERT_NOT_YET_VALID
_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED
_UNKNOWN_ISSUER = {2, 18, 19, 20, 21}  # the issuer's certificate is missing, or is the server's own
_OTHER_NAME = {62, 64}  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH


async def dial(to: Destination, *, insecure: bool, trust: ssl.SSLContext | None = None) -> Streams:
    """A connection to the ingest.  `trust` is None for the system's certificate authorities.

    Raises IngestLost, IngestRefused for what TLS says, ConfigInvalid for clear text to a public address.
    """
    addresses = await _resolve(to.host, to.port)
    if not to.tls and not insecure and any_public(str(address[1][0]) for address in addresses):
        msg = (
            f"--to: {to.host} is a public address, and rtmp:// sends the key and the picture in clear text. "
            "Use rtmps://, or say --insecure if you accept that."
        )
        raise ConfigInvalid(msg)
    connected = await _connect(addresses, to)
    try:
        async with asyncio.timeout(TLS_SECONDS):
            return await asyncio.open_connection(
                sock=connected,
                ssl=(trust or ssl.create_default_context()) if to.tls else None,
                server_hostname=to.host if to.tls else None,
            )
    except BaseException as error:
        connected.close()
        if isinstance(error, OSError):  # TimeoutError and ssl's errors are, too
            raise _tls_error(error, to) from error
        raise


async def _resolve(host: str, port: int) -> Sequence[Address]:
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await in_own_thread("resolve", look_up)
    except (OSError, UnicodeError) as error:
        msg = f"The name {host} leads nowhere just now. Check the address and this machine's network."
        raise IngestLost(msg) from error
    return [(family, address) for family, _, _, _, address in found]  # type: ignore[misc]


async def _connect(addresses: Sequence[Address], to: Destination) -> socket.socket:
    """The first address that answers."""
    reason: OSError | None = None
    for family, address in addresses:
        wanted = socket.socket(family, socket.SOCK_STREAM)
        try:
            _tune(wanted)
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().sock_connect(wanted, address)
        except OSError as error:
            wanted.close()
            reason = error
        except BaseException:
            wanted.close()
            raise
        else:
            return wanted
    told = os.strerror(reason.errno) if reason is not None and reason.errno else "no answer"
    msg = f"{to.host} cannot be reached at port {to.port}: {told}."
    raise IngestLost(msg) from reason


def _tune(wanted: socket.socket) -> None:
    """A dead net is noticed within seconds, and nothing waits to be sent together."""
    wanted.setblocking(False)
    wanted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wanted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    wanted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    wanted.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5)
    wanted.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 2)
    wanted.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    wanted.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(1000 * DEAD_AFTER_SECONDS))


def _tls_error(error: OSError, to: Destination) -> IngestLost | IngestRefused:
    if isinstance(error, ssl.SSLCertVerificationError):
        return certificate_refused(error, to)
    if isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
        return IngestRefused(
            f"{to.host} does not speak TLS at port {to.port}. Check the port; rtmps:// needs a server with TLS."
        )
    return IngestLost(f"{to.host} broke off while TLS was begun.")


def certificate_refused(error: ssl.SSLCertVerificationError, to: Destination) -> IngestLost | IngestRefused:
    """What is wrong with the server's certificate, in plain words."""
    code = error.verify_code
    if code == _CLOCK_BEHIND:
        # A Pi boots without the time; it will know it soon, so this one is tried again soon.
        return IngestLost(f"The certificate of {to.host} is not valid yet. Is the clock of this machine right?")
    if code == _EXPIRED:
        return IngestRefused(f"The certificate of {to.host} has expired. Renew it there, or set this machine's clock.")
    if code in _OTHER_NAME:
        return IngestRefused(
            f"The certificate of the server is not made out to {to.host}. Use the name it is made for."
        )
    if code in _UNKNOWN_ISSUER:
        return IngestRefused(
            f"The certificate of {to.host} is signed by nobody whom this machine trusts. "
            "If it is your own, name its authority's file in SSL_CERT_FILE."
        )
    return IngestRefused(f"The certificate of {to.host} cannot be trusted: {error.verify_message}.")
