"""Takes reports of motion over HTTP or HTTPS."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from fakes.certificates import certificate


class House:
    """Answers with what it is told to and remembers what it got."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 202
        self.url = ""


@contextmanager
def house(tls: Path | None = None) -> Iterator[House]:
    heard = House()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.asked.append((self.path, dict(self.headers), body))
            self.send_response(heard.status)
            if 300 <= heard.status < 400:
                self.send_header("Location", "http://8.8.8.8/")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        scheme = "http"
        if tls is not None:
            scheme = "https"
            server.socket = certificate(tls).server_context().wrap_socket(server.socket, server_side=True)
        heard.url = f"{scheme}://localhost:{server.server_port}/api/v1/cameras/front-door/motion"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield heard
        finally:
            server.shutdown()
            thread.join()
