"""What happened at the door, and what is decided about it.  The rules are `event_tracker`'s."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.clock_state import Guess
from doorstep.core.detection import Box
from doorstep.core.ledger import LedgerEntry
from doorstep.core.observation import Interrupted, Moved, Observation, Pressed, Sighting, Tick, Triggered
from doorstep.core.recording import Recording
from doorstep.core.relevance import WHOLE_PICTURE
from doorstep.core.track import Direction

__all__ = [
    "Cause",
    "CloseEvent",
    "Decision",
    "Event",
    "EventId",
    "ExtendEvent",
    "Interrupted",
    "Moved",
    "Observation",
    "OpenEvent",
    "Pressed",
    "RaiseAlert",
    "RecordUntil",
    "Recording",
    "Sighting",
    "Tick",
    "Triggered",
]

EventId = NewType("EventId", str)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a camera.

    `started_at` is the first sighting (or press), `last_seen_at` the last; `ended_at` is None while it runs.
    `pre_roll_seconds` is measured, not wished: first sighting minus the first picture that the clip shows.
    `unfinished` says that its recording is still being written, also when the event is over: its row may say less than
    there is, and a start after a crash looks at it again.  `guess` says that its times are one: the clock was not set.
    `box` is where in its still somebody is, None where that is not known; `zone` where the visitor's feet were first
    seen, empty for the whole picture; `direction` is arriving for whoever came, also once he goes again, leaving for
    whoever went away for longer than he came, None while that is not known.
    `is_test`: nobody was there, the owner tests his doorstep.
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
    unfinished: bool = False
    guess: Guess | None = None
    box: Box | None = None
    zone: str = WHOLE_PICTURE
    direction: Direction | None = None
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class OpenEvent:
    """A new event runs.  Its recording begins at `record_from` (in the past); None means that it has none."""

    event: Event
    record_from: datetime | None


@dataclass(frozen=True, slots=True)
class ExtendEvent:
    """The running event, as it is now."""

    event: Event


@dataclass(frozen=True, slots=True)
class RecordUntil:
    """Record at least until then; never earlier than said before of the same event."""

    event_id: EventId
    until: datetime


@dataclass(frozen=True, slots=True)
class CloseEvent:
    """The event is over; its recording ends at its `ended_at`."""

    event: Event


@dataclass(frozen=True, slots=True)
class RaiseAlert:
    """A cause is new to this event, or the button was pressed again.  Who is told now is each recipient's Silence."""

    event: Event
    cause: Cause
    at: datetime


Decision = OpenEvent | ExtendEvent | RecordUntil | CloseEvent | RaiseAlert
