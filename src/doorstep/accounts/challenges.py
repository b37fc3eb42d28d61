"""What a passkey signs to show that it is there now: made for one browser, for one purpose, once, for five minutes."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from hmac import digest
from threading import Lock

from doorstep.ports import Clock

LASTS_SECONDS = 300.0
_LONGEST = 128
_MOST_USED = 4096


class Challenges:
    """Thread-safe.  Nothing is kept of those that are given out, so that strangers who ask for many fill nothing.

    The browser keeps a ticket, and the challenge follows from that, the purpose and a secret that lives as long as the
    process.  Only what was used up is remembered, and nobody uses one up without a passkey.
    """

    def __init__(self, clock: Clock, secret: Callable[[], bytes] = lambda: secrets.token_bytes(32)) -> None:
        self._clock = clock
        self._secret = secret()
        self._used: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def ticket(self) -> str:
        """A new one, for the browser to keep; no secret of the house."""
        return f"{int(self._clock.monotonic() + LASTS_SECONDS):x}.{secrets.token_urlsafe(16)}"

    def challenge(self, ticket: str, purpose: str) -> bytes:
        """What belongs to both: 32 bytes that nobody can tell beforehand (HMAC-SHA256, RFC 2104)."""
        return digest(self._secret, f"{len(purpose)}:{purpose}:{ticket}".encode("utf-8", "replace"), sha256)

    def is_open(self, ticket: str) -> bool:
        """Whether it is young enough and was not used.  That it is one of ours, only a right signature shows."""
        until, _, rest = ticket.partition(".")
        if not rest or len(ticket) > _LONGEST or not _is_hex(until):
            return False
        left = int(until, 16) - self._clock.monotonic()
        with self._lock:
            return 0 < left <= LASTS_SECONDS and ticket not in self._used

    def use(self, ticket: str) -> bool:
        """Use it up; False where another was faster."""
        with self._lock:
            if ticket in self._used:
                return False
            self._used[ticket] = None
            if len(self._used) > _MOST_USED:
                self._used.popitem(last=False)
            return True


def _is_hex(text: str) -> bool:
    return 0 < len(text) <= 16 and all(character in "0123456789abcdef" for character in text)
