"""Whether a box's page can be opened by its public name: asked of the hub's own Caddy, through the tunnel and back.

The name is looked up as a phone would, the certificate checked as a phone would; only the way there is the short one,
for not every cloud lets a machine reach its own public address.
"""

import http.client
import re
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.message import Message
from io import BytesIO
from ipaddress import ip_address
from typing import Final, Protocol

from doorstep.hub_machine.certificate_span import certificate_span
from doorstep.hub_machine.hub_clock import HubClock, MachineClock
from doorstep.hub_machine.shape import HubShape

TIMEOUT_SECONDS: Final = 10.0
_HERE: Final = "127.0.0.1"
_MOST_BYTES: Final = 65536
_REQUEST: Final = b"GET /healthz HTTP/1.1\r\nHost: %s\r\nUser-Agent: doorstep-hub\r\nConnection: close\r\n\r\n"
_HEAD: Final = "header"
_HEAD_ENDS: Final = re.compile(rb"\r?\n\r?\n")
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?:[ \r]|$)")
_EXPIRED: Final = 10  # X509_V_ERR_CERT_HAS_EXPIRED, openssl-verification-options(1)
_NOT_YET: Final = 9  # X509_V_ERR_CERT_NOT_YET_VALID


@dataclass(frozen=True, slots=True)
class Reach:
    """What one try found.  `reached` is None where it cannot be told; `why` is one plain sentence where it is False."""

    reached: bool | None = None
    why: str = ""
    certificate_begins: int | None = None
    certificate_ends: int | None = None


class Lookup(Protocol):
    """Finds the addresses of a name; raises OSError."""

    def __call__(self, host: str) -> Sequence[str]:
        """IPv4 and IPv6, as text."""
        ...


def look_up(host: str) -> Sequence[str]:
    """By the machine's own resolver."""
    return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})


@dataclass(frozen=True, slots=True)
class ReachCheck:
    """Tries one box after another.  `own` are the hub's addresses, empty where names shall not be compared."""

    shape: HubShape
    own: frozenset[str]
    lookup: Lookup = look_up
    clock: HubClock = field(default_factory=MachineClock)

    def tried(self, host: str) -> Reach:
        """Takes at most some ten seconds, whatever the box or Caddy does; never raises for what a network can do."""
        until = self.clock.monotonic() + TIMEOUT_SECONDS
        try:
            found = self._answer(host, until)
        except ssl.SSLCertVerificationError as error:
            words, reached = (_certificate_words(host, error), False) if self.shape.is_trusted else ("", None)
            found = Reach(reached, words, *self._unproven_span(host, until))
        except ssl.SSLError:
            found = Reach(False, f"The hub has no certificate for {host} yet; Caddy keeps asking for one.")
        except OSError:
            found = Reach(False, "Caddy does not answer on the hub.")
        if self.own and found.reached:
            return self._by_name(host, found)
        return found

    def _answer(self, host: str, until: float) -> Reach:
        """Raises OSError for what is wrong before there is a certificate."""
        context = ssl.create_default_context(cafile=self.shape.authority or None)
        with self._connected(host, context, until) as stream:
            span = certificate_span(stream.getpeercert(binary_form=True) or b"")
            try:
                status, headers = self._healthz(stream, host, until)
            except TimeoutError:
                return Reach(False, "The box does not answer the hub through the tunnel.", *span)
            except OSError:
                return Reach(False, "Caddy hung up on the hub before the box answered.", *span)
            except http.client.HTTPException:
                return Reach(False, f"What answers for {host} on the hub does not speak HTTP.", *span)
        if status == http.client.OK:
            return Reach(True, "", *span)
        if status == http.client.SERVICE_UNAVAILABLE and "Retry-After" in headers:
            return Reach(False, "The hub does not get through to the box: the tunnel carries nothing.", *span)
        return Reach(False, f"The box answers the hub with {status} instead of its page.", *span)

    def _connected(self, host: str, context: ssl.SSLContext, until: float) -> ssl.SSLSocket:
        plain = socket.create_connection((_HERE, self.shape.ports.https), self._left(until))
        try:
            return context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def _healthz(self, stream: ssl.SSLSocket, host: str, until: float) -> tuple[int, Message]:
        """Status and headers; the body is nobody's business.  Who sends a byte now and then is not waited for."""
        stream.settimeout(self._left(until))
        stream.sendall(_REQUEST % host.encode())
        head = b""
        while not (end := _HEAD_ENDS.search(head)):
            if len(head) > _MOST_BYTES:
                raise http.client.LineTooLong(_HEAD)
            stream.settimeout(self._left(until))
            if not (chunk := stream.recv(_MOST_BYTES)):
                raise ConnectionResetError
            head += chunk
        first, _, rest = head[: end.end()].partition(b"\n")
        status = _STATUS.match(first)
        if status is None:
            raise http.client.BadStatusLine(first.decode("utf-8", "replace"))
        return int(status[1]), http.client.parse_headers(BytesIO(rest))

    def _left(self, until: float) -> float:
        """Raises TimeoutError where nothing is."""
        left = until - self.clock.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _unproven_span(self, host: str, until: float) -> tuple[int | None, int | None]:
        """Of a certificate that nobody believes: only to say when it was good."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with suppress(OSError), self._connected(host, context, until) as stream:
            return certificate_span(stream.getpeercert(binary_form=True) or b"")
        return None, None

    def _by_name(self, host: str, found: Reach) -> Reach:
        """Caddy shows the box; does the name lead to this hub?  A resolver that is out says nothing about that.

        Neither does /etc/hosts, where clouds write the machine's own name beside 127.0.1.1: no phone sees that.
        """
        try:
            addresses = [each for each in self.lookup(host) if not ip_address(each).is_loopback]
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                return replace(found, reached=None)
            words = f"The name {host} leads nowhere any more: look at its DNS entry."
            return replace(found, reached=False, why=words)
        except OSError:
            return replace(found, reached=None)
        if addresses and self.own.isdisjoint(addresses):
            words = f"The name {host} leads to {', '.join(addresses)}, and not to the hub: look at its DNS entry."
            return replace(found, reached=False, why=words)
        return found


def _certificate_words(host: str, error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code == _EXPIRED:
        return f"The certificate of {host} is over: Caddy could not renew it, or the hub's clock is wrong."
    if error.verify_code == _NOT_YET:
        return f"The certificate of {host} is not valid yet: the hub's clock is wrong."
    return f"The certificate of {host} is not one that phones trust."
