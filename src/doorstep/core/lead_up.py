"""What one camera saw lately: with it begins the explanation of an event that opens now.  Pure."""

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta

from doorstep.core.event import Event
from doorstep.core.explanation import LEAD, Explanation, KeptLook, SeeingModel

MOVED_LATELY = timedelta(seconds=5)
"""What moved longer ago did not open the event."""


class LeadUp:
    """Tell it every look, and whatever moved, in the order of time."""

    def __init__(self) -> None:
        self._looks: deque[tuple[datetime, KeptLook]] = deque(maxlen=LEAD)
        self._moved: tuple[datetime, float] | None = None

    def looked(self, at: datetime, look: KeptLook) -> None:
        """Somebody looked."""
        self._looks.append((at, look))

    def moved(self, at: datetime, motion: float) -> None:
        """So much moved, 0..1."""
        self._moved = at, motion

    def explanation(self, event: Event, at: datetime, model: SeeingModel | None) -> Explanation:
        """Of an event that opens now, with the looks since its first sighting."""
        motion = self._moved[1] if self._moved is not None and abs(at - self._moved[0]) <= MOVED_LATELY else None
        explanation = Explanation(event.id, event.causes[0], motion, model)
        for looked_at, look in self._looks:
            if event.started_at <= looked_at <= at:
                explanation = explanation.looked(dated(look, event, looked_at))
        return explanation


def dated(look: KeptLook, event: Event, at: datetime) -> KeptLook:
    """As one of the event's, by its start."""
    return replace(look, after=round((at - event.started_at).total_seconds(), 3))
