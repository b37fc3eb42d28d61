"""Whether a reader has fallen behind a live stream.  What is left out then is the source's business."""

from doorstep.ports import Clock

_FORGETS_A_SECOND = 0.001  # more than two clocks drift apart, far less than falling behind
MOST_BEHIND_SECONDS = 0.5


class Lateness:
    """Compares the times in a stream with the clock: the promptest picture so far tells how far apart they are."""

    def __init__(self, clock: Clock, most: float = MOST_BEHIND_SECONDS) -> None:
        self._clock = clock
        self._most = most
        self._promptest: float | None = None
        self._asked_at = 0.0

    def late(self, at: float) -> bool:
        """Whether the picture of the stream's second `at` is in hand too late to be worth its work."""
        now = self._clock.monotonic()
        behind = now - at
        if self._promptest is None:
            self._promptest = behind
        else:
            self._promptest = min(behind, self._promptest + (now - self._asked_at) * _FORGETS_A_SECOND)
        self._asked_at = now
        return behind - self._promptest > self._most
