"""Where a page of rows ended, as an opaque text.  The order itself is the queries' business."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from doorstep.core.audit import AuditEntry
from doorstep.core.event import Event


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: when, and its id.  The next page begins behind it, newest first, then by id downwards."""

    at: datetime
    id: str

    @classmethod
    def behind(cls, event: Event) -> "Cursor":
        """The cursor of a page that ends with this event."""
        return cls(event.started_at, event.id)

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The opposite of `str()`; None for anything that no page ever gave out."""
        try:
            at, _, row_id = base64.urlsafe_b64decode(text.encode("ascii")).decode().partition("|")
            instant = datetime.fromisoformat(at)
        except (ValueError, binascii.Error):
            return None
        return cls(instant, row_id) if instant.tzinfo and "\0" not in row_id else None

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.at.isoformat()}|{self.id}".encode()).decode("ascii")


def page_of(found: Sequence[AuditEntry], limit: int) -> tuple[Sequence[AuditEntry], str | None]:
    """The first `limit` of them, and the cursor behind those if there are more."""
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], str(Cursor(last.at, last.id))
