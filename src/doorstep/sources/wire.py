"""A TCP or TLS connection that never blocks for long.  What is said over it is for `camera_http`."""

import select
import socket
import ssl
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from doorstep.ports import Clock

LONGEST_SILENCE_SECONDS = 10.0
_LOOK_UP_SECONDS = 0.25
_CHUNK = 256 * 1024

T = TypeVar("T")


class Stopped(Exception):
    """The event was set while something was waited for."""


class Wire:
    """One connection, used by one thread; each call ends within a quarter of a second of `stop`, with Stopped.

    Raises OSError (TimeoutError and ssl.SSLError among them) where the other side fails.
    """

    def __init__(self, stop: threading.Event, clock: Clock) -> None:
        self._stop = stop
        self._clock = clock
        self._socket: socket.socket | ssl.SSLSocket = socket.socket()

    def connect(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """To the first of the host's addresses that answers; looking up its name is the system's business."""
        failure: OSError = OSError("the name has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            self.close()
            self._socket = socket.socket(family, kind, protocol)
            self._socket.setblocking(False)
            try:
                self._connect(address)
                break
            except OSError as error:
                failure = error
        else:
            raise failure
        if tls is not None:
            wrapped = tls.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)
            self._socket = wrapped
            self._patiently(wrapped.do_handshake)

    def _connect(self, address: object) -> None:
        try:
            self._socket.connect(address)  # type: ignore[arg-type]  # what getaddrinfo gave for this family
        except BlockingIOError:
            self._wait(self._clock.monotonic() + LONGEST_SILENCE_SECONDS, write=True)
            code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, "connecting failed") from None

    def send(self, message: bytes) -> None:
        """All of it."""
        sent = 0
        while sent < len(message):
            sent += self._patiently(partial(self._socket.send, message[sent:]))

    def receive(self) -> bytes:
        """What comes next; nothing when the other side is done."""
        return self._patiently(lambda: self._socket.recv(_CHUNK))

    def waiting(self) -> bytes:
        """What has come already and can be had without waiting; nothing where there is none."""
        try:
            return self._socket.recv(_CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""

    def close(self) -> None:
        """Idempotent."""
        self._socket.close()

    def _patiently(self, act: Callable[[], T]) -> T:
        deadline = self._clock.monotonic() + LONGEST_SILENCE_SECONDS
        while True:
            try:
                return act()
            except (BlockingIOError, ssl.SSLWantReadError):
                self._wait(deadline, write=False)
            except ssl.SSLWantWriteError:
                self._wait(deadline, write=True)

    def _wait(self, deadline: float, *, write: bool) -> None:
        sockets = [self._socket]
        while True:
            if self._stop.is_set():
                raise Stopped
            ready = select.select([] if write else sockets, sockets if write else [], [], _LOOK_UP_SECONDS)
            if ready[0] or ready[1]:
                return
            if self._clock.monotonic() > deadline:
                msg = "nothing came"
                raise TimeoutError(msg)
