"""Whether what lies outside the house can be reached: when the next try is made, and what is told.  Rules only."""

from collections.abc import Mapping
from datetime import datetime

from doorstep.core.backoff import delay_after
from doorstep.core.health_rules import Trouble

FIRST_SECONDS, LONGEST_SECONDS = 2.0, 60.0
URGENT_SECONDS = 5.0
"""So often a running event tries: after an outage its newest second is off-site soon."""

REFUSED_SECONDS, REFUSED_URGENT_SECONDS = 600.0, 60.0
"""The same where only the owner can help."""

TOLD_AFTER_SECONDS = 180.0


class OffSiteLine:
    """The last tries of everybody together; all times in monotonic seconds.  One thread.

    While it fails one try at a time finds out whether it works again, and all others wait.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._failed_at = 0.0
        self._delay = 0.0
        self._since: float | None = None
        self._why = ""
        self._refused = False

    @property
    def works(self) -> bool:
        """Whether the last try did, or none was made yet."""
        return self._since is None

    def worked(self) -> None:
        """Something was taken."""
        self._failures, self._since, self._refused = 0, None, False

    def failed(self, why: str, now: float, jitter: float, *, refused: bool = False) -> None:
        """Nobody answered, or the answer was no; `jitter` is 0..1, chosen by the caller."""
        self._failures += 1
        self._failed_at, self._why, self._refused = now, why, refused
        self._delay = delay_after(self._failures, jitter, first=FIRST_SECONDS, factor=2.0, longest=LONGEST_SECONDS)
        if self._since is None:
            self._since = now

    def next_try(self, *, urgent: bool) -> float:
        """From when on one may be made; in the past where nothing is wrong."""
        if self._since is None:
            return self._failed_at
        if self._refused:
            return self._failed_at + (REFUSED_URGENT_SECONDS if urgent else REFUSED_SECONDS)
        return self._failed_at + (min(self._delay, URGENT_SECONDS) if urgent else self._delay)

    def trouble(self, now: float, waits: str) -> Trouble | None:
        """What the owner is told: of a refusal at once, of silence once it lasts; `waits` are `waiting_words`."""
        if self._since is None or not (self._refused or now - self._since >= TOLD_AFTER_SECONDS):
            return None
        what = f"Nothing goes off-site: {self._why.rstrip('.')}." + (f" {waits}." if waits else "")
        if self._refused:
            return Trouble(what, "Mend that; what waits is sent by itself then.", minor=True)
        return Trouble(what, "Everything is kept here and sent by itself when the line is back.", minor=True)


def waiting_words(waiting: int, since: datetime | None) -> str:
    """How many wait, and since when the oldest does, by its own time zone; "" for none."""
    if not waiting or since is None:
        return ""
    clips = "One clip waits" if waiting == 1 else f"{waiting} clips wait"
    return f"{clips} to go off-site since {since:%Y-%m-%d %H:%M}"


def elsewhere_words(copies: Mapping[str, int]) -> str:
    """How many copies lie in buckets that the config does not name, by the place; "" for none."""
    lie = (f"{'one copy lies' if count == 1 else f'{count} copies lie'} in {place}" for place, count in copies.items())
    said = " and ".join(lie)
    return f"{said[0].upper()}{said[1:]}, which the config does not name any more." if said else ""
