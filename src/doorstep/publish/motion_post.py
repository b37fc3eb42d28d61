"""Tells a server by HTTP that something moved: one signed POST for each report.  When to tell is decided elsewhere.

`http.client` and no larger library: this runs where every megabyte counts.
"""

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

from doorstep.core.errors import ConfigInvalid, NotifierRefused, NotifierUnavailable
from doorstep.core.motion_report import MotionReport
from doorstep.core.signed_motion import HEADER, signature
from doorstep.ports import Clock
from doorstep.publish.clear_text import any_public

TIMEOUT_SECONDS = 10.0
LATE_SECONDS = 10.0
MOST_ANSWER_BYTES = 4096
_AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class MotionTarget:
    """Where motion is told, and what proves who tells it: a token of the server, a secret to sign with, or both."""

    url: str = field(repr=False)  # its query may hold a key
    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    insecure: bool = False

    def __post_init__(self) -> None:
        parts = _parts(self.url)
        if not self.token and not self.secret:
            msg = "--motion: needs DOORSTEP_MOTION_TOKEN or --motion-token-file, or DOORSTEP_MOTION_SECRET to sign with"
            raise ConfigInvalid(msg)
        if any(ord(letter) < 0x21 or ord(letter) > 0x7E for letter in self.token):
            msg = "--motion: the token holds a character that no token has"
            raise ConfigInvalid(msg)
        if parts.username is not None:
            msg = "--motion: leave user and password out of the address; a token says who tells"
            raise ConfigInvalid(msg)

    @property
    def host(self) -> str:
        """As it may be shown."""
        return _parts(self.url).hostname or ""


class MotionPost:
    """Sends one report a call.  Blocks for a bounded time; any thread, one at a time."""

    def __init__(self, target: MotionTarget, clock: Clock, trust: ssl.SSLContext | None = None) -> None:
        """`trust` is None for the system's certificate authorities."""
        self._target = target
        self._clock = clock
        self._trust = trust
        self._parts = _parts(target.url)

    def send(self, report: MotionReport) -> None:
        """Raises NotifierUnavailable (try again later), NotifierRefused, ConfigInvalid (clear text in public)."""
        body = json.dumps(self._body(report)).encode()
        path = (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")
        connection = self._connection()
        try:
            connection.request("POST", path, body, self._headers(report, body))
            answer = connection.getresponse()
            answer.read(MOST_ANSWER_BYTES)
            status = answer.status
        except (OSError, http.client.HTTPException) as error:
            raise self._unavailable(error) from error
        finally:
            connection.close()
        self._judge(status)

    def _body(self, report: MotionReport) -> dict[str, str]:
        """The moment is reckoned when it is sent: meanwhile a machine that booted without the time may know it."""
        age = max(0.0, self._clock.monotonic() - report.at)
        at = self._clock.now() - timedelta(seconds=age)
        note = f"motion score {report.score:.3f}"
        if age > LATE_SECONDS:
            note += f", sent {age:.0f} s late"
        return {"at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "note": note}

    def _headers(self, report: MotionReport, body: bytes) -> Mapping[str, str]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": report.key, "User-Agent": "doorstep-publish"}
        if self._target.token:
            headers["Authorization"] = f"Bearer {self._target.token}"
        if self._target.secret:
            headers[HEADER] = signature(self._target.secret, int(self._clock.now().timestamp()), body)
        return headers

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._target.host, self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=TIMEOUT_SECONDS, context=self._trust or ssl.create_default_context()
            )
        if not self._target.insecure and self._is_public(host, port or 80):
            msg = (
                f"--motion: {host} is a public address, and http:// sends the token in clear text. "
                "Use https://, or say --insecure if you accept that."
            )
            raise ConfigInvalid(msg)
        return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)

    def _is_public(self, host: str, port: int) -> bool:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise self._unavailable(error) from error
        return any_public(str(address[0]) for *_, address in found)

    def _unavailable(self, error: Exception) -> NotifierUnavailable:
        if isinstance(error, ssl.SSLCertVerificationError):
            return NotifierUnavailable(
                f"The certificate of {self._target.host} cannot be trusted: {error.verify_message}."
            )
        return NotifierUnavailable(f"{self._target.host} did not take the report of motion.")

    def _judge(self, status: int) -> None:
        host = self._target.host
        if 200 <= status < 300:
            return
        if status in _AGAIN or status >= 500:
            msg = f"{host} answered {status} to the report of motion."
            raise NotifierUnavailable(msg)
        words = {
            401: "the token is wrong or has ended",
            403: "the token may not report motion there, or the signature is wrong",
            404: "there is no such camera or address",
        }
        why = words.get(status, "check the address of --motion" if status < 400 else "see its log")
        msg = f"{host} refused the report of motion ({status}): {why}."
        raise NotifierRefused(msg)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isascii() or " " in url:
        msg = "--motion: write it like https://HOST/api/v1/cameras/ID/motion"
        raise ConfigInvalid(msg)
    return parts
