"""May somebody who fails again and again be asked now?  Failures and times decide; who asks whom lives elsewhere."""

from doorstep.core.backoff import delay_after


class Breaker:
    """Closed (asked always), open (not asked for a while), then one trial that closes it or opens it for longer.

    Times are monotonic seconds, `jitter` is 0..1.  Not thread-safe: its owner holds a lock.
    """

    def __init__(self, failures: int = 2, first: float = 5.0, longest: float = 60.0) -> None:
        """It opens after so many failures in a row, for `first` seconds, doubled at each failed trial to `longest`."""
        self._most = failures
        self._first = first
        self._longest = longest
        self._in_a_row = 0
        self._opens = 0
        self._trial_at: float | None = None
        self._trial_began_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether what was asked last was too often without success."""
        return self._trial_at is not None

    def admit(self, now: float) -> bool:
        """Whether to ask now.  While it is open this admits one trial at a time, which must then be told.

        A trial of which nothing was heard for `longest` seconds counts no more.
        """
        if self._trial_at is None:
            return True
        if now < self._trial_at:
            return False
        if self._trial_began_at is not None and now - self._trial_began_at < self._longest:
            return False
        self._trial_began_at = now
        return True

    def succeeded(self) -> None:
        """It answered."""
        self._in_a_row = self._opens = 0
        self._trial_at = self._trial_began_at = None

    def failed(self, now: float, jitter: float, *, least: float = 0.0) -> None:
        """It did not; `least` seconds is what it asked to be left alone for, which is believed up to `longest`."""
        self._in_a_row += 1
        was_trial, self._trial_began_at = self._trial_began_at is not None, None
        if was_trial or least > 0.0 or (self._in_a_row >= self._most and not self.is_open):
            self._opens += 1
            delay = delay_after(self._opens, jitter, first=self._first, factor=2.0, longest=self._longest)
            self._trial_at = now + max(delay, min(least, self._longest))
