"""A web server on the loopback that plays back answers, one a request, and remembers what was asked.

It knows nothing of files or ranges: the test says every byte and header, the wrong ones too.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """One answer; the connection closes after its body, or stays silent until the test is over."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    then_silent: bool = False


@dataclass
class ModelServer:
    """`address` of a file on it, and the Range header of each request so far (None where there was none)."""

    address: str
    ranges: list[str | None] = field(default_factory=list)


@contextmanager
def model_server(answers: Sequence[Answer]) -> Iterator[ModelServer]:
    """Plays the answers in their order; a request too many is answered by 500."""
    left = list(answers)
    over = threading.Event()

    class Player(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.ranges.append(self.headers["Range"])
            answer = left.pop(0) if left else Answer(500)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            self.wfile.flush()
            if answer.then_silent:
                over.wait(30)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name for it
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Player) as server:
        seen = ModelServer(f"http://127.0.0.1:{server.server_port}/model.onnx")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield seen
        finally:
            over.set()
            server.shutdown()
            thread.join()
