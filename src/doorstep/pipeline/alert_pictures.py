"""The pictures of alerts: the newest in memory, else the stills of their events.  No delivery carries one."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from doorstep.core.alert import LATE_AFTER_SECONDS, Alert, AlertId
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import EventId
from doorstep.pipeline.disk_calls import AFew
from doorstep.pipeline.health import HealthBoard

MOST_PICTURES = 50

PATIENCE_SECONDS = 2.0
"""Longer no alert waits for its picture."""

MOST_READS = 16
"""As many threads may hang in a disk that stalls; who comes then goes without a picture."""


class AlertPictures:
    """Used on the event loop by the outbox alone; without `still_of` the disk is never asked."""

    def __init__(self, health: HealthBoard, still_of: Callable[[EventId], bytes] = lambda _event: b"") -> None:
        """`still_of` gives an event's still, empty where it has none; it blocks, and raises nothing."""
        self._health = health
        self._still_of = still_of
        self._kept: OrderedDict[AlertId, Alert] = OrderedDict()
        self._reads = AFew(MOST_READS)

    def taken_off(self, alert: Alert) -> Alert:
        """The alert without its picture, which is remembered."""
        if alert.snapshot:
            self._kept[alert.id] = alert
            while len(self._kept) > MOST_PICTURES:
                self._kept.popitem(last=False)
        return replace(alert, snapshot=b"")

    def kept(self, alert_id: AlertId) -> bytes | None:
        """The picture of one of the newest alerts."""
        found = self._kept.get(alert_id)
        return found.snapshot if found else None

    def forget(self, event: EventId) -> None:
        """Nobody is shown those of this event's alerts any more."""
        for alert_id in [one.id for one in self._kept.values() if one.event == event]:
            del self._kept[alert_id]

    async def of(self, alert: Alert, now: datetime) -> bytes:
        """What goes with it, empty where there is none; for one that is not late the disk is not asked."""
        kept = self.kept(alert.id) or b""
        if kept or alert.event is None or (now - alert.at).total_seconds() < LATE_AFTER_SECONDS:
            return kept
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._reads.on_disk(self._health, self._still_of, alert.event)
        except (TimeoutError, CatalogUnavailable):
            return b""
