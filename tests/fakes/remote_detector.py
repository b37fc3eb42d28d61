"""A remote detector on the loopback that can be told to misbehave, and a local one that sees bright pictures."""

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.errors import DetectorUnavailable
from doorstep.ports import Frame
from fakes.pictures import DrawnFrame

SOMEBODY = DrawnFrame(np.full((48, 64), 200, np.uint8), at=1.0)
NOBODY = DrawnFrame(np.full((48, 64), 20, np.uint8), at=0.0)
PERSON_THERE = Detection(PERSON, 0.9, Box(0.25, 0.125, 0.5, 0.875))


def answer(*persons: object, detected: object = True) -> bytes:
    return json.dumps({"person_detected": detected, "persons": persons, "model": "far-model", "ms": 3}).encode()


GOOD = answer({"box": [0.25, 0.125, 0.5, 0.875], "score": 0.9})
EMPTY = answer(detected=False)
BAD_BODIES = {
    "html": b"<html><body>It works!</body></html>",
    "garbage": b"\x00\xff{{{",
    "nothing": b"",
    "deep": b"[" * 100_000,
    "a list": b"[1, 2]",
    "no persons": b'{"person_detected": true}',
    "far box": answer({"box": [0.1, 0.1, 1.7, 0.9], "score": 0.9}),
    "turned box": answer({"box": [0.6, 0.1, 0.2, 0.9], "score": 0.9}),
    "nan": answer({"box": [0.1, 0.1, float("nan"), 0.9], "score": 0.9}),
    "huge score": answer({"box": [0.1, 0.1, 0.2, 0.9], "score": 1e400}),
    "text": answer({"box": ["0.1", 0.1, 0.2, 0.9], "score": 0.9}),
    "endless": b'{"person_detected": true, "persons": [' + b" " * 400_000,
}

SLOW_SECONDS = 0.35
"""In time, yet hardly."""
LATE_SECONDS = 0.7


@dataclass
class Remote:
    """`mode`: good (or the key of a bad body), 500, 429, redirect, slow, late, hang, drip, packed, drop."""

    address: str = ""
    mode: str = "good"
    tls: ssl.SSLContext | None = None
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    _open: set[socket.socket] = field(default_factory=set)
    _server: ThreadingHTTPServer | None = None
    _thread: threading.Thread | None = None

    def begin(self) -> None:
        """Listen, after a `kill` where it did before."""
        port = int(self.address.rpartition(":")[2] or 0)
        self._server = _Quiet(("127.0.0.1", port), _player(self))
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self.address = f"http{'' if self.tls is None else 's'}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def kill(self) -> None:
        """As if its process ended in the midst of whatever it does; nothing where it did already."""
        server, self._server = self._server, None
        if server is None or self._thread is None:
            return
        server.shutdown()
        self._thread.join(60)
        server.server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def is_alive(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    def opened(self, connection: socket.socket) -> None:
        """By whoever serves it."""
        self.connections += 1
        self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """As `opened`."""
        self._open.discard(connection)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass


@contextmanager
def remote_detector(mode: str = "good", tls: ssl.SSLContext | None = None) -> Iterator[Remote]:
    remote = Remote(mode=mode, tls=tls)
    remote.begin()
    try:
        yield remote
    finally:
        remote.over.set()
        remote.kill()


def _player(remote: Remote) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - one case for each trouble
    class Player(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            remote.opened(self.connection)

        def finish(self) -> None:
            remote.closed(self.connection)
            super().finish()

        def do_POST(self) -> None:
            picture = self.rfile.read(int(self.headers["Content-Length"]))
            remote.asked.append(self.path)
            remote.headers.append(dict(self.headers))
            self._play(remote.mode, picture)

        def _play(self, mode: str, picture: bytes) -> None:
            match mode:
                case "500" | "429":
                    self._send(int(mode), b"no")
                case "redirect":
                    self._send(307, b"", Location=f"{remote.address}/elsewhere")
                case "hang":
                    remote.over.wait(20)
                    self.close_connection = True
                case "slow" | "late":
                    remote.over.wait(SLOW_SECONDS if mode == "slow" else LATE_SECONDS)
                    self._play("good", picture)
                case "drip":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
                    while not remote.over.wait(0.02):
                        self.wfile.write(b"x")
                case "packed":
                    self._send(200, gzip.compress(GOOD), **{"Content-Encoding": "gzip"})
                case "drop":
                    self.close_connection = True
                case _:
                    good = GOOD if picture.endswith(b" 1.0") else EMPTY
                    self._send(200, BAD_BODIES.get(mode, good))

        def _send(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body)), "Retry-After": "7"} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Player


class BrightnessDetector:
    """Implements `ports.Detector`: somebody is in a bright picture, with this score."""

    name = "brightness"
    thresholds = Thresholds(open=0.35, keep=0.22)

    def __init__(self, score: float = 0.9) -> None:
        self.score = score
        self.broken = False
        self.looks = 0

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        self.looks += 1
        if self.broken:
            msg = "The model is broken."
            raise DetectorUnavailable(msg)
        plane = frame.bgr(1, 1)
        found = Detection(PERSON, self.score, PERSON_THERE.box)
        return [found] if plane.pixels[0] > 100 and self.score >= least else []
