"""Tests of the doorstep in `ports.Catalog`: kept, shown only to who asks for them, and soon over."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from doorstep.catalog.memory import MemoryCatalog
from doorstep.catalog.sql import SqlCatalog
from doorstep.core.camera import CameraId
from doorstep.core.event import Cause, Event, EventId, Recording
from doorstep.pipeline.fsck import every_event
from doorstep.ports import Catalog, EventQuery
from fakes.catalogs import KINDS, new_engine

DOOR = CameraId("front-door")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=[*KINDS, "memory"])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalog]:
    if request.param == "memory":
        yield MemoryCatalog()
        return
    with new_engine(request.param, tmp_path) as engine:
        yield SqlCatalog(engine)


def an_event(name: str, *, is_test: bool) -> Event:
    recording = Recording(f"{name}.mp4", NOON - 5 * SECOND, NOON + 8 * SECOND, 1000)
    over = NOON + 8 * SECOND
    return Event(EventId(name), DOOR, NOON, NOON, over, (Cause.PERSON,), recording=recording, is_test=is_test)


def ids(events: object) -> list[str]:
    assert isinstance(events, list | tuple)
    return [event.id for event in events]


@pytest.fixture
def both(catalog: Catalog) -> Catalog:
    catalog.save_event(an_event("visit", is_test=False))
    catalog.save_event(an_event("test", is_test=True))
    return catalog


def test_a_test_is_shown_only_to_who_asks_for_it(both: Catalog) -> None:
    assert ids(both.events(EventQuery())[0]) == ["visit"]
    assert set(ids(both.events(EventQuery(tests=True))[0])) == {"visit", "test"}
    found = both.event(EventId("test"))
    assert found is not None
    assert found.is_test


def test_its_video_is_no_part_of_the_camera(both: Catalog) -> None:
    span = NOON - 60 * SECOND, NOON + 60 * SECOND
    assert [one.key for one in both.recorded(DOOR, *span)] == ["visit.mp4"]
    timeline = both.timeline(DOOR, *span, 10)
    assert ids(timeline.events) == ["visit"]
    assert [one.key for one in timeline.spans] == ["visit.mp4"]


def test_its_files_are_known_and_counted(both: Catalog) -> None:
    assert both.recording_keys() == {"visit.mp4", "test.mp4"}
    assert both.recorded_bytes() == 2000
    assert sorted(event.id for event in every_event(both)) == ["test", "visit"]


def test_it_is_over_as_if_deleted_when_it_ended(both: Catalog) -> None:
    assert ids(both.deleted_events(NOON + 8 * SECOND, 10)) == []
    assert ids(both.deleted_events(NOON + 9 * SECOND, 10)) == ["test"]
    both.save_event(replace(an_event("test", is_test=True), unfinished=True))
    assert ids(both.deleted_events(NOON + 9 * SECOND, 10)) == []
