"""The part of one camera's time that a clip is wanted of, and how much of it a clip shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from doorstep.core.camera import CameraId
from doorstep.core.clip import ClipPlan
from doorstep.core.clip_form import AS_RECORDED, ClipForm


@dataclass(frozen=True, slots=True)
class AskedSpan:
    """[start, end); with `bridge_gaps` a hole does not end a part, but its last picture is held (events)."""

    camera: CameraId
    start: datetime
    end: datetime
    form: ClipForm = AS_RECORDED
    bridge_gaps: bool = False

    def missing(self, shown: Sequence[ClipPlan]) -> float:
        """Seconds of the span that none of the plans shows, to the millisecond."""
        found, until = timedelta(), self.start
        for plan in sorted(shown, key=lambda one: one.starts_at):
            found += max(timedelta(), min(plan.ends_at, self.end) - max(plan.starts_at, until))
            until = max(until, plan.ends_at)
        return max(0.0, round((self.end - self.start - found).total_seconds(), 3))
