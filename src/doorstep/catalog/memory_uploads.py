"""The rows of what goes off-site, in memory, for tests."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock

from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.camera import CameraId
from doorstep.core.event import Event, EventId
from doorstep.core.upload import Upload, UploadState, is_due, is_elsewhere, wants_upload

_END = datetime.max.replace(tzinfo=UTC)
_ALL = 1_000_000


class MemoryUploadRecords:
    """Keeps rows until the process ends.  Thread-safe; implements `ports.UploadRecords`."""

    def __init__(self, catalog: MemoryCatalog) -> None:
        """Of the events in this catalog."""
        self._catalog = catalog
        self._uploads: dict[EventId, Upload] = {}
        self._lock = Lock()

    def save_upload(self, upload: Upload) -> None:
        """As the port says."""
        with self._lock:
            self._uploads[upload.event] = upload

    def due_uploads(self, at: datetime, limit: int) -> Sequence[Upload]:
        """As the port says."""
        return self._newest_first(lambda upload: is_due(upload, at))[:limit]

    def leaving_uploads(self, place: str, limit: int) -> Sequence[Upload]:
        """As the port says."""
        leaving = self._newest_first(lambda upload: upload.state is UploadState.LEAVING)
        return [upload for upload in leaving if not is_elsewhere(upload, place)][:limit]

    def take_for(self, place: str) -> None:
        """As the port says."""
        with self._lock:
            for upload in [one for one in self._uploads.values() if not one.place]:
                self._uploads[upload.event] = replace(upload, place=place)

    def copies_elsewhere(self, place: str) -> Mapping[str, int]:
        """As the port says."""
        done = self._newest_first(lambda upload: upload.state is UploadState.DONE)
        return dict(sorted(Counter(upload.place for upload in done if is_elsewhere(upload, place)).items()))

    def upload_of(self, event_id: EventId) -> Upload | None:
        """As the port says."""
        return self.uploads_of([event_id]).get(event_id)

    def uploads_of(self, events: Sequence[EventId]) -> Mapping[EventId, Upload]:
        """As the port says."""
        with self._lock:
            return {event: self._uploads[event] for event in events if event in self._uploads}

    def waiting_uploads(self) -> tuple[int, datetime | None]:
        """As the port says."""
        due = self._newest_first(lambda upload: upload.state is UploadState.DUE)
        return len(due), due[-1].asked_at if due else None

    def unasked_events(self, cameras: Collection[CameraId], since: datetime, limit: int) -> Sequence[Event]:
        """As the port says."""
        known = self.uploads_of([event.id for event in self._events()])
        wanted = (event for event in self._events() if event.camera in cameras and event.started_at >= since)
        return [event for event in wanted if wants_upload(event) and event.id not in known][::-1][:limit]

    def freeing_events(self, limit: int, *, waiting: bool) -> Sequence[Event]:
        """As the port says."""
        due = {one.event for one in self._newest_first(lambda upload: upload.state is UploadState.DUE)}
        here = (event for event in self._events() if event.recording is not None and event.recording.is_here)
        return [event for event in here if (event.id in due) is waiting][:limit]

    def forget_upload(self, event_id: EventId) -> None:
        """As the port says."""
        with self._lock:
            self._uploads.pop(event_id, None)

    def _events(self) -> Sequence[Event]:
        return self._catalog.expired_events(_END, _ALL)

    def _newest_first(self, wanted: Callable[[Upload], bool]) -> list[Upload]:
        with self._lock:
            found = [upload for upload in self._uploads.values() if wanted(upload)]
        return sorted(found, key=lambda one: (one.asked_at, one.event), reverse=True)
