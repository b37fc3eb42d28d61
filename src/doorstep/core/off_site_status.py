"""How what goes off-site stands, for whoever shows it."""

from dataclasses import dataclass
from datetime import datetime

from doorstep.core.event import EventId


@dataclass(frozen=True, slots=True)
class OffSiteStatus:
    """`waiting` clips are not there yet, None before the first look; the oldest was asked for at `since`; those of
    `sending` are on their way.

    `parts_waiting` are segments of running events that are not there yet.  `works` says how the last try ended, and
    `words` what waits, in a sentence without its full stop, empty for nothing.
    """

    waiting: int | None = None
    since: datetime | None = None
    sending: tuple[EventId, ...] = ()
    parts_waiting: int = 0
    works: bool = True
    words: str = ""
