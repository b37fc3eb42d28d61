"""The rows of calls that cost money, in memory."""

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from doorstep.core.event import EventId
from doorstep.core.paid_call import CallTotal, PaidCall, Payee


class MemoryCallRecords:
    """Thread-safe; implements `ports.CallRecords`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: dict[str, PaidCall] = {}

    def save_calls(self, calls: Sequence[PaidCall]) -> None:
        """Insert all."""
        with self._lock:
            self._calls.update({call.id: call for call in calls})

    def calls(self, since: datetime, until: datetime) -> Sequence[CallTotal]:
        """A sum for each payee and operation."""
        with self._lock:
            found = [call for call in self._calls.values() if since <= call.at < until]
        sums: dict[tuple[Payee, str], CallTotal] = {}
        for call in found:
            key = call.payee, call.operation
            before = sums.get(key, CallTotal(*key, 0, 0, 0))
            sums[key] = CallTotal(
                *key, before.count + call.count, before.size + call.size, before.billionths + call.billionths
            )
        return [sums[key] for key in sorted(sums)]

    def calls_of(self, event_id: EventId) -> Sequence[PaidCall]:
        """What one event cost, oldest first."""
        with self._lock:
            found = [call for call in self._calls.values() if call.event == event_id]
        return sorted(found, key=lambda call: (call.at, call.id))

    def first_call(self) -> datetime | None:
        """When the oldest row is from."""
        with self._lock:
            return min((call.at for call in self._calls.values()), default=None)

    def forget_calls(self, before: datetime) -> int:
        """Remove older ones; how many there were."""
        with self._lock:
            gone = [call.id for call in self._calls.values() if call.at < before]
            for call_id in gone:
                del self._calls[call_id]
            return len(gone)
