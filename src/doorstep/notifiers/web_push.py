"""Alerts to a browser by Web Push (RFC 8030), encrypted for it alone (RFC 8291).  Whose it is lives in `pipeline`."""

import asyncio
import binascii
import ssl
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import http_ece  # type: ignore[import-untyped]  # it has no types
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, generate_private_key

from doorstep.core.alert import Alert
from doorstep.core.delivery import delivery_id
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.public_address import is_metadata, is_public
from doorstep.core.push_endpoint import PushEndpoint, push_endpoint
from doorstep.core.push_payload import push_payload, push_topic, push_ttl, push_urgency
from doorstep.core.push_subscription import PushSubscription
from doorstep.notifiers.guarded_post import Answer, GuardedPost, LookUp, Post, look_up
from doorstep.notifiers.http_answer import refusal, retry_after
from doorstep.notifiers.vapid_key import VapidKey
from doorstep.ports import Clock

ATTEMPT_SECONDS = 10.0
CLOCK_IS_WRONG_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class PushSender:
    """What all devices of a house share: its key, who push services may write to, and the way out.

    `own` are beginnings of addresses of push services that the owner's file names.  `picture_of` is the path of an
    alert's picture that opens without signing in, None where there is none.
    """

    key: VapidKey
    contact: str
    clock: Clock
    own: tuple[str, ...] = ()
    picture_of: Callable[[Alert], str | None] = lambda _alert: None
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = ATTEMPT_SECONDS
    addresses_of: LookUp = look_up


class PushNotifier:
    """Implements `ports.Notifier` for one device.

    `on_gone` is called on the event loop when the push service says that the device is no longer there; it must not
    block.
    """

    def __init__(
        self,
        subscription: PushSubscription,
        sender: PushSender,
        on_gone: Callable[[], None] = lambda: None,
    ) -> None:
        self._subscription = subscription
        self._sender = sender
        self._on_gone = on_gone
        self._address = push_endpoint(subscription.endpoint, sender.own)
        self._name = f"The push service {self._address.host}" if self._address else subscription.name
        self._post = GuardedPost(self._name, sender.tls, sender.seconds, sender.addresses_of)

    @property
    def channel(self) -> str:
        """One for each device."""
        return self._subscription.channel

    async def send(self, alert: Alert) -> None:
        """Hand it to the device's push service, which keeps it while the phone is off."""
        now = self._sender.clock.now()
        payload = push_payload(alert, delivery_id(alert.id, self.channel), self._sender.picture_of(alert))
        headers = {"TTL": str(push_ttl(alert, now)), "Urgency": push_urgency(alert), "Topic": push_topic(alert)}
        await self._deliver(payload, headers)

    async def check(self) -> str:
        """Reach the push service over TLS.  Whether it still knows the device only a message would tell."""
        endpoint = self._endpoint()
        await self._post.reach(self._message(endpoint, {}, b""), self._judge(endpoint))
        return f"Reached {endpoint.host}, which tells {self._subscription.name}."

    async def _deliver(self, payload: bytes, headers: Mapping[str, str]) -> None:
        endpoint = self._endpoint()
        body, authorization = await asyncio.to_thread(self._sealed, endpoint, payload)
        own = {"Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream"}
        post = self._message(endpoint, {**headers, **own, "Authorization": authorization}, body)
        answer = await self._post.send(post, self._judge(endpoint))
        if not 200 <= answer.status < 300:
            raise self._refusal(answer)

    def _endpoint(self) -> PushEndpoint:
        """Raises NotifierRefused."""
        if self._address is None:
            msg = "The address that this device gave is not one of a push service. Turn notifications on again there."
            raise NotifierRefused(msg)
        return self._address

    def _judge(self, endpoint: PushEndpoint) -> Callable[[str], bool]:
        return (lambda address: not is_metadata(address)) if endpoint.is_own else is_public

    def _message(self, endpoint: PushEndpoint, headers: Mapping[str, str], body: bytes) -> Post:
        return Post(endpoint.host, endpoint.port, endpoint.target, headers, body)

    def _sealed(self, endpoint: PushEndpoint, payload: bytes) -> tuple[bytes, str]:
        """The body for this device alone, and who sends it.  Computes for a millisecond or ten: in a thread."""
        sender = self._sender
        body = sealed(payload, self._subscription.p256dh, self._subscription.auth)
        return body, sender.key.authorization(endpoint.origin, sender.contact, sender.clock.now())

    def _refusal(self, answer: Answer) -> NotifierUnavailable | NotifierRefused:
        """RFC 8030, 5 and 7.3; RFC 8292, 4.2.  Later may help where the fault is the service's, or our clock's."""
        name, status = self._name, answer.status
        match status:
            case 404 | 410:
                self._on_gone()
                return NotifierRefused(f"{self._subscription.name} is no longer told: its browser ended that.")
            case 401 | 403 if self._clock_is_wrong(answer):
                return NotifierUnavailable(f"{name} says that the clock of this machine is wrong.")
            case 401 | 403:
                words = f"{name} does not accept Doorstep's key for this device. Turn notifications on again there."
                return NotifierRefused(words)
            case 413:
                return NotifierRefused(f"{name} finds the alert too large (answer 413).")
            case _:
                return refusal(name, status, retry_after(answer.headers, self._sender.clock.now()))

    def _clock_is_wrong(self, answer: Answer) -> bool:
        """By the other end's: a signature is refused before its time and after."""
        with suppress(ValueError, TypeError, OverflowError):
            theirs = parsedate_to_datetime(answer.headers.get("date", ""))
            return abs((theirs - self._sender.clock.now()).total_seconds()) > CLOCK_IS_WRONG_SECONDS
        return False


def sealed(payload: bytes, p256dh: str, auth: str) -> bytes:
    """Encrypted for one browser (RFC 8291, 3; RFC 8188).  Raises NotifierRefused where its keys are none."""
    point, secret = keys_of(p256dh, auth)
    found: bytes = http_ece.encrypt(
        payload, private_key=generate_private_key(SECP256R1()), dh=point, auth_secret=secret, version="aes128gcm"
    )
    return found


def keys_of(p256dh: str, auth: str) -> tuple[bytes, bytes]:
    """The point and the secret that a browser gave, as bytes.  Raises NotifierRefused where they are none."""
    try:
        point, secret = _decoded(p256dh), _decoded(auth)
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)  # only one on the curve
    except (ValueError, binascii.Error) as error:
        raise _wrong_keys() from error
    if len(point) != 65 or len(secret) != 16:
        raise _wrong_keys()
    return point, secret


def _decoded(text: str) -> bytes:
    """Base64url, with or without its padding."""
    plain = text.rstrip("=").encode("ascii")
    if plain.translate(None, b"-_").isalnum() or not plain:
        return urlsafe_b64decode(plain + b"=" * (-len(plain) % 4))
    msg = "not base64url"
    raise ValueError(msg)


def _wrong_keys() -> NotifierRefused:
    return NotifierRefused("The keys that this device gave cannot be used. Turn notifications on again there.")
