"""Who asks a hub's Caddy for as much as he gets and reads nothing of it, which costs him nothing."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fakes.hub_places import Place
from fakes.hub_world import HUB_ADDRESS, HUB_HOST

HUB_ADDRESS6, NETWORK6_BITS = "2a00:1450:1::1", 32
"""Only where a test gives the hub this one too."""

ENDLESS = "/endless"
WORD = "the box"
_ANSWER_SECONDS = 5.0
_WINDOW_BYTES = 4096

BOX = f"""
import socketserver, sys
from http.server import BaseHTTPRequestHandler

class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write({WORD.encode()!r})
        while self.path == {ENDLESS!r}:
            self.wfile.write(bytes(65536))

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 1024

Server(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""
"""A box in short, for `python3 -c` with its port: it says its word, and on one path it never ends."""


@contextmanager
def stalled(place: Place, address: str, root: Path, most: int) -> Iterator[int]:
    """Until the block ends `address` holds so many endless answers: `most`, or what it was given of them.

    It takes HTTP/2 where that is offered, and then as many streams as a connection may have.
    """
    trust = ssl.create_default_context(cafile=str(root))
    trust.set_alpn_protocols(["h2", "http/1.1"])
    with ExitStack() as kept:
        yield place.call(lambda: _taken(address, trust, most, kept))


def _taken(address: str, trust: ssl.SSLContext, most: int, kept: ExitStack) -> int:
    for number in range(most):
        try:
            stream = kept.enter_context(_connected(address, trust))
            assert stream.selected_alpn_protocol() != "h2", "a connection carries many requests, which nobody counts"
            stream.sendall(f"GET {ENDLESS} HTTP/1.1\r\nHost: {HUB_HOST}\r\n\r\n".encode())
            if not stream.recv(1):
                return number
        except OSError:
            return number
    return most


def _connected(address: str, trust: ssl.SSLContext) -> ssl.SSLSocket:
    kind, hub = (socket.AF_INET6, HUB_ADDRESS6) if ":" in address else (socket.AF_INET, HUB_ADDRESS)
    plain = socket.socket(kind)
    try:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WINDOW_BYTES)
        plain.settimeout(_ANSWER_SECONDS)
        plain.bind((address, 0))
        plain.connect((hub, 443))
        return trust.wrap_socket(plain, server_hostname=HUB_HOST)
    except BaseException:
        plain.close()
        raise
