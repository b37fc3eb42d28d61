"""An event's best picture, for an alert that is told late, or looked at late."""

from doorstep.core.errors import BlobMissing, CatalogUnavailable, StoreUnavailable
from doorstep.core.event import EventId
from doorstep.core.recording_key import still_key
from doorstep.ports import Catalog, Store


def event_still(catalog: Catalog, store: Store, event_id: EventId) -> bytes:
    """Empty where there is none, or where it cannot be read.  Blocks."""
    try:
        event = catalog.event(event_id)
        if event is None or event.recording is None or event.deleted_at is not None or not event.has_still:
            return b""
        key = still_key(event.recording.key)
        return store.read(key, 0, store.size(key))
    except (BlobMissing, CatalogUnavailable, StoreUnavailable):
        return b""
