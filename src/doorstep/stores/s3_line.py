"""The line of one call to a bucket's server, cut where the other end keeps us waiting.  What is said over it: `s3`.

The library's own limit is for each read: who sends a byte now and then would never meet it.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import RemoteDisconnected
from threading import Event, Thread, local
from typing import Any

from doorstep.core.errors import StoreUnavailable
from doorstep.stores.s3_part import SentPart

PIECE = 1 << 14
"""Who does not send so much in the time that a call has, and is not done, is too slow."""

UNSENT_BYTES = 1 << 17
"""Not more waits in the kernel to be sent: what we are done with has nearly left, and what hurries passes it."""

_LONGEST_LINE = 1 << 16
_CUT_AGAIN_SECONDS, _MOST_CUTS = 0.5, 240

_calls = local()
"""`now` is the call that this thread makes."""


class WatchedCall:
    """The other end may take `seconds`, and again so long behind each piece that we have sent or it has.

    How slowly a body may leave is `SentPart`'s to say, and while that is read, or waits at the gate, the time is ours.
    A thread watches each call; it ends with it, or once it has cut its line.
    """

    def __init__(self, seconds: float, body: object) -> None:
        self._seconds = seconds
        self._body = body if isinstance(body, SentPart) else None
        self._over = Event()
        self._heard = 0
        self._line: Any = None  # a connection of urllib3's
        self._socket: Any = None
        self.was_cut = False

    def begin(self) -> None:
        """Watch it from now on."""
        Thread(target=self._watch, name="bucket's line", daemon=True).start()

    @contextmanager
    def in_this_thread(self) -> Iterator[None]:
        """What connections the thread uses meanwhile are this call's."""
        _calls.now = self
        try:
            yield
        finally:
            _calls.now = None

    def uses(self, line: Any) -> None:  # noqa: ANN401 - as above
        """It is said over this connection."""
        self._line, self._socket = line, line.sock or self._socket

    def heard(self) -> None:
        """A piece of the answer came.  Raises StoreUnavailable where it is only the end that the cut made."""
        if self.was_cut:
            raise too_slow()
        self._heard += 1

    def end(self) -> None:
        """Nothing more is expected.  Idempotent."""
        self._over.set()

    def _watch(self) -> None:
        """Without a clock: nothing moved in a whole turn, so the other end has had its time, at most twice."""
        while not self._over.is_set():
            before = self._moved()
            if not self._over.wait(self._seconds) and self._moved() == before and not self._is_ours():
                self._end_line()
                return

    def _moved(self) -> tuple[int, int]:
        return self._heard, self._body.tell() if self._body is not None else 0

    def _is_ours(self) -> bool:
        return self._body is not None and self._body.is_read

    def _end_line(self) -> None:
        """Whoever waits for it is woken by an error; who was just connecting, a moment later."""
        self.was_cut = True
        for _ in range(_MOST_CUTS):
            sock = (self._line.sock if self._line is not None else None) or self._socket
            if isinstance(sock, socket.socket):
                with suppress(OSError):
                    # The plain call: the one of a TLS socket changes what its reader is using.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
            if self._over.wait(_CUT_AGAIN_SECONDS):
                return


class WatchedAnswer:
    """An answer's body, of which each piece is heard; behind `end` or `close` nothing more is expected."""

    def __init__(self, raw: Any, call: WatchedCall) -> None:  # noqa: ANN401 - urllib3's answer
        self._raw = raw
        self._call = call

    def read(self, count: int | None = None) -> bytes:
        """At most so many bytes, fewer only at the end, or all.  Raises StoreUnavailable, and what the library does."""
        taken = bytearray()
        while count is None or len(taken) < count:
            piece = self._raw.read(PIECE if count is None else min(PIECE, count - len(taken)))
            self._call.heard()
            if not piece:
                break
            taken += piece
        return bytes(taken)

    def end(self) -> None:
        """All of it was read."""
        self._call.end()

    def close(self) -> None:
        """As the library's own."""
        self._call.end()
        self._raw.close()


def too_slow() -> StoreUnavailable:
    """That the other end had its time."""
    return StoreUnavailable("The bucket's server takes too long for its answer: it is tried again later.")


def watch_lines(session: Any) -> None:  # noqa: ANN401 - botocore's, which has no types
    """Each connection that this session makes tells the call that uses it."""
    pools: dict[str, Any] = session._pool_classes_by_scheme  # noqa: SLF001 - it takes none of ours
    for scheme, pool in list(pools.items()):
        line = type("WatchedLine", (_WatchedLine, pool.ConnectionCls), {})
        pools[scheme] = type("WatchedPool", (pool,), {"ConnectionCls": line})


class _WatchedLine:
    """Goes before a connection of the library's."""

    sock: Any

    def connect(self) -> None:
        _tell(self)  # a proxy is talked to before there is a connection
        super().connect()  # type: ignore[misc]  # the library's
        with suppress(OSError, AttributeError):  # where there is no such choice
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        _tell(self)

    def request(self, *words: Any, **named: Any) -> None:  # noqa: ANN401 - as the library calls it
        _tell(self)  # it was kept alive
        super().request(*words, **named)  # type: ignore[misc]  # as above

    def _consume_headers(self, answer: Any) -> None:  # noqa: ANN401 - as above
        """What stands behind "100 Continue".  The library's own goes round for ever where the line ends there."""
        while (line := answer.readline(_LONGEST_LINE)) != b"\r\n":
            if not line:
                msg = "the line ended"
                raise RemoteDisconnected(msg)


def _tell(line: _WatchedLine) -> None:
    call: WatchedCall | None = getattr(_calls, "now", None)
    if call is not None:
        call.uses(line)
