"""Whether something has been so for long enough to be believed, and has been over for long enough to be over."""


class Lasting:
    """Hysteresis in time: true after `begins_after` seconds of yes, false again after `ends_after` seconds of no."""

    def __init__(self, begins_after: float, ends_after: float) -> None:
        self._begins_after = begins_after
        self._ends_after = ends_after
        self._otherwise_since: float | None = None
        self.holds = False

    def observe(self, now: float, *, found: bool) -> bool:
        """Whether it holds, after a look at `now` (monotonic seconds)."""
        if found is self.holds:
            self._otherwise_since = None
            return self.holds
        if self._otherwise_since is None:
            self._otherwise_since = now
        if now - self._otherwise_since >= (self._ends_after if self.holds else self._begins_after):
            self.holds = found
            self._otherwise_since = None
        return self.holds

    def unseen(self) -> None:
        """Nobody can tell at the moment: it stays as it is, and what was about to change begins anew."""
        self._otherwise_since = None
