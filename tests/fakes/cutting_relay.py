"""Passes TCP connections on to a server of this machine, hears what is asked there, and cuts them when told."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_REQUEST = re.compile(rb"(?:^|\r\n)((?:GET|PUT|POST|DELETE|HEAD) [^ \r\n]+) HTTP/1\.1\r\n")


@dataclass
class CuttingRelay:
    """`cut_after` so many bytes of a connection towards the server it is cut; None: never."""

    port: int
    cut_after: int | None = None
    hears_answers: bool = True
    asked: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def parts(self) -> list[int]:
        """The number of each part that somebody began to send."""
        with self._lock:
            return [int(found[1]) for line in self.asked if (found := re.search(r"partNumber=(\d+)", line))]


@contextmanager
def cutting_relay(to: int) -> Iterator[CuttingRelay]:
    """To a port of this machine; with `hears_answers` False what the server answers is lost with the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = CuttingRelay(listening.getsockname()[1])
        accepting = threading.Thread(target=_accept, args=(made, listening, to), daemon=True)
        accepting.start()
        try:
            yield made
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join(30)


def _accept(relay: CuttingRelay, listening: socket.socket, to: int) -> None:
    while True:
        try:
            near, _ = listening.accept()
        except OSError:
            return
        far = socket.create_connection(("127.0.0.1", to), timeout=60)
        for way in (_there, _back):
            threading.Thread(target=way, args=(relay, near, far), daemon=True).start()


def _there(relay: CuttingRelay, near: socket.socket, far: socket.socket) -> None:
    passed, limit = 0, relay.cut_after
    with suppress(OSError):
        while data := near.recv(1 << 16):
            with relay._lock:
                relay.asked += [found.decode() for found in _REQUEST.findall(data)]
            if limit is not None and passed + len(data) > limit:
                far.sendall(data[: limit - passed])
                break
            passed += len(data)
            far.sendall(data)
    _cut(near, far)


def _back(relay: CuttingRelay, near: socket.socket, far: socket.socket) -> None:
    with suppress(OSError):
        while data := far.recv(1 << 16):
            # "Go on" is not yet an answer.
            if not relay.hears_answers and not data.startswith(b"HTTP/1.1 100"):
                break
            near.sendall(data)
    _cut(near, far)


def _cut(*connections: socket.socket) -> None:
    for connection in connections:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
