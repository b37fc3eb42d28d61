"""Who says that something moved: a signature over the moment and the words, by a secret that both ends know.

What is said stands in `motion_word`; the tokens that open the web are no part of it.
"""

import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

HEADER = "X-Doorstep-Signature"
FRESH_SECONDS = 300.0
"""How far the clocks of both ends may differ, and how long a report may be under way."""

EXPIRES_SECONDS = 60.0
"""What waited longer in a queue is no news: nobody stands there any more."""

REMEMBERED_SECONDS = 1200.0
"""Longer than anything is fresh, and than `doorstep publish` tries to tell one report (`core/motion_report`)."""

MOST_REMEMBERED = 4096

TOO_LATE = (
    "This report was signed more than five minutes ago, or by a clock that is wrong: set the clock of whoever sends it."
)

_WORDS = re.compile(r"t=([0-9]{1,10}),v1=([0-9a-f]{64})", re.ASCII)


def signature(secret: str, at: int, body: bytes) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA256 (RFC 2104) over the Unix time in decimal, a full stop, and the body."""
    digest = hmac.digest(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hex()
    return f"t={at},v1={digest}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One that holds: when it was made, and its `nonce`, which no other words and no other second have."""

    at: datetime
    nonce: str

    def is_fresh(self, now: datetime) -> bool:
        """Whether it was made just now, as far as two clocks can agree on that."""
        return abs((now - self.at).total_seconds()) <= FRESH_SECONDS

    def has_expired(self, now: datetime) -> bool:
        """Whether what it signs waited for too long, or comes from a clock that is far ahead."""
        return (now - self.at).total_seconds() > EXPIRES_SECONDS or not self.is_fresh(now)


@dataclass(frozen=True, slots=True)
class MotionSecret:
    """What motion is signed with on its way over the internet."""

    value: str = field(repr=False)

    def sign(self, at: datetime, body: bytes) -> str:
        """The header's value for these words at this moment."""
        return signature(self.value, int(at.timestamp()), body)

    def verified(self, header: str, body: bytes) -> Signature | None:
        """The signature, None where it was not made by this secret over this body.  In constant time."""
        found = _WORDS.fullmatch(header)
        if found is None or not self.value:
            return None
        at = int(found[1])
        if not hmac.compare_digest(signature(self.value, at, body), f"t={at},v1={found[2]}"):
            return None
        return Signature(datetime.fromtimestamp(at, UTC), found[2])


def _unnoted(_marks: Sequence[str], _at: float) -> None:
    """Where nobody keeps them for the next run."""


class SeenMarks:
    """By what is known what was acted on already; bounded by age and by number, the oldest goes first.

    Only what was signed comes in here, so a stranger pushes nothing out.  Times are monotonic seconds.
    """

    def __init__(self, most: int = MOST_REMEMBERED, note: Callable[[Sequence[str], float], None] = _unnoted) -> None:
        """`note` keeps what is remembered for the next run; it returns at once and never raises."""
        self._most = most
        self._note = note
        self._seen: OrderedDict[str, float] = OrderedDict()

    def take_up(self, noted: Iterable[tuple[float, Iterable[str]]], at: float) -> None:
        """What a former run remembered, the oldest first; who finds times that lie ahead has another clock now."""
        for then, marks in noted:
            self._put(marks, min(then, at))

    def knows(self, marks: Iterable[str], at: float) -> bool:
        """Whether one of them was seen."""
        while self._seen and at - next(iter(self._seen.values())) > REMEMBERED_SECONDS:
            self._seen.popitem(last=False)
        return any(mark in self._seen for mark in marks)

    def remember(self, marks: Sequence[str], at: float) -> None:
        """They are seen from now on."""
        self._put(marks, at)
        self._note(marks, at)

    def _put(self, marks: Iterable[str], at: float) -> None:
        for mark in marks:
            self._seen[mark] = at
            self._seen.move_to_end(mark)
        while len(self._seen) > self._most:
            self._seen.popitem(last=False)
