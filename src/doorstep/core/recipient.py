"""Whoever an alert goes to by one channel: a person's phone, or an address of the config.  Sending: `notifiers`."""

from dataclasses import dataclass
from enum import StrEnum

from doorstep.core.alert_preferences import AlertPreferences
from doorstep.core.camera import CameraId


class Turn(StrEnum):
    """When a recipient is told: with the first, or only where those did not get it, or did not react."""

    FIRST = "first"
    UNDELIVERED = "undelivered"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Recipient:
    """`channel` is unique and is what deliveries are kept by; `name` is for people ("Anna's phone", "Mail").

    `person` is whose it is, None for the whole house; `may_see` the cameras that he is allowed, None for all.
    `preferences` are its own, None for those of the person (or the house).  One whose turn is not the first waits
    `after_seconds` first.  One that does not reach people (a broker that programs listen to) proves nothing, and
    spares nobody.
    """

    channel: str
    name: str
    person: str | None = None
    preferences: AlertPreferences | None = None
    may_see: frozenset[CameraId] | None = None
    turn: Turn = Turn.FIRST
    after_seconds: float = 0.0
    reaches_people: bool = True
