"""What is wrong now: one board on which every part of the shell pins and unpins its problem.  Rules live in `core`."""

from collections.abc import Sequence
from math import inf

from doorstep.core.health import Problem
from doorstep.ports import Clock


class HealthBoard:
    """The `Health` port.  Used on the event loop only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._problems: dict[str, tuple[Problem, float]] = {}
        self._moot: set[str] = set()

    def report(
        self, key: str, what: str, remedy: str, seconds: float = inf, *, minor: bool = False, person: str | None = None
    ) -> bool:
        """Pin a problem; its `since` stays while it lasts.  True when it was not there before.

        It stays until it is cleared, or for so many seconds where nobody can tell when it is over.  With a `minor` one
        Doorstep still sees everything.  `person` is whose device or channel it is.
        """
        self._unpin_what_is_over()
        self._moot.discard(key)
        known = self._problems.get(key)
        since = known[0].since if known else self._clock.now()
        problem = Problem(key=key, what=what, since=since, remedy=remedy, minor=minor, person=person)
        self._problems[key] = problem, self._clock.monotonic() + seconds
        return known is None

    def clear(self, key: str, *, moot: bool = False) -> bool:
        """Unpin it: it is over, or `moot`, for what it was about is no more.  True when it was there."""
        if moot:
            self._moot.add(key)
        return self._problems.pop(key, None) is not None

    def problems(self) -> Sequence[Problem]:
        """Everything that is wrong, oldest first."""
        self._unpin_what_is_over()
        return sorted((problem for problem, _ in self._problems.values()), key=lambda one: (one.since, one.key))

    def is_moot(self, key: str) -> bool:
        """As the port says."""
        return key in self._moot

    def _unpin_what_is_over(self) -> None:
        now = self._clock.monotonic()
        for key in [key for key, (_, end) in self._problems.items() if end <= now]:
            del self._problems[key]
