"""What waits for one viewer of a live stream: bounded, and who is too slow goes on at the next key frame.

What the items are is not known here.
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How much of what a viewer has not taken yet is kept."""

    bytes: int = 8 << 20
    items: int = 600
    seconds: float = math.inf
    """Since the oldest came, and not only of what waits: of what a viewer who comes has missed, too."""


@dataclass(slots=True, eq=False)
class ViewerQueue(Generic[Item]):
    """Lives on the event loop; putting never blocks.  The bytes of items are whoever's; here they are counted."""

    limits: QueueLimits
    now: Callable[[], float] = lambda: 0.0
    """Monotonic seconds; not asked for anything else than how long something has waited."""
    _lead: tuple[Item, ...] = ()
    """What is told before each key frame where the viewer begins, or begins again: the format, if they need one."""
    _handed: deque[Item] = field(default_factory=deque)
    """What is handed out whatever comes, unless it is too old: what was missed, or a key frame whose format was."""
    _handed_since: float = 0.0
    _waiting: deque[tuple[tuple[Item, ...], int, float]] = field(default_factory=deque)
    _bytes: int = 0
    _needs_key: bool = True
    _over: bool = False
    _awake: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, lead: Sequence[Item], missed: Sequence[Item]) -> None:
        """What is known already, `missed` from a key frame on; it is bounded where it is kept."""
        self._lead = tuple(lead)
        if missed:
            self._handed.extend((*lead, *missed))
            self._handed_since = self.now()
            self._needs_key = False
            self._awake.set()

    def put_format(self, fmt: Item) -> None:
        """What comes now is of another format, which is told with the first key frame of it."""
        self._lead, self._needs_key = (fmt,), True

    def put(self, item: Item, size: int, *, key: bool) -> None:
        """Queue it.  Who has too much waiting loses all of it, and goes on at a key frame behind the format."""
        at = self.now()
        if self._is_overdue(at):
            self._handed.clear()
            self._drop()
            self._needs_key = True
        if not self._needs_key and self._is_full(size):
            self._drop()
            self._needs_key = True
        if self._needs_key:
            if not key:
                return
            if self._is_full(size):
                self._drop()
            self._waiting.append(((*self._lead, item), size, at))
            self._needs_key = False
        else:
            self._waiting.append(((item,), size, at))
        self._bytes += size
        self._awake.set()

    def interrupt(self) -> None:
        """What comes next does not follow what came: wait for a key frame."""
        self._needs_key = True

    def end(self) -> None:
        """It is over at once, whatever waits."""
        self._over = True
        self._awake.set()

    async def get(self) -> Item | None:
        """The next one, as soon as there is one; None once it is over.  One asks at a time."""
        while not self._over:
            if self._handed:
                return self._handed.popleft()
            if self._waiting:
                items, size, self._handed_since = self._waiting.popleft()
                self._bytes -= size
                self._handed.extend(items)
            else:
                self._awake.clear()
                await self._awake.wait()
        return None

    async def items(self) -> AsyncGenerator[Item]:
        """Each as it comes, until `end`."""
        while (item := await self.get()) is not None:
            yield item

    def _drop(self) -> None:
        self._waiting.clear()
        self._bytes = 0

    def _is_overdue(self, at: float) -> bool:
        if self._handed and at - self._handed_since > self.limits.seconds:
            return True
        return bool(self._waiting) and at - self._waiting[0][2] > self.limits.seconds

    def _is_full(self, size: int) -> bool:
        if not self._waiting:
            return False  # a single giant one is let through: its size is bounded where it was read
        return len(self._waiting) >= self.limits.items or self._bytes + size > self.limits.bytes
