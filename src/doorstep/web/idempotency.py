"""One write, once: the answers of the last ten minutes by the sender's Idempotency-Key."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from doorstep.ports import Clock
from doorstep.web.problems import Refusal

REMEMBERED_SECONDS = 600.0
MOST_REMEMBERED = 700
"""Of one sender about one camera: more than it may report in that time (`triggers.PACES`), so that none goes early."""
LONGEST_KEY = 255

Answer = dict[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """By what a retry is known: the network address that it came from, and the moment that it tells of."""

    place: str = ""
    at: datetime | None = None

    def may_be_retry_of(self, first: "Report") -> bool:
        """From the same place it is, whatever it says: a retry may reckon its moment anew, or add how late it is."""
        return self.place == first.place or (self.at is not None and self.at == first.at)


@dataclass(slots=True)
class _Entry:
    asked_at: float
    report: "Report"
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answer: Answer | None = None
    asking: int = 0


class Answered:
    """Bounded by number and age; a key's last part is the sender's own, and nobody's push out another's.

    Used on the event loop only.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: OrderedDict[tuple[str, ...], _Entry] = OrderedDict()

    async def once(
        self, key: tuple[str, ...], act: Callable[[], Awaitable[Answer]], report: "Report | None" = None
    ) -> Answer:
        """The answer of the first call with this key; a call while the first still runs waits for it.

        When the first call raises, the next one acts.  Raises Refusal where two senders seem to share a key: taking
        the second for a retry would lose it (draft-ietf-httpapi-idempotency-key-header, 2.7).
        """
        report = report or Report()
        entry = self._entry(key, report)
        if not report.may_be_retry_of(entry.report):
            detail = "This Idempotency-Key was used from another place. Use a new one for each report."
            raise Refusal(422, "key-reused", detail)
        entry.asking += 1
        try:
            async with entry.lock:
                if entry.answer is None:
                    entry.answer = await act()
                return entry.answer
        finally:
            entry.asking -= 1
            if entry.answer is None and not entry.asking and self._entries.get(key) is entry:
                del self._entries[key]  # what is refused may come without end, and must push no answer out

    def _entry(self, key: tuple[str, ...], report: "Report") -> _Entry:
        now = self._clock.monotonic()
        while self._entries and now - next(iter(self._entries.values())).asked_at > REMEMBERED_SECONDS:
            self._entries.popitem(last=False)
        if key not in self._entries:
            same = [one for one in self._entries if one[:-1] == key[:-1]]
            if len(same) >= MOST_REMEMBERED:
                del self._entries[same[0]]
            self._entries[key] = _Entry(now, report)
        return self._entries[key]


def checked_key(key: str | None) -> str | None:
    """The header's value, None when there is none.  Raises Refusal for one that is empty or too long."""
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise Refusal(400, "bad-key", f"Idempotency-Key must have 1 to {LONGEST_KEY} characters.")
    return key
