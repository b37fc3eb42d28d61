"""A disk of so many bytes while copies go off-site, or cannot: what goes, in which order, and who is told."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from doorstep.catalog.memory import MemoryCatalog
from doorstep.catalog.memory_uploads import MemoryUploadRecords
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.recording_key import still_key
from doorstep.core.settings import RetentionSettings
from doorstep.core.upload import NO_ROOM, Upload, UploadState
from doorstep.pipeline.off_site_retention import OffSiteRetention
from doorstep.pipeline.sweeper import UNDO_FOR, Sweeper
from doorstep.stores.memory import MemoryStore
from fakes.clock import FakeClock
from fakes.footage import CAMERA, seconds

DAY = timedelta(days=1)


class House:
    """A store and a catalog with events, whose uploads stand as each says."""

    def __init__(self, max_bytes: int = 10_000, days: float = 30.0, *, sweeps: bool = False) -> None:
        self.clock, self.store, self.catalog = FakeClock(), MemoryStore(), MemoryCatalog()
        self.records = MemoryUploadRecords(self.catalog)
        settings = RetentionSettings(days, max_bytes=max_bytes)
        self.lost: list[str] = []
        retention = OffSiteRetention(
            self.records, self.catalog, settings, sweeps, lambda event: self.lost.append(event.id)
        )
        self.sweeper = Sweeper(
            self.store, self.catalog, settings, self.clock, event_goes=retention.event_goes, off_site=retention
        )

    def keep(self, name: str, age: timedelta, state: UploadState | None, size: int = 100) -> Event:
        at = self.clock.now() - age
        key = f"front-door/{name}.mp4"
        self.store.put(key, bytes(size))
        self.store.put(still_key(key), b"a picture")
        recording = Recording(key, at, at + seconds(10), size)
        event = Event(EventId(name), CAMERA, at, at, ended_at=at + seconds(10), recording=recording, has_still=True)
        self.catalog.save_event(event)
        if state is not None:
            self.records.save_upload(Upload(event.id, CAMERA, key, at, at, state))
        return event

    def sweep(self, hours: int = 50) -> None:
        for _ in range(hours):
            asyncio.run(self.sweeper.sweep())
            self.clock._monotonic += 3600.0

    def here(self) -> list[str]:
        """Whose video is here, and its row says so."""
        names = [key[11:-4] for key in self.store.keys() if key.endswith(".mp4")]  # noqa: SIM118 - a store is no dict
        for name in names:
            event = self.catalog.event(EventId(name))
            assert event is not None
            assert event.recording is not None
            assert event.recording.is_here
        return sorted(names)

    def rows(self) -> list[str]:
        return sorted(event.id for event in self.catalog.expired_events(self.clock.now() + DAY, 1000))

    def state(self, name: str) -> UploadState | None:
        found = self.records.upload_of(EventId(name))
        return found.state if found else None


def test_what_waits_to_go_off_site_does_not_go_for_its_age() -> None:
    house = House()
    house.keep("a", 40 * DAY, UploadState.DUE)
    house.keep("b", 40 * DAY, UploadState.DONE)
    house.keep("c", 40 * DAY, None)
    house.sweep()
    assert (house.here(), house.rows()) == (["a"], ["a"])
    assert house.state("b") is None


def test_many_that_wait_do_not_hide_what_is_too_old_behind_them() -> None:
    house = House(max_bytes=10**9)
    for number in range(300):
        house.keep(f"w{number}", 40 * DAY, UploadState.DUE)
    house.keep("old", 39 * DAY, UploadState.DONE)
    house.sweep()
    assert "old" not in house.rows()
    assert len(house.rows()) == 300


def test_while_the_line_is_down_and_the_disk_fills_what_lies_off_site_goes_first_then_the_oldest_that_waits() -> None:
    house = House(max_bytes=250)
    house.keep("a", 5 * DAY, UploadState.DUE)
    house.keep("b", 4 * DAY, UploadState.DUE)
    house.keep("c", 3 * DAY, UploadState.DONE)
    house.keep("d", 2 * DAY, UploadState.DONE)
    house.keep("e", 1 * DAY, UploadState.DUE)
    house.sweep()
    assert house.here() == ["b", "e"]
    assert house.lost == ["a"]
    assert house.state("a") is UploadState.GIVEN_UP
    upload = house.records.upload_of(EventId("a"))
    assert upload is not None
    assert upload.outcome == NO_ROOM
    # The rows stay, with their pictures: what lies off-site is played from there.
    assert house.rows() == ["a", "b", "c", "d", "e"]
    assert house.store.exists("front-door/c.jpg")
    assert house.catalog.recorded_bytes() == 200


def test_a_row_whose_video_lies_off_site_alone_goes_for_its_age() -> None:
    house = House(max_bytes=50)
    house.keep("a", 2 * DAY, UploadState.DONE)
    house.sweep()
    assert (house.here(), house.rows()) == ([], ["a"])
    house.clock._now += 40 * DAY
    house.sweep()
    assert house.rows() == []
    assert list(house.store.keys()) == []


def test_hundreds_of_rows_without_video_do_not_hide_what_takes_the_bytes() -> None:
    house = House(max_bytes=1_000)
    for number in range(300):
        house.keep(f"d{number:03}", 20 * DAY - number * seconds(60), UploadState.DONE)
    house.sweep()
    assert len(house.here()) == 10
    house.keep("new", seconds(60), UploadState.DONE)
    house.sweep()
    assert len(house.here()) == 10
    assert "new" in house.here()


def test_the_minutes_of_an_event_that_lies_off_site_become_loose() -> None:
    house = House(max_bytes=150)
    at = house.clock.now() - DAY
    house.store.put("continuous/front-door/x.mp4", bytes(200))
    minute = "continuous/front-door/2026/11/20/20261120_130000.mp4"
    house.store.put(minute, bytes(200))
    house.catalog.save_span(RecordedSpan(minute, CAMERA, at, at + seconds(60), 200))
    recording = Recording("front-door/a.mp4", at, at + seconds(10), 50, in_minutes=True)
    house.catalog.save_event(
        Event(EventId("a"), CAMERA, at, at, ended_at=at + seconds(10), recording=recording, has_still=True)
    )
    house.records.save_upload(Upload(EventId("a"), CAMERA, "front-door/a.mp4", at, at, UploadState.DONE))
    house.sweep()
    assert not house.store.exists(minute)
    assert house.rows() == ["a"]


def test_what_is_deleted_by_hand_ends_its_upload_and_goes_there_too_where_that_is_ours_to_do() -> None:
    for sweeps, left in ((False, None), (True, UploadState.LEAVING)):
        house = House(sweeps=sweeps)
        for name, state in (("a", UploadState.DONE), ("b", UploadState.DUE)):
            house.keep(name, DAY, state)
            house.catalog.mark_deleted(EventId(name), house.clock.now() - UNDO_FOR - seconds(1))
        house.sweep()
        assert house.rows() == []
        assert (house.state("a"), house.state("b")) == (left, None)
        assert house.lost == []


@dataclass(frozen=True)
class Kept:
    age: int
    size: int
    state: UploadState | None


KEPT = st.builds(
    Kept,
    st.integers(0, 60),
    st.integers(1, 100),
    st.sampled_from([None, UploadState.DUE, UploadState.DONE, UploadState.GIVEN_UP]),
)


@given(st.lists(KEPT, max_size=25), st.integers(0, 1500))
def test_whatever_is_kept_the_bytes_fit_and_nothing_waiting_goes_while_anything_else_could(
    kept: list[Kept], max_bytes: int
) -> None:
    house = House(max_bytes=max_bytes)
    for number, one in enumerate(kept):
        house.keep(f"e{number:02}", one.age * DAY - number * seconds(1), one.state, one.size)
    house.sweep(hours=70)
    here = {int(name[1:]) for name in house.here()}
    assert sum(kept[number].size for number in here) <= max_bytes
    waiting = {number for number, one in enumerate(kept) if one.state is UploadState.DUE}
    if lost := waiting - here:
        assert here <= waiting
        # The oldest that waited went first.
        assert max(kept[number].age for number in here) <= min(kept[number].age for number in lost) if here else True
        assert {f"e{number:02}" for number in lost} == set(house.lost)
