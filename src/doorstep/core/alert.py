"""The content of an alert, and its words.  Who is told: `alert_policy`.  Channels live in `notifiers`."""

from dataclasses import dataclass, replace
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
    `title` and `text` are plain words; `link` opens the event; `snapshot` is a JPEG or empty.  One without a cause is
    a word about Doorstep itself, with a camera where it is about that.
    """

    id: AlertId
    event: EventId | None
    camera: CameraId | None
    cause: Cause | None
    at: datetime
    title: str
    text: str
    link: str
    snapshot: bytes = b""
    is_test: bool = False

    @property
    def is_urgent(self) -> bool:
        """Whether somebody waits for an answer: it beats snooze, cooldown and quiet hours."""
        return self.cause is Cause.PRESS


def word_about_doorstep(
    alert_id: str,
    at: datetime,
    words: tuple[str, str],
    link: str,
    camera: CameraId | None = None,
    *,
    is_test: bool = False,
) -> Alert:
    """Nobody is at the door: `words` are its title and its text; with a camera where it is about that."""
    title, text = words
    return Alert(AlertId(alert_id), None, camera, None, at, title, text, link, is_test=is_test)


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
    Cause.SAVED: ("Clip of", "Recorded"),
}

LATE_AFTER_SECONDS = 60.0
"""What arrives sooner reads like news, and is."""

_STEPS = ((86400, "d"), (3600, "h"), (60, "min"))


def alert_words(camera_name: str, cause: Cause, at_local: datetime, *, is_test: bool = False) -> tuple[str, str]:
    """Title and text for a person, in plain words; `at_local` is in the owner's time zone.

    ("Person at Front door", "Seen at 14:02:03 on Saturday, 21 November.")
    """
    title, verb = WORDS[cause]
    day = f"{WEEKDAYS[at_local.weekday()]}, {at_local.day} {MONTHS[at_local.month - 1]}"
    text = f"{verb} at {at_local:%H:%M:%S} on {day}."
    if is_test:
        return f"Test: {title} {camera_name}", f"Nobody is there, this is a test. {text}"
    return f"{title} {camera_name}", text


def late_words(at: datetime, now: datetime) -> str:
    """How late an alert of `at` is where it is told at `now` ("Late: 14 min ago"); empty where it is not.

    A clock that was set back since then makes nothing late.
    """
    age = (now - at).total_seconds()
    if age < LATE_AFTER_SECONDS:
        return ""
    seconds, unit = next(step for step in _STEPS if age >= step[0])
    return f"Late: {age // seconds:.0f} {unit} ago"


def as_told(alert: Alert, now: datetime) -> Alert:
    """The same alert, that says how late it is if it is."""
    late = late_words(alert.at, now)
    return replace(alert, text=f"{late}. {alert.text}") if late else alert
