"""Whether a box's page can be opened by its public name: asked of the hub's own Caddy, through the tunnel and back.

The name is looked up as a phone would, the certificate checked as a phone would; only the way there is the short one,
for not every cloud lets a machine reach its own public address.
"""

import http.client
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Protocol

from doorstep.hub_machine.certificate_span import certificate_span
from doorstep.hub_machine.shape import HubShape

TIMEOUT_SECONDS: Final = 10.0
_HERE: Final = "127.0.0.1"
_MOST_BYTES: Final = 65536
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

    def tried(self, host: str) -> Reach:
        """Takes at most some ten seconds; never raises for what a network can do."""
        try:
            found = self._answer(host)
        except ssl.SSLCertVerificationError as error:
            found = Reach(False, _certificate_words(host, error), *self._unproven_span(host))
        except ssl.SSLError:
            found = Reach(False, f"The hub has no certificate for {host} yet; Caddy keeps asking for one.")
        except OSError:
            found = Reach(False, "Caddy does not answer on the hub.")
        except http.client.HTTPException:
            found = Reach(False, f"What answers for {host} on the hub does not speak HTTP.")
        if self.own and found.reached:
            return self._by_name(host, found)
        return found

    def _answer(self, host: str) -> Reach:
        context = ssl.create_default_context(cafile=self.shape.authority or None)
        with self._connected(host, context) as stream:
            span = certificate_span(stream.getpeercert(binary_form=True) or b"")
            status, headers = _healthz(stream, host)
        if status == http.client.OK:
            return Reach(True, "", *span)
        if status == http.client.SERVICE_UNAVAILABLE and "Retry-After" in headers:
            return Reach(False, "The hub does not get through to the box: the tunnel carries nothing.", *span)
        return Reach(False, f"The box answers the hub with {status} instead of its page.", *span)

    def _connected(self, host: str, context: ssl.SSLContext) -> ssl.SSLSocket:
        plain = socket.create_connection((_HERE, self.shape.ports.https), TIMEOUT_SECONDS)
        try:
            return context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def _unproven_span(self, host: str) -> tuple[int | None, int | None]:
        """Of a certificate that nobody believes: only to say when it was good."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with suppress(OSError), self._connected(host, context) as stream:
            return certificate_span(stream.getpeercert(binary_form=True) or b"")
        return None, None

    def _by_name(self, host: str, found: Reach) -> Reach:
        """Caddy shows the box; does the name lead to this hub?  A resolver that is out says nothing about that."""
        try:
            addresses = self.lookup(host)
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                return replace(found, reached=None)
            words = f"The name {host} leads nowhere any more: look at its DNS entry."
            return replace(found, reached=False, why=words)
        except OSError:
            return replace(found, reached=None)
        if self.own.isdisjoint(addresses):
            words = f"The name {host} leads to {', '.join(addresses)}, and not to the hub: look at its DNS entry."
            return replace(found, reached=False, why=words)
        return found


def _healthz(stream: ssl.SSLSocket, host: str) -> tuple[int, Mapping[str, str]]:
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT_SECONDS)
    connection.sock = stream
    connection.request("GET", "/healthz", headers={"User-Agent": "doorstep-hub", "Connection": "close"})
    answer = connection.getresponse()
    answer.read(_MOST_BYTES)
    return answer.status, dict(answer.headers.items())


def _certificate_words(host: str, error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code == _EXPIRED:
        return f"The certificate of {host} is over: Caddy could not renew it, or the hub's clock is wrong."
    if error.verify_code == _NOT_YET:
        return f"The certificate of {host} is not valid yet: the hub's clock is wrong."
    return f"The certificate of {host} is not one that phones trust."
