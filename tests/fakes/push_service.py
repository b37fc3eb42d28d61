"""A push service on loopback, over TLS, and the browsers that it tells: what it takes it decrypts and verifies.

The service itself could not decrypt; here it holds the keys of its browsers, so that tests read what a phone shows.
"""

import json
import ssl
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from doorstep.core.push_subscription import NewDevice
from fakes.certificates import Certificate

AUTH_SECRET = b"sixteen bytes ok"


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """One subscription of a browser, with the keys that only it knows."""

    def __init__(self, endpoint: str, name: str = "Ada's phone") -> None:
        self._key = generate_private_key(SECP256R1())
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.device = NewDevice(name, endpoint, encoded(point), encoded(AUTH_SECRET))

    def to_json(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()`, with a name."""
        device = self.device
        keys = {"p256dh": device.p256dh, "auth": device.auth}
        return {"endpoint": device.endpoint, "keys": keys, "name": device.name, "expirationTime": None}

    def read(self, body: bytes) -> dict[str, Any]:
        """What the service worker is handed."""
        text = http_ece.decrypt(body, private_key=self._key, auth_secret=AUTH_SECRET, version="aes128gcm")
        found: dict[str, Any] = json.loads(text)
        return found


@dataclass(frozen=True, slots=True)
class Pushed:
    """One message that was taken: for whom, with which headers (small letters), and who signed it."""

    path: str
    headers: dict[str, str]
    body: bytes
    claims: dict[str, Any]
    signed_by: str
    at: float
    """When, by the wall clock."""


@dataclass
class PushService:
    """`answer` gives what to do with each request: a status, "hang", "cut", "garbage", or a status with headers."""

    port: int = 0
    answer: Callable[[], int | str | tuple[int, dict[str, str]]] = lambda: 201
    pushed: list[Pushed] = field(default_factory=list)
    asked: int = 0
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def base(self) -> str:
        return f"https://127.0.0.1:{self.port}/"

    def browser(self, name: str = "Ada's phone", path: str = "push/v2/a-long-secret") -> Browser:
        return Browser(self.base + path, name)


@contextmanager
def push_service(tls: Certificate) -> Iterator[PushService]:
    """Until the block ends; each request is answered in a thread of its own."""
    service = PushService()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            service.asked += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            wanted = service.answer()
            if wanted == "hang":
                service.let_go.wait(60)
            elif wanted == "garbage":
                self.wfile.write(b"\x00\xff" * 500)
            elif wanted != "cut":
                status, more = wanted if isinstance(wanted, tuple) else (int(wanted), {})
                if 200 <= status < 300:
                    claims, signed_by = verified(headers["authorization"])
                    service.pushed.append(Pushed(self.path, headers, body, claims, signed_by, time.time()))
                self.send_response_only(status)
                for name, value in {"Content-Length": "0", **more}.items():
                    self.send_header(name, value)
                self.end_headers()
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing: endpoints are secrets, also in tests."""

    server = QuietServer(("127.0.0.1", 0), Door)
    server.socket = tls.server_context().wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        service.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()


class QuietServer(ThreadingHTTPServer):
    """Who leaves in the middle is the subject of some tests, and no traceback."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        del request, client_address


def verified(authorization: str) -> tuple[dict[str, Any], str]:
    """Claims and key of a VAPID header (RFC 8292, 3; RFC 7515, 5.2).  Raises InvalidSignature."""
    scheme, _, rest = authorization.partition(" ")
    assert scheme == "vapid"
    fields = dict(part.strip().split("=", 1) for part in rest.split(","))
    signed, _, signature = fields["t"].rpartition(".")
    raw = decoded(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), decoded(fields["k"]))
    key.verify(der, signed.encode(), ECDSA(SHA256()))
    header, _, claims = signed.partition(".")
    assert json.loads(decoded(header)) == {"typ": "JWT", "alg": "ES256"}
    found: dict[str, Any] = json.loads(decoded(claims))
    return found, fields["k"]


def trusting(tls: Certificate) -> ssl.SSLContext:
    """Who believes this service's certificate."""
    return tls.trusting_context()
