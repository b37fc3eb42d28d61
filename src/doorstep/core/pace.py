"""How often somebody may: a token bucket, counted without a clock of its own."""

from collections import OrderedDict
from dataclasses import dataclass

MOST_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class Pace:
    """At once at most `burst`, and in the long run `per_second`."""

    burst: int
    per_second: float


class Buckets:
    """One bucket for each key, bounded: the key unused longest is forgotten, and begins with a full bucket again.

    Times are monotonic seconds.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._left: OrderedDict[tuple[str, ...], tuple[float, float]] = OrderedDict()

    def wait(self, key: tuple[str, ...], at: float) -> float:
        """0 where it may, and has then; else the seconds until it may again."""
        left, since = self._left.pop(key, (float(self._pace.burst), at))
        left = min(self._pace.burst, left + (at - since) * self._pace.per_second)
        waits = max(0.0, 1.0 - left) / self._pace.per_second
        self._left[key] = (left if waits else left - 1.0), at
        if len(self._left) > MOST_REMEMBERED:
            self._left.popitem(last=False)
        return waits
