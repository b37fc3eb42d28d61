"""What is wrong now, in the owner's words.  Who finds it out lives in `pipeline`."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what, since when, and what to do about it.

    `key` names it for the program ("camera:front-door"); one key is one problem.  With a `minor` one Doorstep still
    sees everything.  `person` is whose device or channel it is, None for everybody's.
    """

    key: str
    what: str
    since: datetime
    remedy: str
    minor: bool = False
    person: str | None = None
