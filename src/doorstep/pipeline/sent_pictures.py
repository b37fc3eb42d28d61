"""Which pictures of one camera were sent to a remote detector, and which event's ledger tells of them."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime

from doorstep.core.ledger import LedgerEntry
from doorstep.core.remote_use import CallSums, RemoteCall

MOST_RECENT = 64
"""Calls before an event: it opens with the second of three looks at the latest, each at a few parts of the picture."""


class SentPictures:
    """Told at its opening what opened an event, and at its end what was sent while it ran: a row a look would wear
    out an SD card.
    """

    def __init__(self) -> None:
        self._recent: deque[RemoteCall] = deque(maxlen=MOST_RECENT)
        self._newest: Sequence[RemoteCall] = ()
        self._running = CallSums()

    def note(self, calls: Sequence[RemoteCall]) -> None:
        """Those of a new look, none where nobody looked; what it decides comes behind."""
        self._running.add(self._newest)
        self._newest = calls
        self._recent.extend(calls)

    def opened(self, started_at: datetime) -> tuple[LedgerEntry, ...]:
        """Of an event that opens by the new look, first seen at `started_at`."""
        calls = [call for call in self._recent if call.ended_at >= started_at]
        self._running, self._newest = CallSums(), ()
        return CallSums(calls).entries()

    def closed(self) -> tuple[LedgerEntry, ...]:
        """Of an event that ends before the new look, from behind its opening on."""
        entries, self._running = self._running.entries(), CallSums()
        return entries
