"""The contract of `ports.UploadRecords`, held by the ones in SQL and the one in memory."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.catalog.memory import MemoryCatalog
from doorstep.catalog.memory_uploads import MemoryUploadRecords
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.sql_uploads import SqlUploadRecords
from doorstep.core.camera import CameraId
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.upload import FARTHEST_AHEAD, BegunUpload, Upload, UploadState
from doorstep.core.upload_json import begun_of, begun_text
from doorstep.ports import Catalog, UploadRecords
from fakes.catalogs import KINDS, new_engine

DOOR, YARD = CameraId("front-door"), CameraId("yard")
NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OLD, NEW = "s3://our-door/doorstep", "nas.example.org/door/doorstep"
ONE = Upload(EventId("event-1"), DOOR, "front-door/2026/11/21/20261121_120000.mp4", NOON, NOON)
Kept = tuple[UploadRecords, Catalog]


@pytest.fixture(params=[*KINDS, "memory"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    if request.param == "memory":
        catalog = MemoryCatalog()
        yield MemoryUploadRecords(catalog), catalog
        return
    with new_engine(request.param, tmp_path) as engine:
        yield SqlUploadRecords(engine), SqlCatalog(engine)


def upload(number: int, **changes: object) -> Upload:
    at = NOON + number * MINUTE
    return replace(ONE, event=EventId(f"event-{number}"), asked_at=at, **{"next_at": NOON, **changes})  # type: ignore[arg-type]


def event(number: int, camera: CameraId = DOOR, **changes: object) -> Event:
    at = NOON + number * MINUTE
    recording = Recording(f"{camera}/{number}.mp4", at, at + MINUTE, 1000)
    made = Event(EventId(f"event-{number}"), camera, at, at, ended_at=at + MINUTE, recording=recording)
    return replace(made, **changes)  # type: ignore[arg-type]


def numbers(found: object) -> list[int]:
    assert isinstance(found, list | tuple)
    return [int(str(getattr(one, "event", None) or one.id).rpartition("-")[2]) for one in found]


def test_an_upload_comes_back_as_it_was_saved_and_is_replaced_by_its_event(kept: Kept) -> None:
    records, _ = kept
    assert records.upload_of(ONE.event) is None
    begun = BegunUpload("an id", 8_000_000, 20_000_000, ("one", "two"), "ab12")
    for one in (
        ONE,
        replace(ONE, attempts=3, begun=begun, unsure=True, outcome="the line is cut", sealed=True),
        replace(ONE, state=UploadState.DONE, size=2**40, done_at=NOON + MINUTE, key="front-door/x_2.mp4", place=OLD),
    ):
        records.save_upload(one)
        assert records.upload_of(ONE.event) == one
    records.forget_upload(ONE.event)
    records.forget_upload(ONE.event)
    assert records.upload_of(ONE.event) is None


def test_uploads_of_many_events_are_found_at_once(kept: Kept) -> None:
    records, _ = kept
    for number in range(5):
        records.save_upload(upload(number))
    asked = [EventId(f"event-{number}") for number in range(3, 1200)]
    assert set(records.uploads_of(asked)) == {EventId("event-3"), EventId("event-4")}
    assert records.uploads_of([]) == {}


def test_those_that_are_due_come_the_newest_event_first(kept: Kept) -> None:
    records, _ = kept
    for one in (
        upload(1),
        upload(2, next_at=NOON + MINUTE),
        upload(3),
        upload(4, state=UploadState.DONE),
        upload(5, state=UploadState.GIVEN_UP),
        upload(6, state=UploadState.LEAVING),
    ):
        records.save_upload(one)
    assert numbers(records.due_uploads(NOON, 10)) == [3, 1]
    assert numbers(records.due_uploads(NOON, 1)) == [3]
    assert numbers(records.due_uploads(NOON + MINUTE, 10)) == [3, 2, 1]
    assert numbers(records.leaving_uploads("", 10)) == [6]
    assert records.waiting_uploads() == (3, upload(1).asked_at)


def test_what_lies_in_another_bucket_is_counted_by_it_and_never_leaves_from_this_one(kept: Kept) -> None:
    records, _ = kept
    done, leaving = UploadState.DONE, UploadState.LEAVING
    for one in (
        upload(1, state=done, place=OLD),
        upload(2, state=done, place=OLD),
        upload(3, state=done, place=NEW),
        upload(4, state=done),
        upload(5, place=OLD),
        upload(6, state=leaving, place=OLD),
        upload(7, state=leaving, place=NEW),
        upload(8, state=leaving),
    ):
        records.save_upload(one)
    assert records.copies_elsewhere(NEW) == {OLD: 2}
    assert records.copies_elsewhere(OLD) == {NEW: 1}
    assert numbers(records.leaving_uploads(NEW, 10)) == [8, 7]
    assert numbers(records.leaving_uploads(OLD, 1)) == [8]


def test_rows_of_before_there_were_places_get_the_one_that_is_named_first(kept: Kept) -> None:
    records, _ = kept
    for one in (upload(1, state=UploadState.DONE), upload(2), upload(3, place=NEW)):
        records.save_upload(one)
    records.take_for(OLD)
    records.take_for(NEW)
    assert [records.uploads_of([EventId(f"event-{n}")])[EventId(f"event-{n}")].place for n in (1, 2, 3)] == [
        OLD,
        OLD,
        NEW,
    ]
    assert records.copies_elsewhere(NEW) == {OLD: 1}


def test_a_next_try_that_a_wrong_clock_set_years_ahead_is_due(kept: Kept) -> None:
    records, _ = kept
    records.save_upload(upload(1, next_at=NOON + FARTHEST_AHEAD + MINUTE))
    assert numbers(records.due_uploads(NOON, 10)) == [1]


def test_nothing_waits_where_nothing_was_asked_for(kept: Kept) -> None:
    records, _ = kept
    assert records.waiting_uploads() == (0, None)
    assert list(records.due_uploads(NOON, 10)) == []


def test_events_that_nobody_asked_for_are_found_the_newest_first(kept: Kept) -> None:
    records, catalog = kept
    gone = Recording("front-door/9.mp4", NOON, NOON, 0)
    for one in (
        event(1),
        event(2),
        event(3),
        event(4, YARD),
        event(5, ended_at=None),
        event(6, unfinished=True),
        event(7, is_test=True),
        event(8, recording=None),
        event(9, recording=gone),
        event(10),
        event(-5),
    ):
        catalog.save_event(one)
    catalog.mark_deleted(EventId("event-10"), NOON)
    records.save_upload(upload(2))
    assert numbers(records.unasked_events([DOOR], NOON, 10)) == [3, 1]
    assert numbers(records.unasked_events([DOOR, YARD], NOON, 2)) == [4, 3]
    assert list(records.unasked_events([], NOON, 10)) == []


def test_what_takes_bytes_here_is_told_apart_by_whether_it_waits(kept: Kept) -> None:
    records, catalog = kept
    gone = Recording("front-door/6.mp4", NOON, NOON, 0)
    minutes = Recording("front-door/7.mp4", NOON, NOON, 0, in_minutes=True)
    for one in (event(1), event(2), event(3), event(4), event(5, ended_at=None), event(6, recording=gone)):
        catalog.save_event(one)
    catalog.save_event(event(7, recording=minutes))
    for one_upload in (upload(1), upload(2, state=UploadState.DONE), upload(3, state=UploadState.GIVEN_UP)):
        records.save_upload(one_upload)
    assert numbers(records.freeing_events(10, waiting=True)) == [1]
    assert numbers(records.freeing_events(10, waiting=False)) == [2, 3, 4, 7]
    assert numbers(records.freeing_events(2, waiting=False)) == [2, 3]


@given(
    st.builds(
        BegunUpload,
        st.text(max_size=50),
        st.integers(1, 2**33),
        st.integers(0, 2**43),
        st.lists(st.text(max_size=40), max_size=20).map(tuple),
        st.sampled_from(["", "00ff"]),
    )
)
def test_how_far_it_came_is_read_back(begun: BegunUpload) -> None:
    assert begun_of(begun_text(begun)) == begun


@given(st.text(max_size=200))
def test_what_nobody_can_read_begins_anew(text: str) -> None:
    assert begun_of(text) is None
