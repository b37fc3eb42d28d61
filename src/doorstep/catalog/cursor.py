"""Where a page of events ended, as an opaque text.  The order itself is the queries' business."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from doorstep.core.event import Event, EventId


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last event of a page; the next page begins behind it, in the order newest first, then by id downwards."""

    started_at: datetime
    id: EventId

    @classmethod
    def behind(cls, event: Event) -> "Cursor":
        """The cursor of a page that ends with this event."""
        return cls(event.started_at, event.id)

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The opposite of `str()`; None for anything that no page ever gave out."""
        try:
            at, _, event_id = base64.urlsafe_b64decode(text.encode("ascii")).decode().partition("|")
            started_at = datetime.fromisoformat(at)
        except (ValueError, binascii.Error):
            return None
        return cls(started_at, EventId(event_id)) if started_at.tzinfo else None

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.started_at.isoformat()}|{self.id}".encode()).decode("ascii")
