"""How fast the link to one viewer is and how far behind they are, by what was sent and what they say came.

Which stream fits it is `stream_choice`'s.  Between a server and a phone lie buffers of many seconds (kernels, tunnels,
proxies); only who is at the end knows what came through all of them.
"""

from collections import deque
from dataclasses import dataclass

FIRST_WINDOW = 256 << 10
LEAST_WINDOW = 64 << 10
WAITING_SECONDS = 1.0
"""So much of what the link carries may wait in somebody's buffer, beside what is on its way: more is only late."""

MEASURED_SECONDS = 3.0
SHORTEST_SECONDS = 0.05
IDLE_SECONDS = 1.0
"""A link on which nothing was for so long is a new one: how fast it is nobody knows."""


@dataclass(frozen=True, slots=True)
class _Message:
    """Of one that has not come: the bytes sent with it and before, when it was sent, and since when it was owed."""

    end: int
    sent_at: float
    owed_since: float


class ViewerLink:
    """Times are monotonic seconds.  A viewer's word is taken for no more than was sent to them."""

    def __init__(self) -> None:
        self._sent = 0
        self._got = 0
        self._under_way = deque[_Message]()
        self._words = deque[tuple[float, int]]()
        """When they said how much had come; the first began the span that is measured, and they did not say it."""
        self._quickest: float | None = None
        """The least seconds from the sending of a message to the word that it came."""

    @property
    def under_way(self) -> int:
        """Bytes sent of which they have not said that they came."""
        return self._sent - self._got

    def sent(self, at: float, size: int, owed_since: float) -> None:
        """A message of so many bytes was handed to the network, with which they were owed since then."""
        if not self._words or (not self.under_way and at - self._words[-1][0] > IDLE_SECONDS):
            self._words.clear()
            self._words.append((at, self._got))
        self._sent += size
        self._under_way.append(_Message(self._sent, at, owed_since))

    def got(self, at: float, total: int) -> None:
        """They say that so many bytes came in all; less than before, or more than was sent, is no news."""
        if not self._words:
            return
        self._got = max(self._got, min(total, self._sent))
        while self._under_way and self._under_way[0].end <= self._got:
            took = at - self._under_way.popleft().sent_at
            self._quickest = took if self._quickest is None else min(took, self._quickest)
        self._words.append((at, self._got))
        while at - self._words[1][0] >= MEASURED_SECONDS:
            self._words.popleft()

    def behind(self, at: float) -> float:
        """Seconds for which they have been owed what comes to them next; 0 where all came."""
        return at - self._under_way[0].owed_since if self._under_way else 0.0

    def throughput(self, at: float) -> float:
        """Bytes a second that came of late; 0 where nothing was ever sent."""
        if not self._words:
            return 0.0
        began, before = self._words[0]
        return (self._got - before) / max(at - began, SHORTEST_SECONDS)

    def has_room(self, at: float) -> bool:
        """Whether one more message may go out now; however large it is, where little is under way."""
        if len(self._words) <= 1:
            return self.under_way < FIRST_WINDOW
        seconds = WAITING_SECONDS + (self._quickest or 0.0)
        return self.under_way < max(LEAST_WINDOW, seconds * self.throughput(at))
