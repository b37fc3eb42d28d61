"""Do two machines hold one box's place on a hub?  Then each throws the other out, again and again.

That is so where the data folder was copied: both have the same key.  A hub that was restarted, and a network that comes
and goes, look otherwise: there nobody holds the port when this box comes back at once.
"""

from collections.abc import Iterator
from typing import Final

from doorstep.core.health_rules import Trouble
from doorstep.core.hub_tunnel import HubReason

MOST_THROWN_OUT: Final = 3
WITHIN_SECONDS: Final = 600.0
REST_SECONDS: Final = 60.0
"""So long a box leaves the port to the other one before it asks for it again; else neither were ever reached."""

_ENDED_FROM_THERE: Final = frozenset({HubReason.CLOSED, HubReason.HUB_FAILS, HubReason.UNKNOWN})


class HubRivals:
    """Fed with the end of every connection; times are monotonic seconds.  Not thread-safe."""

    def __init__(self) -> None:
        self._was_ended = False
        self._thrown_out: list[float] = []

    def ended(self, reason: HubReason, now: float, *, was_up: bool) -> None:
        """A connection ended, or none came about."""
        if reason is HubReason.PORT_TAKEN and self._was_ended:
            self._thrown_out = [*self._thrown_out, now][-MOST_THROWN_OUT:]
        if reason is not HubReason.PORT_TAKEN or not was_up:
            self._was_ended = was_up and reason in _ENDED_FROM_THERE

    def are_there(self, now: float) -> bool:
        """Whether it is so, as far as the last minutes tell."""
        recent = [at for at in self._thrown_out if now - at < WITHIN_SECONDS]
        return len(recent) >= MOST_THROWN_OUT

    def trouble(self, now: float) -> Iterator[Trouble]:
        """At most one."""
        if self.are_there(now):
            yield Trouble(_WHAT, _REMEDY, minor=True)


_WHAT: Final = (
    "Another machine holds this box's place on the hub, and each throws the other out: most likely Doorstep runs on a "
    "copy of this data folder. From outside now one of them is reached, now the other. Recording and chime go on."
)
_REMEDY: Final = (
    "Stop Doorstep on the other machine. If you moved to this one: on the hub, `sudo doorstep-hub pair` prints a new "
    "code; paste it in Settings > From anywhere here."
)
