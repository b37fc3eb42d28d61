"""What stands between a guest and the internet in hotels: whatever is asked, the answer is a page to sign in at."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

from fakes.certificates import certificate
from fakes.hub_places import Place

PORT = 8090
PAGE = b"<html><title>Hotel guests</title><form action=/login>Room number <input name=room></form></html>"
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
_TLS_RECORD = 0x16


class _Desk(StreamRequestHandler):
    """Speaks TLS, with a certificate of its own, to whoever does; and HTTP to anybody, whatever he speaks."""

    timeout = 10

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _Portal)
        try:
            first = self.request.recv(1, 2)  # MSG_PEEK
            spoken = self.request
            if first and first[0] == _TLS_RECORD:
                spoken = server.context.wrap_socket(self.request, server_side=True)
            spoken.recv(2048)
            spoken.sendall(_ANSWER % (len(PAGE), PAGE))
        except OSError:
            pass  # who found another certificate than his hub's has hung up: that is what it is for


class _Portal(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    context: ssl.SSLContext


@contextmanager
def portal(place: Place, folder: Path) -> Iterator[None]:
    """One listens at this place until the block ends; who is led to it is the world's business."""
    folder.mkdir(parents=True, exist_ok=True)

    def open_one() -> _Portal:
        return _Portal(("0.0.0.0", PORT), _Desk)  # noqa: S104 in a network of the tests' own

    server = place.call(open_one)
    server.context = certificate(folder, "DNS:portal.hotel.example").server_context()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()
