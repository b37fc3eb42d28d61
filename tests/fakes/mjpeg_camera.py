"""A camera that sends JPEG pictures over HTTP, well or badly, on a port of this machine."""

import base64
import hashlib
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import av
import numpy as np
from numpy.typing import NDArray

from doorstep.media.jpeg import encode_jpeg

Reply = Callable[[BaseHTTPRequestHandler, threading.Event], None]
REALM, USER, PASSWORD = "camera", "front", "p@ss:w/rd"


def jpeg_of(packed: NDArray[np.uint8]) -> bytes:
    """A yuv420p picture as a JPEG."""
    frame = av.VideoFrame.from_ndarray(packed, format="yuv420p")
    return encode_jpeg(frame.reformat(format="yuvj420p"), 95)


@dataclass
class MjpegCamera:
    """What it was asked, and what it answers by path."""

    replies: dict[str, Reply]
    port: int = 0
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/stream", scheme: str = "http", user: str = "") -> str:
        return f"{scheme}://{user + '@' if user else ''}127.0.0.1:{self.port}{path}"


@contextmanager
def mjpeg_camera(replies: dict[str, Reply], tls: ssl.SSLContext | None = None) -> Iterator[MjpegCamera]:
    camera = MjpegCamera(replies)

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            camera.asked.append((self.path, self.headers["Authorization"]))
            self.close_connection = True
            try:
                camera.replies[self.path](self, camera.stop)
            except OSError:
                return  # the other side left

        def log_message(self, format: str, *words: object) -> None:  # noqa: A002 - http.server calls it so
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        camera.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield camera
        finally:
            camera.stop.set()
            server.shutdown()
            thread.join()


def stream(
    pictures: list[bytes],
    *,
    every: float = 0.02,
    content_type: str = "multipart/x-mixed-replace; boundary=frame",
    boundary: bytes = b"--frame",
    with_length: bool = True,
    chunked: bool = False,
    rounds: int = 1_000_000,
) -> Reply:
    """The pictures over and over; without a boundary the bare JPEGs."""

    def reply(request: BaseHTTPRequestHandler, stop: threading.Event) -> None:
        request.send_response(200)
        if content_type:
            request.send_header("Content-Type", content_type)
        if chunked:
            request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        for number in range(rounds * len(pictures)):
            jpeg = pictures[number % len(pictures)]
            length = b"Content-Length: %d\r\n" % len(jpeg) if with_length else b""
            part = boundary + b"\r\nContent-Type: image/jpeg\r\n" + length + b"\r\n" if boundary else b""
            whole = part + jpeg + (b"\r\n" if boundary else b"")
            request.wfile.write(b"%x\r\n%s\r\n" % (len(whole), whole) if chunked else whole)
            if stop.wait(every):
                return

    return reply


def plain(status: int, body: bytes = b"", **headers: str) -> Reply:
    """An answer that ends."""

    def reply(request: BaseHTTPRequestHandler, _stop: threading.Event) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return reply


def raw(*parts: bytes, hold: bool = False) -> Reply:
    """Bytes as they are; with `hold` silence after them."""

    def reply(request: BaseHTTPRequestHandler, stop: threading.Event) -> None:
        for part in parts:
            request.wfile.write(part)
        if hold:
            stop.wait(30)

    return reply


def behind_basic(reply: Reply) -> Reply:
    """Asks for the user and the password of this module."""
    expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def guarded(request: BaseHTTPRequestHandler, stop: threading.Event) -> None:
        if request.headers["Authorization"] == expected:
            reply(request, stop)
        else:
            plain(401, WWW_Authenticate=f'Basic realm="{REALM}"')(request, stop)

    return guarded


def behind_digest(reply: Reply) -> Reply:
    """The same by digest (RFC 7616, MD5, qop=auth)."""
    nonce = secrets.token_hex(8)

    def guarded(request: BaseHTTPRequestHandler, stop: threading.Event) -> None:
        if _digest_is_right(request.headers["Authorization"] or "", request.path, nonce):
            reply(request, stop)
        else:
            challenge = f'Digest realm="{REALM}", nonce="{nonce}", qop="auth", algorithm=MD5'
            plain(401, WWW_Authenticate=challenge)(request, stop)

    return guarded


def _digest_is_right(header: str, path: str, nonce: str) -> bool:
    kind, _, rest = header.partition(" ")
    if kind != "Digest":
        return False
    words = {name: value.strip('"') for name, _, value in (part.strip().partition("=") for part in rest.split(","))}

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    first, second = md5(f"{USER}:{REALM}:{PASSWORD}"), md5(f"GET:{path}")
    expected = md5(f"{first}:{nonce}:{words['nc']}:{words['cnonce']}:auth:{second}")
    return words["nonce"] == nonce and words["uri"] == path and words["response"] == expected
