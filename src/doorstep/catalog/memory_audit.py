"""Who did what, in memory: for tests, and for a demo that leaves nothing behind."""

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from doorstep.catalog.cursor import Cursor, page_of
from doorstep.core.audit import EVERY_ENTRY, AuditEntry, AuditFilter
from doorstep.core.camera import CameraId


class MemoryAuditLog:
    """Keeps rows until the process ends.  Thread-safe; implements `ports.AuditLog`."""

    def __init__(self) -> None:
        self._entries: dict[str, AuditEntry] = {}
        self._lock = Lock()

    def save_entries(self, entries: Sequence[AuditEntry]) -> None:
        """As the port says."""
        with self._lock:
            self._entries.update({entry.id: entry for entry in entries})

    def entries(
        self,
        cursor: str | None,
        limit: int,
        cameras: frozenset[CameraId] | None = None,
        wanted: AuditFilter = EVERY_ENTRY,
    ) -> tuple[Sequence[AuditEntry], str | None]:
        """As the port says."""
        behind = None if cursor is None else Cursor.parse(cursor)
        if cursor is not None and behind is None:
            return (), None
        newest_first = filter(wanted.holds, self._newest_first())
        seen = [entry for entry in newest_first if cameras is None or entry.camera in cameras]
        return page_of([one for one in seen if behind is None or _age(one) < (behind.at, behind.id)], max(1, limit))

    def forget_entries(self, before: datetime, most: int) -> int:
        """As the port says."""
        kept = [entry for entry in self._newest_first() if entry.at >= before][:most]
        with self._lock:
            gone = len(self._entries) - len(kept)
            self._entries = {entry.id: entry for entry in kept}
        return gone

    def _newest_first(self) -> list[AuditEntry]:
        with self._lock:
            return sorted(self._entries.values(), key=_age, reverse=True)


def _age(entry: AuditEntry) -> tuple[datetime, str]:
    return entry.at, entry.id
