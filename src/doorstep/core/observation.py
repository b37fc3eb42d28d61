"""What the shell tells the rules about one camera.  What follows from it: `event_tracker`."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from doorstep.core.cause import Cause
from doorstep.core.tracking import Sighting

__all__ = ["Interrupted", "Moved", "Observation", "Pressed", "Sighting", "Tick", "Triggered", "causes_of"]


@dataclass(frozen=True, slots=True)
class Pressed:
    """The doorbell button was pressed (debounced)."""

    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Triggered:
    """Something outside says that there is motion."""

    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """Own pixels changed by `score`; `no_detector` while nobody can say whether it was a person."""

    at: datetime
    score: float
    no_detector: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed and nothing happened."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The video ends here (a new format, a file's end, shutdown): what runs closes now."""

    at: datetime


Observation = Sighting | Pressed | Triggered | Moved | Tick | Interrupted


def causes_of(observation: Observation) -> tuple[Cause, ...]:
    """Why there should be an event, the plainest first: whoever loiters is a person too."""
    match observation:
        case Sighting(loitering=loitering):
            return (Cause.PERSON, Cause.LOITERING) if loitering else (Cause.PERSON,)
        case Pressed():
            return (Cause.PRESS,)
        case Triggered():
            return (Cause.TRIGGER,)
        case Moved():
            return (Cause.MOTION,)
        case Tick() | Interrupted():
            return ()
        case _:
            assert_never(observation)
