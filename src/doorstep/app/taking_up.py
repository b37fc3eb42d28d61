"""Takes up what a former run could not deliver, from its journal in memory and from the rows, which are behind that."""

import asyncio
from collections.abc import Callable, Sequence

from doorstep.core.delivery import Delivery, DeliveryState, further
from doorstep.core.event import EventId
from doorstep.pipeline.outbox import Outbox
from doorstep.ports import Catalog
from doorstep.stores.alert_journal import AlertJournal


async def take_up(outbox: Outbox, journal: AlertJournal, keep: Callable[[Delivery], None], catalog: Catalog) -> None:
    """Once, before the outbox runs, and once all recipients are in its book: who is not there by then is not told.

    `keep` writes a row behind.  Raises CatalogUnavailable: then nothing was taken up.
    """
    accepted_at = await asyncio.to_thread(catalog.last_accepted)
    found = {one.id: one for one in await asyncio.to_thread(_unsent, catalog)}
    left = journal.deliveries()
    rows = await asyncio.to_thread(lambda: [catalog.delivery(noted.id) for noted in left])
    stored: list[Delivery] = []
    behind: list[Delivery] = []
    for noted, row in zip(left, rows, strict=True):
        known = further(noted, row) if row is not None else noted
        if known == row:
            stored.append(row)
            continue
        behind.append(known)
        found[noted.id] = known
    outbox.proven(accepted_at)
    journal.forget(stored)  # before anything changes: what does from now on is noted, and its row is behind again
    for delivery in behind:
        keep(delivery)
    outbox.restore(list(found.values()))


def _unsent(catalog: Catalog) -> Sequence[Delivery]:
    """Those that are due, oldest first, and what is over of the same events."""
    due = catalog.due_deliveries()
    events = dict.fromkeys(delivery.alert.event for delivery in due if delivery.alert.event)
    return [*(over for event in events for over in _over(catalog, event)), *due]


def _over(catalog: Catalog, event: EventId) -> Sequence[Delivery]:
    return [one for one in catalog.deliveries_of(event) if one.state is not DeliveryState.DUE]
