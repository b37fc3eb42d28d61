"""What a person, or a channel of the config, wants to be told.  Whether an alert is told at all: `alert_policy`."""

from dataclasses import dataclass
from datetime import datetime, time

from doorstep.core.camera import CameraId
from doorstep.core.cause import TOLD, Cause

UNLESS_CHOSEN = TOLD - {Cause.MOTION}
"""Motion alone is told to whoever chooses it."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begins` to `ends` by the owner's clock, into the next day where that is earlier or the same.

    `weekdays` are those on which it begins; 0 is Monday.
    """

    weekdays: frozenset[int]
    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class AlertPreferences:
    """Of one recipient.  `cameras` None means all that he may see; `troubles` are words about Doorstep itself.

    A press beats `quiet_hours` and `snoozed_until`; it does not beat `causes` and `cameras`, which are a choice.
    """

    causes: frozenset[Cause] = UNLESS_CHOSEN
    cameras: frozenset[CameraId] | None = None
    quiet_hours: tuple[QuietHours, ...] = ()
    troubles: bool = True
    snoozed_until: datetime | None = None


EVERYTHING = AlertPreferences()
"""Of who chose nothing yet."""
