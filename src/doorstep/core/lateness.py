"""How late the event loop is: counts in buckets, as Prometheus wants them.  Who measures it lives in `pipeline`."""

from bisect import bisect_left

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of the buckets, in seconds; one more bucket holds the rest."""


class Lateness:
    """A histogram of lateness since the start.  Lives on the event loop."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0
        self.worst = 0.0

    def observe(self, seconds: float) -> None:
        """It was so late this time; early counts as not late."""
        late = max(0.0, seconds)
        self._counts[bisect_left(BOUNDS, late)] += 1
        self.total += late
        self.worst = max(self.worst, late)

    def cumulative(self) -> list[tuple[float, int]]:
        """For each bound, and infinity at last, how often it was not later than that."""
        told, so_far = [], 0
        for bound, count in zip((*BOUNDS, float("inf")), self._counts, strict=True):
            so_far += count
            told.append((bound, so_far))
        return told

    def quantile(self, part: float) -> float:
        """The bound that at least `part` (0..1) of all observations do not exceed; 0 where there were none."""
        steps = self.cumulative()
        wanted = part * steps[-1][1]
        return next((min(bound, self.worst) for bound, count in steps if count >= wanted), self.worst)
