"""The plain handshake (RTMP, 5.2), from both ends.  The digests of some players are optional, and not asked for."""

import secrets
from typing import Final, Protocol

from doorstep.rtmp.errors import RtmpInvalid

_VERSION: Final = 3
_SIZE: Final = 1536


class Handshake(Protocol):
    """One end of it."""

    @property
    def done(self) -> bool:
        """Whether chunks follow."""
        ...

    def receive(self, received: bytes) -> tuple[bytes, bytes]:
        """What to answer, and what was received behind the handshake (only once it is done).  Raises RtmpInvalid."""
        ...


class _Buffered:
    """Waits for so many bytes."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.done = False

    def _take(self, size: int) -> bytes | None:
        if len(self._buffer) < size:
            return None
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _rest(self) -> bytes:
        rest = bytes(self._buffer) if self.done else b""
        if self.done:
            self._buffer.clear()
        return rest

    def _check_version(self) -> None:
        if self._buffer and self._buffer[0] != _VERSION:
            msg = "the peer does not speak RTMP version 3"
            raise RtmpInvalid(msg)


class ServerHandshake(_Buffered):
    """C0 C1 in, S0 S1 S2 out, C2 in."""

    def __init__(self) -> None:
        super().__init__()
        self._greeted = False

    def receive(self, received: bytes) -> tuple[bytes, bytes]:
        """As `Handshake` says.  What C2 repeats is not compared: some clients repeat nothing."""
        self._buffer += received
        answer = b""
        if not self._greeted:
            self._check_version()
            first = self._take(1 + _SIZE)
            if first is None:
                return b"", b""
            self._greeted = True
            answer = bytes([_VERSION]) + _random_block() + first[1:]
        if self._take(_SIZE) is not None:
            self.done = True
        return answer, self._rest()


class ClientHandshake(_Buffered):
    """C0 C1 out, S0 S1 in, C2 out, S2 in."""

    def __init__(self) -> None:
        super().__init__()
        self._greeted = False

    def begin(self) -> bytes:
        """What the client says first."""
        return bytes([_VERSION]) + _random_block()

    def receive(self, received: bytes) -> tuple[bytes, bytes]:
        """As `Handshake` says."""
        self._buffer += received
        answer = b""
        if not self._greeted:
            self._check_version()
            first = self._take(1 + _SIZE)
            if first is None:
                return b"", b""
            self._greeted = True
            answer = first[1:]
        if self._take(_SIZE) is not None:
            self.done = True
        return answer, self._rest()


def _random_block() -> bytes:
    """Time 0, version 0 (which tells FFmpeg and Flash that no digest is in it), and bytes to be told apart by."""
    return bytes(8) + secrets.token_bytes(_SIZE - 8)
