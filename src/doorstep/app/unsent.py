"""Alerts that a former run could not deliver, whole again: rows hold no pictures, their events' stills do."""

from collections.abc import Sequence
from dataclasses import replace

from doorstep.core.errors import BlobMissing, StoreUnavailable
from doorstep.core.outbox import Delivery
from doorstep.core.recording_key import still_key
from doorstep.ports import Catalog, Store


def unsent_deliveries(catalog: Catalog, store: Store) -> Sequence[Delivery]:
    """Oldest first; blocks.  Raises CatalogUnavailable."""
    return [_with_still(delivery, catalog, store) for delivery in catalog.due_deliveries()]


def _with_still(delivery: Delivery, catalog: Catalog, store: Store) -> Delivery:
    event = catalog.event(delivery.alert.event)
    if event is None or event.recording is None or not event.has_still:
        return delivery
    key = still_key(event.recording.key)
    try:
        snapshot = store.read(key, 0, store.size(key))
    except (BlobMissing, StoreUnavailable):
        return delivery
    return replace(delivery, alert=replace(delivery.alert, snapshot=snapshot))
