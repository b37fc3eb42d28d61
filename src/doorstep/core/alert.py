"""Whom to tell, and when: the content of an alert and the rule of the cooldown.  Channels live in `notifiers`."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.event import EventId

AlertId = NewType("AlertId", str)


@dataclass(frozen=True, slots=True)
class Alert:
    """Content for a person, the same for every channel.

    `id` is the idempotency key: a notifier that gets the same alert twice tells it once where the channel can.
    `title` and `text` are plain words; `link` opens the event; `snapshot` is a JPEG or empty.
    """

    id: AlertId
    event: EventId
    camera: CameraId
    cause: Cause
    at: datetime
    title: str
    text: str
    link: str
    snapshot: bytes = b""


class AlertPolicy:
    """Which alerts of one camera are told: a press always, of the others at most one in `cooldown` seconds.

    Who loiters was told as a person a moment ago: that he stays is news, and has a cooldown of its own.
    """

    def __init__(self, cooldown: float, alert_on: frozenset[Cause]) -> None:
        self._cooldown = cooldown
        self._alert_on = alert_on
        self._told_at: dict[bool, datetime] = {}  # of loitering, and of the rest

    def may_tell(self, cause: Cause, at: datetime) -> bool:
        """Whether to tell this one; yes begins the cooldown, unless it is a press, which has none."""
        if cause not in self._alert_on:
            return False
        if cause is Cause.PRESS:
            return True
        # Without the sign, so that a clock that was set back by hours does not silence the house for hours.
        told_at = self._told_at.get(cause is Cause.LOITERING)
        if told_at is not None and abs((at - told_at).total_seconds()) < self._cooldown:
            return False
        self._told_at[cause is Cause.LOITERING] = at
        return True


# Written out, because strftime's names follow the locale of the machine.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

WORDS: dict[Cause, tuple[str, str]] = {
    Cause.PERSON: ("Person at", "Seen"),
    Cause.PRESS: ("Doorbell rang at", "Rung"),
    Cause.TRIGGER: ("Motion reported at", "Reported"),
    Cause.MOTION: ("Motion at", "Seen"),
    Cause.LOITERING: ("Somebody is lingering at", "Seen"),
}


def alert_words(camera_name: str, cause: Cause, at_local: datetime) -> tuple[str, str]:
    """Title and text for a person, in plain words; `at_local` is in the owner's time zone.

    ("Person at Front door", "Seen at 14:02:03 on Saturday, 21 November.")
    """
    title, verb = WORDS[cause]
    day = f"{WEEKDAYS[at_local.weekday()]}, {at_local.day} {MONTHS[at_local.month - 1]}"
    return f"{title} {camera_name}", f"{verb} at {at_local:%H:%M:%S} on {day}."
