"""Rows that belong to no event in memory, on their way to the catalog: gaps, minute files, late deliveries."""

from collections import deque

from doorstep.core.clock_state import Dating
from doorstep.core.delivery import Delivery
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.gap import Gap
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.redating import dated_delivery, dated_gap, dated_span
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.row_dating import RowDating
from doorstep.ports import Catalog

LONGEST_MEMORY = 1000


class LooseRows:
    """Kept by `EventRows`, on the event loop; each row is written once, and a full memory drops the oldest."""

    def __init__(self, catalog: Catalog, health: HealthBoard, dating: RowDating) -> None:
        self._catalog = catalog
        self._health = health
        self._dating = dating
        self._gaps: deque[Gap] = deque(maxlen=LONGEST_MEMORY)
        self._spans: dict[str, RecordedSpan] = {}
        self._deliveries: dict[str, Delivery] = {}

    def gap(self, gap: Gap) -> None:
        """A span without recording."""
        self._gaps.append(gap)

    def span(self, span: RecordedSpan) -> None:
        """A minute file began, or is whole."""
        self._spans[span.key] = span
        if len(self._spans) > LONGEST_MEMORY:
            del self._spans[next(iter(self._spans))]  # the next start finds its file

    def delivery(self, delivery: Delivery) -> None:
        """A delivery changed whose event is forgotten."""
        self._deliveries[delivery.id] = delivery
        if len(self._deliveries) > LONGEST_MEMORY:
            del self._deliveries[next(iter(self._deliveries))]

    def redate(self, dating: Dating) -> None:
        """What was told by the guess of this boot becomes known."""
        self._gaps = deque((dated_gap(gap, dating) for gap in self._gaps), maxlen=LONGEST_MEMORY)
        self._spans = {key: dated_span(span, dating) for key, span in self._spans.items()}
        self._deliveries = {key: dated_delivery(one, dating) for key, one in self._deliveries.items()}

    async def write_one(self) -> bool:
        """Write what waits longest; False where nothing does.  Raises CatalogUnavailable: then it waits again."""
        if self._gaps:
            await self._write_gap(self._gaps.popleft())
        elif self._spans:
            await self._write_span(next(iter(self._spans)))
        elif self._deliveries:
            await self._write_delivery(next(iter(self._deliveries)))
        else:
            return False
        return True

    async def _write_gap(self, gap: Gap) -> None:
        corrected = self._dating.corrected
        try:
            await on_disk(self._health, self._catalog.add_gap, gap, self._dating.guess)
        except CatalogUnavailable:
            self._gaps.appendleft(dated_gap(gap, self._dating.since(corrected)))
            raise

    async def _write_span(self, key: str) -> None:
        span, corrected = self._spans.pop(key), self._dating.corrected
        try:
            await on_disk(self._health, self._catalog.save_span, span, self._dating.guess)
        except CatalogUnavailable:
            span = dated_span(span, self._dating.since(corrected))
            self._spans = {key: self._spans.get(key, span), **self._spans}
            raise

    async def _write_delivery(self, key: str) -> None:
        delivery, corrected = self._deliveries.pop(key), self._dating.corrected
        try:
            event = delivery.alert.event
            if event is None or await on_disk(self._health, self._catalog.event, event) is not None:
                await on_disk(self._health, self._catalog.save_delivery, delivery)
        except CatalogUnavailable:
            self._deliveries.setdefault(key, dated_delivery(delivery, self._dating.since(corrected)))
            raise
