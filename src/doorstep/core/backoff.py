"""How long to wait before the next try.  Who waits, and for what, is the shell's business."""

MOST_STEPS = 64


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
