"""A server on loopback that takes posts, and can be told to refuse, hang, redirect, break off or lose what it took."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from fakes.push_service import QuietServer


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; headers in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpChannel:
    """`answer` gives what to do with each request: a status, "hang", "cut", "garbage", or a status with headers."""

    port: int = 0
    answer: Callable[[Asked], int | str | tuple[int, dict[str, str]]] = lambda _asked: 200
    asked: list[Asked] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def http_channel() -> Iterator[HttpChannel]:
    """Until the block ends; each request is answered in a thread of its own."""
    channel = HttpChannel()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            channel.asked.append(asked)
            wanted = channel.answer(asked)
            self.close_connection = True
            if wanted == "hang":
                channel.let_go.wait(60)
                wanted = 200
            if wanted == "garbage":
                self.wfile.write(b"\x00\xff" * 500)
            elif wanted != "cut":
                status, more = wanted if isinstance(wanted, tuple) else (int(wanted), {})
                self.send_response_only(status)
                for name, value in {"Content-Length": "0", **more}.items():
                    self.send_header(name, value)
                self.end_headers()

        do_GET = do_PUT = do_POST  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Nothing: addresses are secrets, also in tests."""

    server = QuietServer(("127.0.0.1", 0), Door)
    channel.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield channel
    finally:
        channel.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()
