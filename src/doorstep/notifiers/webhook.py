"""Alerts as signed JSON to an address of the owner's.  What is sent and how it is signed: docs/reference/webhook.md."""

import hashlib
import hmac
import json
import ssl
from base64 import b64encode
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from doorstep.core.alert import Alert
from doorstep.core.alert_json import alert_fields
from doorstep.core.errors import NotifierRefused
from doorstep.core.notify_settings import WebhookSettings
from doorstep.core.public_address import is_metadata
from doorstep.notifiers.guarded_post import HTTP, HTTPS, GuardedPost, LookUp, Post, look_up
from doorstep.notifiers.http_answer import refusal, retry_after
from doorstep.ports import Clock

ATTEMPT_SECONDS = 10.0
TIMESTAMP, SIGNATURE, IDEMPOTENCY = "Doorstep-Timestamp", "Doorstep-Signature", "Idempotency-Key"
VERSION = "v1"


def is_no_metadata(address: str) -> bool:
    """Whether the owner's file may name this address."""
    return not is_metadata(address)


class WebhookNotifier:
    """Implements `ports.Notifier` for one address.

    It may be private, for the owner wrote it; where clouds keep credentials nothing is sent, and no redirect is
    followed.  No error holds the address, the secret, or what the other end said.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        clock: Clock,
        tls: ssl.SSLContext | None = None,
        seconds: float = ATTEMPT_SECONDS,
        addresses_of: LookUp = look_up,
        may_reach: Callable[[str], bool] = is_no_metadata,
    ) -> None:
        """`tls` says who is trusted, by default the machine's authorities; `may_reach` judges what is connected to.

        Raises NotifierRefused for no address.
        """
        try:
            parts = urlsplit(settings.url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            msg = f"The address of {settings.name} must begin with https:// or http://. Check notify.webhook."
            raise NotifierRefused(msg)
        is_tls = parts.scheme == "https"
        self._settings = settings
        self._clock = clock
        self._host = parts.hostname
        self._port = port or (HTTPS if is_tls else HTTP)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        trusted = (tls or ssl.create_default_context()) if is_tls else None
        self._may_reach = may_reach
        self._post = GuardedPost(settings.name, trusted, seconds, addresses_of)

    @property
    def channel(self) -> str:
        """One for each address."""
        return f"webhook:{self._settings.name}"

    async def send(self, alert: Alert) -> None:
        """Accepted is what is answered with 2xx."""
        body = webhook_body(alert, picture=self._settings.picture)
        timestamp = str(int(self._clock.now().timestamp()))
        signature = f"{VERSION}={signed(self._settings.secret, timestamp, body)}"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Doorstep",
            TIMESTAMP: timestamp,
            SIGNATURE: signature,
            IDEMPOTENCY: _one_token(alert.id),
        }
        answer = await self._post.send(self._message(headers, body), self._may_reach)
        if not 200 <= answer.status < 300:
            raise refusal(self._settings.name, answer.status, retry_after(answer.headers, self._clock.now()))

    async def check(self) -> str:
        """Connect and leave; nothing is posted."""
        await self._post.reach(self._message({}, b""), self._may_reach)
        secrecy = "over TLS" if self._post.tls else "without encryption"
        return f"Reached {self._host}:{self._port} {secrecy}; only a test alert shows whether it takes alerts."

    def _message(self, headers: Mapping[str, str], body: bytes) -> Post:
        return Post(self._host, self._port, self._target, headers, body)


def webhook_body(alert: Alert, *, picture: bool) -> bytes:
    """One JSON object; the same alert gives the same bytes."""
    jpeg = b64encode(alert.snapshot).decode() if picture and alert.snapshot else None
    return json.dumps({**alert_fields(alert), "picture": jpeg}, ensure_ascii=False).encode()


def signed(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) over the timestamp, a dot and the body, in small hexadecimal digits."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _one_token(text: str) -> str:
    """Only what a header may hold."""
    return "".join(letter for letter in text if letter.isascii() and letter.isprintable())
