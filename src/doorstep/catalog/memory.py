"""The catalog in memory: for tests, and for a demo that leaves nothing behind."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock

from doorstep.catalog.cursor import Cursor
from doorstep.core.camera import CameraId
from doorstep.core.event import Event, EventId
from doorstep.core.gap import Gap
from doorstep.core.outbox import Delivery, DeliveryState
from doorstep.ports import EventQuery

_START = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


class MemoryCatalog:
    """Keeps rows until the process ends.  Thread-safe; implements `ports.Catalog`."""

    def __init__(self) -> None:
        self._events: dict[EventId, Event] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._gaps: list[Gap] = []
        self._lock = Lock()

    def save_event(self, event: Event, deliveries: Sequence[Delivery] = ()) -> None:
        """Insert or replace the event, and its deliveries as they are now."""
        with self._lock:
            known = self._events.get(event.id)
            self._events[event.id] = replace(event, deleted_at=known.deleted_at) if known else event
            for delivery in deliveries:
                self._deliveries[delivery.id] = _without_snapshot(delivery)

    def mark_deleted(self, event_id: EventId, at: datetime | None) -> bool:
        """Delete it so that it can be undone, or undo that with None; whether there is such an event."""
        with self._lock:
            known = self._events.get(event_id)
            if known is not None:
                self._events[event_id] = replace(known, deleted_at=at)
            return known is not None

    def event(self, event_id: EventId) -> Event | None:
        """One event, deleted ones included."""
        with self._lock:
            return self._events.get(event_id)

    def events(self, query: EventQuery) -> tuple[Sequence[Event], str | None]:
        """One page of events that are not deleted, and the cursor of the next, None on the last."""
        behind = None if query.cursor is None else Cursor.parse(query.cursor)
        if query.cursor is not None and behind is None:
            return (), None
        limit = max(1, query.limit)
        found = [event for event in reversed(self._oldest_first()) if _matches(event, query)]
        page = [event for event in found if behind is None or _age(event) < (behind.started_at, behind.id)]
        return page[:limit], str(Cursor.behind(page[limit - 1])) if len(page) > limit else None

    def unfinished_events(self) -> Sequence[Event]:
        """Those that were running when the process ended, oldest first."""
        return [event for event in self._oldest_first() if event.ended_at is None]

    def expired_events(self, started_before: datetime, limit: int) -> Sequence[Event]:
        """Oldest first, deleted ones included, none that still runs."""
        over = (event for event in self._oldest_first() if event.ended_at is not None)
        return [event for event in over if event.started_at < started_before][:limit]

    def deleted_events(self, deleted_before: datetime, limit: int) -> Sequence[Event]:
        """Those whose time for undoing is over, in the order in which they were deleted."""
        gone = [event for event in self._oldest_first() if (event.deleted_at or _END) < deleted_before]
        return sorted(gone, key=lambda event: (event.deleted_at or _END, event.id))[:limit]

    def recorded_bytes(self) -> int:
        """Of all events' recordings."""
        return sum(event.recording.size for event in self._oldest_first() if event.recording)

    def recording_keys(self) -> frozenset[str]:
        """The key of every recording that an event has."""
        return frozenset(event.recording.key for event in self._oldest_first() if event.recording)

    def forget_event(self, event_id: EventId) -> None:
        """Remove the row and its deliveries."""
        with self._lock:
            self._events.pop(event_id, None)
            self._deliveries = {key: kept for key, kept in self._deliveries.items() if kept.alert.event != event_id}

    def add_gap(self, gap: Gap) -> None:
        """A span without recording, with its reason."""
        with self._lock:
            self._gaps.append(gap)

    def gaps(self, camera: CameraId, since: datetime, until: datetime) -> Sequence[Gap]:
        """Those that touch the span, oldest first."""
        with self._lock:
            touching = [gap for gap in self._gaps if gap.starts_at <= until and gap.ends_at >= since]
        return sorted((gap for gap in touching if gap.camera == camera), key=lambda gap: gap.starts_at)

    def save_delivery(self, delivery: Delivery) -> None:
        """Insert or replace, without the snapshot."""
        with self._lock:
            self._deliveries[delivery.id] = _without_snapshot(delivery)

    def due_deliveries(self) -> Sequence[Delivery]:
        """Every delivery that is neither accepted nor given up, oldest first."""
        return _in_order(kept for kept in self._kept_deliveries() if kept.state is DeliveryState.DUE)

    def deliveries_of(self, event_id: EventId) -> Sequence[Delivery]:
        """Every delivery of one event, oldest first."""
        return _in_order(kept for kept in self._kept_deliveries() if kept.alert.event == event_id)

    def _oldest_first(self) -> list[Event]:
        with self._lock:
            return sorted(self._events.values(), key=_age)

    def _kept_deliveries(self) -> tuple[Delivery, ...]:
        with self._lock:
            return tuple(self._deliveries.values())


def _age(event: Event) -> tuple[datetime, EventId]:
    return event.started_at, event.id


def _matches(event: Event, query: EventQuery) -> bool:
    in_span = (query.since or _START) <= event.started_at < (query.until or _END)
    of_camera = query.cameras is None or event.camera in query.cameras
    return in_span and of_camera and event.deleted_at is None and query.cause in {None, *event.causes}


def _in_order(deliveries: Iterable[Delivery]) -> list[Delivery]:
    return sorted(deliveries, key=lambda delivery: (delivery.alert.at, delivery.id))


def _without_snapshot(delivery: Delivery) -> Delivery:
    return replace(delivery, alert=replace(delivery.alert, snapshot=b""))
