"""A word from outside about one camera: somebody rang, or something moved there.  What follows: `pipeline/doorbell`."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause

LATEST = timedelta(minutes=15)
"""What was longer ago lies in no buffer: whoever says so has a clock that is wrong."""

RINGS_FOR = timedelta(seconds=60)
"""Whoever rang longer ago does not wait at the door any more: no chime, but an alert that says how late it is."""


PLACES_SECONDS = 600.0
MOST_PLACES = 8
MOST_SENDERS = 256


@dataclass(frozen=True, slots=True)
class OutsideWord:
    """A press (Cause.PRESS) or a trigger (Cause.TRIGGER).

    `at` is when the sender says that it was, None for now.  `origin` names who sent it ("button on pin 17", the id of a
    token, "mqtt"): presses of one origin are counted together.  `place` is its network address and `sender` its name
    for the owner, where it is one that must not speak from two places; else both are empty.
    """

    camera: CameraId
    cause: Cause
    at: datetime | None = None
    note: str = ""
    origin: str = ""
    place: str = ""
    sender: str = ""


def believed(at: datetime | None, now: datetime) -> datetime:
    """When it was: what lies in the future or too far back is the word of a wrong clock, and means now."""
    return at if at is not None and now - LATEST <= at <= now else now


class Places:
    """Whether one sender speaks from two places at once: there and back again within PLACES_SECONDS.

    A sender that moves gets another address and keeps it; two that share a token take turns.  Bounded.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[str, dict[str, float]]] = OrderedDict()

    def spoke(self, origin: str, place: str, at: float) -> bool:
        """Monotonic seconds; True when by this word it is known."""
        last, times = self._seen.pop(origin, ("", {}))
        known = times.get(place)
        times = {where: when for where, when in times.items() if at - when < PLACES_SECONDS}
        times[place] = at
        while len(times) > MOST_PLACES:
            del times[min(times, key=lambda where: times[where])]
        self._seen[origin] = place, times
        if len(self._seen) > MOST_SENDERS:
            self._seen.popitem(last=False)
        return last not in {"", place} and known is not None and at - known < PLACES_SECONDS
