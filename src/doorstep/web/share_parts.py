"""What the web needs of links to events, as functions and plain values.  `app` fills it in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from doorstep.core.audit import AuditEntry
from doorstep.core.event import Event, EventId
from doorstep.core.share import PinVerdict, Share


def _nothing(entry: AuditEntry) -> None:
    del entry


def _no_pin(share: Share, secret: str, pin: str) -> PinVerdict:
    del secret, pin
    return PinVerdict(share.pin_hash is None)


@dataclass(frozen=True, slots=True)
class PinParts:
    """What asks for a link's PIN; nothing of it blocks.

    `try_pin` takes a share, its secret and what somebody typed.  `new_pass` is what a browser keeps once that was
    right, and `admits` whether such a pass opens that share still.
    """

    try_pin: Callable[[Share, str, str], PinVerdict] = _no_pin
    new_pass: Callable[[Share], str] = lambda _share: ""
    admits: Callable[[Share, str], bool] = lambda _share, _given: False


@dataclass(frozen=True, slots=True)
class ShareParts:
    """All but `note`, which returns at once and is for the event loop, block and raise CatalogUnavailable.

    `make` gives a share of an event by a maker for so many hours, which asks for a PIN unless that is None, and its
    secret.  `opened_by` is what a secret opens now, and `count` notes that somebody at an address opened it: None where
    that is no news.  `open_shares` are those of an event, or all; `end` says whether there was one with that id.
    `address` is what links begin with, empty where nobody said how this server is reached from outside; `zone` is that
    of the times on the page.
    """

    make: Callable[[Event, str, int, str | None], tuple[Share, str]]
    opened_by: Callable[[str], Share | None]
    count: Callable[[str, str], Share | None]
    open_shares: Callable[[EventId | None], Sequence[Share]]
    end: Callable[[str], bool]
    note: Callable[[AuditEntry], None] = _nothing
    address: str = ""
    zone: tzinfo = UTC
    pins: PinParts = field(default_factory=PinParts)
