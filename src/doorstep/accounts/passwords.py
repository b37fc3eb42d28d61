"""Which passwords are taken, and how they are hashed and checked.  Whose they are is `account_book`'s business."""

import secrets
import unicodedata
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from doorstep.core.errors import AccessDenied

SHORTEST = 12
LONGEST = 1024
# RFC 9106, section 4, second recommended option (argon2id, 64 MiB, three passes), with two lanes instead of four so
# that a sign-in leaves two of a Raspberry Pi's cores to the cameras.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=2)
# Each check holds 64 MiB: a crowd of strangers must not use up a small machine's memory.
_AT_ONCE = 2
_PATIENCE_SECONDS = 10.0


class Passwords:
    """Hashes and checks passwords with argon2id.  Thread-safe; each call blocks for about a tenth of a second."""

    def __init__(self, hasher: PasswordHasher = _HASHER) -> None:
        self._hasher = hasher
        self._turns = BoundedSemaphore(_AT_ONCE)
        # Checked in place of an unknown person's, so that nobody learns from the time who has an account.
        self._nobodys_hash = hasher.hash(secrets.token_urlsafe(16))

    def hashed(self, password: str) -> str:
        """The hash to keep.  Raises AccessDenied when the password is too short or too long."""
        if not SHORTEST <= len(password) <= LONGEST:
            msg = f"A password needs {SHORTEST} to {LONGEST} characters."
            raise AccessDenied(msg)
        with self._turn():
            return self._hasher.hash(_normal(password))

    def opens(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the right one; takes as long for nobody's (None) as for somebody's.  Raises AccessDenied."""
        with self._turn():
            try:
                self._hasher.verify(password_hash or self._nobodys_hash, _normal(password[: LONGEST + 1]))
            except (VerificationError, InvalidHashError):
                return False
        return password_hash is not None and len(password) <= LONGEST

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker settings than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _turn(self) -> "_Turn":
        return _Turn(self._turns)


class _Turn:
    """One of the few places for checks that run at once."""

    def __init__(self, turns: BoundedSemaphore) -> None:
        self._turns = turns

    def __enter__(self) -> None:
        if not self._turns.acquire(timeout=_PATIENCE_SECONDS):
            msg = "Too many people are signing in at once. Try again in a moment."
            raise AccessDenied(msg)

    def __exit__(self, *_: object) -> None:
        self._turns.release()


def _normal(password: str) -> bytes:
    """The same bytes from every keyboard (NIST SP 800-63B, 5.1.1.2, asks for NFKC or NFKD)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace")
