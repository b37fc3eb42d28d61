"""What is wrong now: one board on which every part of the shell pins and unpins its problem.  Rules live in `core`."""

from collections.abc import Sequence
from math import inf

from doorstep.core.health import Problem
from doorstep.ports import Clock


class HealthBoard:
    """The `Health` port.  Used on the event loop only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._problems: dict[str, Problem] = {}
        self._ends: dict[str, float] = {}

    def report(self, key: str, what: str, remedy: str, seconds: float = inf, *, minor: bool = False) -> bool:
        """Pin a problem; its `since` stays while it lasts.  True when it was not there before.

        It stays until it is cleared, or for so many seconds where nobody can tell when it is over.  With a `minor` one
        Doorstep still sees everything.
        """
        self._unpin_what_is_over()
        known = self._problems.get(key)
        since = known.since if known else self._clock.now()
        self._problems[key] = Problem(key=key, what=what, since=since, remedy=remedy, minor=minor)
        self._ends[key] = self._clock.monotonic() + seconds
        return known is None

    def clear(self, key: str) -> bool:
        """Unpin it.  True when it was there."""
        return self._problems.pop(key, None) is not None

    def problems(self) -> Sequence[Problem]:
        """Everything that is wrong, oldest first."""
        self._unpin_what_is_over()
        return sorted(self._problems.values(), key=lambda problem: (problem.since, problem.key))

    def _unpin_what_is_over(self) -> None:
        now = self._clock.monotonic()
        for key in [key for key in self._problems if self._ends[key] <= now]:
            del self._problems[key]
