"""One write, once: the answers of the last ten minutes by the sender's Idempotency-Key."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from doorstep.ports import Clock
from doorstep.web.problems import Refusal

REMEMBERED_SECONDS = 600.0
MOST_REMEMBERED = 1024
LONGEST_KEY = 255

Answer = dict[str, str]


@dataclass(slots=True)
class _Entry:
    asked_at: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answer: Answer | None = None


class Answered:
    """Bounded by number and age.  Used on the event loop only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: OrderedDict[tuple[str, ...], _Entry] = OrderedDict()

    async def once(self, key: tuple[str, ...], act: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer of the first call with this key; a call while the first still runs waits for it.

        When the first call raises, the next one acts.
        """
        entry = self._entry(key)
        async with entry.lock:
            if entry.answer is None:
                entry.answer = await act()
            return entry.answer

    def _entry(self, key: tuple[str, ...]) -> _Entry:
        now = self._clock.monotonic()
        while self._entries and (
            len(self._entries) >= MOST_REMEMBERED
            or now - next(iter(self._entries.values())).asked_at > REMEMBERED_SECONDS
        ):
            self._entries.popitem(last=False)
        return self._entries.setdefault(key, _Entry(now))


def checked_key(key: str | None) -> str | None:
    """The header's value, None when there is none.  Raises Refusal for one that is empty or too long."""
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise Refusal(400, "bad-key", f"Idempotency-Key must have 1 to {LONGEST_KEY} characters.")
    return key
