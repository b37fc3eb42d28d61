"""Links to events, in memory, for tests."""

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from doorstep.core.event import EventId
from doorstep.core.share import Share


class MemoryShareRecords:
    """Keeps rows until the process ends.  Thread-safe; implements `ports.ShareRecords`."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[Share, str]] = {}
        self._lock = Lock()

    def save_share(self, share: Share, secret_hash: str) -> None:
        """As the port says."""
        with self._lock:
            self._rows[share.id] = share, secret_hash

    def share_of(self, secret_hash: str) -> Share | None:
        """As the port says."""
        with self._lock:
            return next((share for share, kept in self._rows.values() if kept == secret_hash), None)

    def shares(self, event_id: EventId | None = None) -> Sequence[Share]:
        """As the port says."""
        with self._lock:
            found = [share for share, _ in self._rows.values() if event_id in (None, share.event)]
        return sorted(found, key=lambda share: (share.created_at, share.id), reverse=True)

    def remove_share(self, share_id: str) -> bool:
        """As the port says."""
        with self._lock:
            return self._rows.pop(share_id, None) is not None

    def forget_shares(self, ended_before: datetime) -> int:
        """As the port says."""
        with self._lock:
            over = [share.id for share, _ in self._rows.values() if share.expires_at < ended_before]
            for share_id in over:
                del self._rows[share_id]
            return len(over)
