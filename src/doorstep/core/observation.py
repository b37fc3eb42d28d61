"""What the shell tells the rules about one camera.  What follows from it is decided in `event`."""

from dataclasses import dataclass
from datetime import datetime

from doorstep.core.tracking import Sighting

__all__ = ["Interrupted", "Moved", "Observation", "Pressed", "Sighting", "Tick", "Triggered"]


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
