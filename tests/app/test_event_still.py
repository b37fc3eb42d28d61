"""The picture of an alert that is told late: its event's, where that may still be shown."""

from dataclasses import replace

import pytest

from doorstep.app.event_still import event_still
from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.camera import CameraId
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.recording_key import still_key
from doorstep.stores.memory import MemoryStore
from fakes.footage import NOON, seconds

KEY = "front-door/1.mp4"
RECORDING = Recording(KEY, NOON, NOON + seconds(5), 1000)
EVENT = Event(EventId("e"), CameraId("front-door"), NOON, NOON, ended_at=NOON, recording=RECORDING, has_still=True)


@pytest.fixture
def store() -> MemoryStore:
    kept = MemoryStore()
    kept.put(still_key(KEY), b"jpeg")
    return kept


def test_it_is_the_events_still(store: MemoryStore) -> None:
    catalog = MemoryCatalog()
    catalog.save_event(EVENT, [])
    assert event_still(catalog, store, EVENT.id) == b"jpeg"


@pytest.mark.parametrize(
    "event", [replace(EVENT, deleted_at=NOON), replace(EVENT, has_still=False), replace(EVENT, recording=None)]
)
def test_there_is_none_of_a_deleted_event_or_one_without(event: Event, store: MemoryStore) -> None:
    catalog = MemoryCatalog()
    catalog.save_event(event, [])
    assert event_still(catalog, store, event.id) == b""


def test_one_that_is_gone_from_the_disk_is_none() -> None:
    catalog = MemoryCatalog()
    catalog.save_event(EVENT, [])
    assert event_still(catalog, MemoryStore(), EVENT.id) == b""
    assert event_still(catalog, MemoryStore(), EventId("unknown")) == b""
