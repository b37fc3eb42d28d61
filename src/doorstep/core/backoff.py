"""How long to wait before the next try.  Who waits, and for what, is the shell's business."""

MOST_STEPS = 64
QUICKEST_RECONNECT_SECONDS = 0.5
SLOWEST_RECONNECT_SECONDS = 30.0
SHARE_OF_OUTAGE = 0.1


def delay_after(failures: int, jitter: float, *, first: float, factor: float, longest: float) -> float:
    """Seconds to wait after `failures` (at least 1) failed tries in a row.

    The full delay is first * factor ** (failures - 1), at most `longest`.  Between its half and its whole lies what
    the caller's `jitter` (0..1) chooses, so that many who failed together do not come back together.
    """
    steps = min(failures - 1, MOST_STEPS)  # a bound, because a float has one
    return min(first * factor**steps, longest) * (0.5 + jitter / 2)


class Backoff:
    """Growing delays of somebody who tries again and again; `reset` after a success."""

    def __init__(self, first: float = 0.5, factor: float = 2.0, longest: float = 30.0) -> None:
        self._first = first
        self._factor = factor
        self._longest = longest
        self._failures = 0

    def next(self, jitter: float) -> float:
        """Seconds to wait now; `jitter` is 0..1, chosen by the caller."""
        self._failures += 1
        return delay_after(self._failures, jitter, first=self._first, factor=self._factor, longest=self._longest)

    def reset(self) -> None:
        """It worked: the next delay is the first again."""
        self._failures = 0


def reconnect_delay(out_for: float, jitter: float) -> float:
    """Seconds to wait before a camera that has been out for so many seconds is opened again.

    A tenth of the outage so far: waiting never makes an outage more than a tenth longer, a short one less than a
    second, and a camera that is gone for good is asked twice a minute.  `jitter` (0..1) chooses between half and whole.
    """
    whole = min(max(out_for * SHARE_OF_OUTAGE, QUICKEST_RECONNECT_SECONDS), SLOWEST_RECONNECT_SECONDS)
    return whole * (0.5 + jitter / 2)
