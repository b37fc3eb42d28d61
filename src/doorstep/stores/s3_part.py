"""A part of a body as the library reads it: to sum it up, to sign it, and then, at the allowed pace, to send it."""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock

from doorstep.core.bandwidth import Bandwidth
from doorstep.core.errors import StoreUnavailable
from doorstep.ports import Clock

SLOW_SECONDS, HUNG_SECONDS = 0.5, 30.0
"""What hurries and is on its way for so long has a slow line; for longer than the latter, none."""
LINGER_SECONDS = 1.5
"""So soon behind it the next one comes: a segment lasts a second."""
GIVES_WAY_SECONDS = 5.0
"""A piece waits no longer for what hurries: a server ends a connection on which nothing comes for some more."""
_LOOK_SECONDS = 0.25
LEAST_PACE = 512.0
"""Bytes a second: a part that leaves slower than this, with a minute to begin with, leaves never."""
GRACE_SECONDS = 60.0
_WHOLE_PIECE = 1 << 20
LEAVING_PIECE = 1 << 15
"""At most so much leaves at once: at the slowest pace it is gone before anybody calls the line dead."""

_NEVER = Event()

Read = Callable[[int, int], Iterator[bytes]]


def block(seconds: float) -> None:
    """This thread, for so long."""
    _NEVER.wait(seconds)


class Gate:
    """Where all that leaves for one bucket passes.  Thread-safe."""

    def __init__(self, clock: Clock, kbit: float, pause: Callable[[float], object] = block) -> None:
        """At most `kbit` thousands of bits a second pass, any number with 0; `pause` blocks for some seconds."""
        self._clock = clock
        self._bandwidth = Bandwidth(kbit) if kbit > 0 else None
        self._pause = pause
        self._counting = Lock()
        self._hurrying: list[float] = []
        self._lingers_until = self.now()

    @property
    def piece(self) -> int:
        """At most so many bytes at once."""
        return self._bandwidth.piece if self._bandwidth is not None else _WHOLE_PIECE

    def now(self) -> float:
        """Monotonic seconds."""
        return self._clock.monotonic()

    @contextmanager
    def hurry(self) -> Iterator[None]:
        """What is sent meanwhile goes first on a slow line; on a fast one nobody notices."""
        began = self.now()
        with self._counting:
            self._hurrying.append(began)
        try:
            yield
        finally:
            with self._counting:
                self._hurrying.remove(began)
                if SLOW_SECONDS <= self.now() - began < HUNG_SECONDS:
                    self._lingers_until = self.now() + LINGER_SECONDS

    def give_way(self) -> float:
        """Wait while something hurries on a slow line; the seconds that took."""
        began = self.now()
        while self._is_hurried() and self.now() - began < GIVES_WAY_SECONDS:
            self._pause(_LOOK_SECONDS)
        return self.now() - began

    def _is_hurried(self) -> bool:
        now = self.now()
        with self._counting:
            slow = any(SLOW_SECONDS <= now - began < HUNG_SECONDS for began in self._hurrying)
            return slow or now < self._lingers_until

    def pass_on(self, length: int) -> float:
        """Wait until so many bytes may leave; the seconds that took."""
        if self._bandwidth is None:
            return 0.0
        with self._counting:
            waits = self._bandwidth.wait(length, self.now())
        if waits > 0:
            self._pause(waits)
        return waits


class SentPart:
    """The bytes [offset, offset + length) of what `read` gives, as a file that can be rewound.  One thread's.

    Holds a piece at a time.  Reading raises StoreUnavailable where there are not so many bytes any more.
    """

    def __init__(self, read: Read, offset: int, length: int, gate: Gate, *, hurries: bool = False) -> None:
        self._hurries = hurries
        self._read = read
        self._offset = offset
        self._length = length
        self._gate = gate
        self._at = 0
        self._pieces: Iterator[bytes] = iter(())
        self._piece = memoryview(b"")
        self._ends_at: float | None = None
        self.is_read = False
        """Whether somebody waits in `read` just now: for a disk, or at the gate."""
        self.seek(0)

    def __len__(self) -> int:
        """In bytes, wherever reading is."""
        return self._length

    def md5(self) -> str:
        """As the header Content-MD5 has it, RFC 1864; the part is rewound."""
        summed = hashlib.md5(usedforsecurity=False)
        self.seek(0)
        while piece := self.read(_WHOLE_PIECE):
            summed.update(piece)
        self.seek(0)
        return b64encode(summed.digest()).decode()

    def leave(self) -> None:
        """From here on, until it is rewound, what is read is sent, and so waits and must be done in bounded time."""
        self._ends_at = self._gate.now() + GRACE_SECONDS + self._length / LEAST_PACE

    def tell(self) -> int:
        """Where reading is."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of a file; it goes on being read for nobody but us."""
        self._at = offset + (0, self._at, self._length)[whence]
        self._pieces = self._read(self._offset + self._at, self._length - self._at)
        self._piece = memoryview(b"")
        self._ends_at = None
        return self._at

    def read(self, count: int = -1) -> bytes:
        """At most so many bytes, none only at the end."""
        self.is_read = True
        try:
            return self._read_some(count)
        finally:
            self.is_read = False

    def _read_some(self, count: int) -> bytes:
        left = self._length - self._at
        wanted = left if count < 0 else min(count, left)
        if wanted <= 0:
            return b""
        if count < 0:
            return b"".join(iter(lambda: self.read(_WHOLE_PIECE), b""))
        self._fill()
        most = self._gate.piece if self._ends_at is None else min(self._gate.piece, LEAVING_PIECE)
        taken = bytes(self._piece[: min(wanted, most)])
        self._piece = self._piece[len(taken) :]
        self._at += len(taken)
        if self._ends_at is not None:
            self._ends_at = self._passed(len(taken), self._ends_at)
        return taken

    def _fill(self) -> None:
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                msg = "The recording became shorter while it was sent: it is sent again from its beginning."
                raise StoreUnavailable(msg)
            self._piece = memoryview(piece)

    def _passed(self, length: int, ends_at: float) -> float:
        """Wait at the gate, which is nobody's fault: until when it must be done now."""
        ends_at += self._gate.pass_on(length)
        if not self._hurries:
            ends_at += self._gate.give_way()
        if self._gate.now() > ends_at:
            msg = "The bucket's server takes what is sent too slowly: it is tried again later."
            raise StoreUnavailable(msg)
        return ends_at
