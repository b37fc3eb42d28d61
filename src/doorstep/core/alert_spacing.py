"""Not again and again: the cooldown of a camera, and one alert for a visit that two cameras see.

It is each recipient's own, because what one of them does not want to hear of must not silence what another wants:
an alert of mere motion that Anna gets begins no cooldown of Bob's, nor does one of a camera that is not for him.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.silence import Silence

SAME_VISIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Visit:
    """What was told last: who is seen by another camera soon after is the same.

    `sees` says that somebody was seen.  Mere motion and a word from outside saw nobody.
    """

    camera: CameraId
    sees: bool
    told_at: datetime
    seen_at: datetime


class AlertSpacing:
    """Of one recipient and all cameras: at most one alert of a camera within `cooldown` seconds, and one of a visit.

    Who is seen by two cameras within `same_visit` seconds is one visitor, and stays one while the next camera sees him
    as soon after, for `cooldown` seconds.  What saw nobody (mere motion, a word from outside) silences nobody whom
    another camera sees, and keeps no visit of somebody going.  Presses always pass, and begin nothing.  Who loiters
    was told as a person a moment ago: that he stays is news, and has a cooldown of its own.
    """

    def __init__(self, cooldown: float, same_visit: float = SAME_VISIT_SECONDS) -> None:
        self._cooldown = cooldown
        self._same_visit = min(same_visit, cooldown)
        self._told_at: dict[tuple[CameraId, bool], datetime] = {}
        self._visits: dict[bool, _Visit] = {}

    def may_tell(self, camera: CameraId, cause: Cause, at: datetime) -> Silence | None:
        """Why he is not told of this one; None means that he is, and begins the cooldown."""
        if cause is Cause.PRESS:
            return None
        loiters, sees = cause is Cause.LOITERING, cause in {Cause.PERSON, Cause.LOITERING}
        if _within(self._cooldown, self._told_at.get((camera, loiters)), at):
            return Silence.COOLDOWN
        visit = self._visits.get(loiters)
        if visit is not None and visit.camera != camera and visit.sees >= sees and self._goes_on(visit, at):
            if visit.sees == sees:
                self._visits[loiters] = replace(visit, seen_at=at)
            return Silence.SAME_VISIT
        self._told_at[camera, loiters] = at
        self._visits[loiters] = _Visit(camera, sees, at, at)
        return None

    def _goes_on(self, visit: _Visit, at: datetime) -> bool:
        return _within(self._same_visit, visit.seen_at, at) and _within(self._cooldown, visit.told_at, at)


def _within(seconds: float, since: datetime | None, at: datetime) -> bool:
    # Without the sign, so that a clock that was set back by hours does not silence anybody for hours.
    return since is not None and abs((at - since).total_seconds()) < seconds
