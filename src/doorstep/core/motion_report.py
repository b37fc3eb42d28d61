"""When to tell another machine that something moves, and what waits to be told.  Telling is the shell's business."""

from collections import deque
from dataclasses import dataclass

from doorstep.core.backoff import delay_after

FIRST_DELAY_SECONDS = 2.0
LONGEST_DELAY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class MotionReport:
    """Something moved at `at` (monotonic seconds); `key` is the same in every try, so that it is taken once."""

    key: str
    at: float
    score: float


class Cooldown:
    """At most one report in so many seconds, however long it moves."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._reported_at: float | None = None

    def due(self, at: float, *, moving: bool) -> bool:
        """Whether to report now; yes counts as a report."""
        if not moving or (self._reported_at is not None and at - self._reported_at < self._seconds):
            return False
        self._reported_at = at
        return True


class ReportQueue:
    """Reports that were not taken yet, oldest first: bounded by number, and by age, for old motion helps nobody."""

    def __init__(self, most: int = 64, longest_seconds: float = 900.0) -> None:
        self._most = most
        self._longest_seconds = longest_seconds
        self._reports: deque[MotionReport] = deque()
        self._failures = 0
        self._next_at = float("-inf")
        self.given_up = 0
        """How many went untold."""

    def __len__(self) -> int:
        return len(self._reports)

    def put(self, report: MotionReport) -> None:
        """Let it wait; when too many do, the oldest goes."""
        self._reports.append(report)
        if len(self._reports) > self._most:
            self._drop()

    def due(self, at: float) -> MotionReport | None:
        """The report to send now: the oldest, unless the last try failed a moment ago."""
        self._expire(at)
        return self._reports[0] if self._reports and at >= self._next_at else None

    def wait(self, at: float) -> float | None:
        """Seconds until one may be due, None while none waits."""
        self._expire(at)
        return max(0.0, self._next_at - at) if self._reports else None

    def taken(self, report: MotionReport) -> None:
        """It was told."""
        self._forget(report)
        self._failures = 0
        self._next_at = float("-inf")

    def refused(self, report: MotionReport) -> None:
        """It will never be taken."""
        self._forget(report)
        self.given_up += 1

    def failed(self, at: float, jitter: float) -> None:
        """Nothing was told this time; all wait, longer each time.  `jitter` is 0..1."""
        self._failures += 1
        delay = delay_after(
            self._failures, jitter, first=FIRST_DELAY_SECONDS, factor=2.0, longest=LONGEST_DELAY_SECONDS
        )
        self._next_at = at + delay

    def _forget(self, report: MotionReport) -> None:
        if self._reports and self._reports[0] is report:
            self._reports.popleft()

    def _expire(self, at: float) -> None:
        while self._reports and at - self._reports[0].at > self._longest_seconds:
            self._drop()

    def _drop(self) -> None:
        self._reports.popleft()
        self.given_up += 1
