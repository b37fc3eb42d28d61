"""How long the room for recordings lasts.  Pure reckoning from what was measured; what goes when is `retention`'s."""

from dataclasses import dataclass
from enum import StrEnum

from doorstep.core.retention import days_left

LEAST_DAYS = 1.0
"""Of less there is no pace: the first hours of a house say nothing about its weeks."""


class Bound(StrEnum):
    """What ends the life of the oldest recording: that it is old enough, or that there is no more room."""

    AGE = "age"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class StorageUse:
    """`used_bytes` of at most `most_bytes` are recordings, the oldest `days` old; they may become `keep_days` old."""

    used_bytes: int
    most_bytes: int
    days: float
    keep_days: float


@dataclass(frozen=True, slots=True)
class StorageForecast:
    """At the pace of `a_day` bytes the last `days_kept` days are there in the long run, bounded by `bound`.

    `days_left` is when the room is used up, 0 once it is; None where it never is.
    """

    a_day: float
    bound: Bound
    days_kept: float
    days_left: float | None


def forecast(use: StorageUse) -> StorageForecast | None:
    """None while nothing can be said: nothing was recorded yet, or less than a day ago."""
    if use.days < LEAST_DAYS or use.used_bytes <= 0:
        return None
    # What is too old is gone already: the pace is that of the days which are still there.
    a_day = use.used_bytes / min(use.days, max(use.keep_days, LEAST_DAYS))
    if a_day * use.keep_days <= use.most_bytes:
        return StorageForecast(a_day, Bound.AGE, use.keep_days, None)
    return StorageForecast(a_day, Bound.ROOM, use.most_bytes / a_day, days_left(use.used_bytes, use.most_bytes, a_day))
