"""When is something happening at the door?  Opening and closing rules only; storing and telling live elsewhere."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from doorstep.core.camera import CameraId
from doorstep.core.ledger import LedgerEntry

EventId = NewType("EventId", str)


class Cause(StrEnum):
    """Why an event exists."""

    PERSON = "person"
    PRESS = "press"
    TRIGGER = "trigger"
    MOTION = "motion"
    LOITERING = "loitering"


@dataclass(frozen=True, slots=True)
class Recording:
    """The video of an event, as the store keeps it: one growing file, named by its key.

    `starts_at` and `ends_at` bound what a clip of the event shows (the file may hold a little more on both sides,
    for it consists of whole segments and begins with a key frame); `size` is in bytes.
    """

    key: str
    starts_at: datetime
    ends_at: datetime
    size: int

    @property
    def seconds(self) -> float:
        """How much video a clip of the event shows."""
        return (self.ends_at - self.starts_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a camera.

    `started_at` is the first sighting (or press), `last_seen_at` the last; `ended_at` is None while it runs.
    `pre_roll_seconds` is measured, not wished: first sighting minus the first picture that the clip shows.
    """

    id: EventId
    camera: CameraId
    started_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None = None
    causes: tuple[Cause, ...] = ()
    score: float | None = None
    pre_roll_seconds: float | None = None
    recording: Recording | None = None
    has_still: bool = False
    ledger: tuple[LedgerEntry, ...] = field(default=())
    deleted_at: datetime | None = None
