"""What the web needs of links to events, as functions and plain values.  `app` fills it in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from doorstep.core.audit import AuditEntry
from doorstep.core.event import Event, EventId
from doorstep.core.share import Share


def _nothing(entry: AuditEntry) -> None:
    del entry


@dataclass(frozen=True, slots=True)
class ShareParts:
    """All but `note`, which returns at once and is for the event loop, block and raise CatalogUnavailable.

    `make` gives a share of an event by a maker for so many hours, and its secret.  `opened_by` is what a secret opens
    now, and `count` notes that somebody at an address opened it: None where that is no news.  `open_shares` are those
    of an event, or all; `end` says whether there was one with that id.  `address` is what links begin with, empty where
    nobody said how this server is reached from outside; `zone` is that of the times on the page.
    """

    make: Callable[[Event, str, int], tuple[Share, str]]
    opened_by: Callable[[str], Share | None]
    count: Callable[[str, str], Share | None]
    open_shares: Callable[[EventId | None], Sequence[Share]]
    end: Callable[[str], bool]
    note: Callable[[AuditEntry], None] = _nothing
    address: str = ""
    zone: tzinfo = UTC
