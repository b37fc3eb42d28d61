"""An HTTP server that answers as a bucket in trouble would, or as no bucket would."""

import hashlib
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, bytes]
DEAF = -1
"""As a status: nothing is answered, and the connection stays."""
CUT = -2
"""As a status: nothing is answered, and the connection ends."""
HEADERS = {"ETag": '"5d41402abc4b2a76b9719d911017c592"'}


def error(code: str, words: str = "what the server says") -> bytes:
    """As S3 tells of errors."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{words}</Message>'
        "<RequestId>1</RequestId></Error>"
    ).encode()


@dataclass
class HostileS3:
    port: int
    answer: Callable[[str, str], Answer] = lambda _verb, _path: (500, b"")
    scheme: str = "http"
    asked: list[str] = field(default_factory=list)
    sums: list[tuple[str, str]] = field(default_factory=list)
    """Of each body: Content-MD5 as it was told and as it came."""
    headers: dict[str, str] = field(default_factory=dict)
    """In each answer besides, or instead; an empty one is left out."""
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def endpoint(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def always(self, status: int, body: bytes = b"") -> None:
        self.answer = lambda _verb, _path: (status, body)


@contextmanager
def hostile_s3(tls: ssl.SSLContext | None = None) -> Iterator[HostileS3]:
    """On a port that the kernel chose; what it answers may be changed while it runs."""
    made: list[HostileS3] = []

    class Asked(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            hostile = made[0]
            came = b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
            hostile.sums.append((self.headers.get("Content-MD5", ""), came))
            hostile.asked.append(f"{self.command} {self.path}")
            status, answer = hostile.answer(self.command, self.path)
            self.close_connection = True
            if status == DEAF:
                hostile.ended.wait(60)
            if status < 0:
                return
            self.send_response(status)
            told = {"Content-Length": str(len(answer)), "Connection": "close", **hostile.headers}
            told |= HEADERS if answer == b"" and status == 200 else {}
            for name, value in told.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                with suppress(OSError):  # who was told enough
                    self.wfile.write(answer)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _any  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    made.append(HostileS3(server.server_address[1], scheme="http" if tls is None else "https"))
    serving = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    serving.start()
    try:
        yield made[0]
    finally:
        made[0].ended.set()
        server.shutdown()
        server.server_close()
        serving.join(30)
