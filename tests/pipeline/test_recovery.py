import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.alert import Alert, AlertId
from doorstep.core.cause import Cause
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.detection import Box
from doorstep.core.errors import StoreUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.media.still_box import with_box
from doorstep.mp4.recording import header, read_recording
from doorstep.pipeline.fsck import Fsck
from doorstep.pipeline.recovery import Recovery
from doorstep.shelves.memory import MemoryShelf
from fakes.footage import CAMERA, FORMAT, NOON, seconds
from fakes.instant_loop import LoopClock, run, turns, while_running
from fakes.memory_room import MemoryRoom
from fakes.recording_house import EVENT, FailingCatalog, FailingStore, RecordingHouse

T = TypeVar("T")
POST_ROLL = 2.0


class Disk:
    """What outlives a crash, and what a run makes of it."""

    def __init__(self) -> None:
        self.clock = LoopClock(NOON)
        self.store = FailingStore()
        self.room = MemoryRoom(self.store)
        self.catalog = FailingCatalog()
        self.shelf = MemoryShelf()

    def crashes_after(self, act: Callable[[RecordingHouse], Coroutine[Any, Any, None]]) -> None:
        """A run that is killed when `act` returns: nothing is finished, nothing more is written."""

        async def main() -> None:
            house = RecordingHouse(self.clock, shelf=self.shelf, store=self.store, catalog=self.catalog)
            house.connect()
            await house.film(21)
            await while_running(house.recorder.run, house.rows.run, act=lambda: act(house))

        run(self.clock, main)

    def starts_again(self, *, with_camera: bool = True) -> list[Event]:
        """The next run, up to its first quiet moment; every event, oldest first."""

        async def main() -> None:
            house = RecordingHouse(self.clock, shelf=self.shelf, store=self.store, catalog=self.catalog)
            house.camera.restore(self.shelf.reindex())
            recovery = Recovery(self.store, self.catalog, house.rows, POST_ROLL, room=self.room)
            await recovery.run({CAMERA: house.recorder} if with_camera else {})

            async def quiet() -> None:
                await house.recorder.drained()
                await turns()
                await house.rows.settled()

            await while_running(house.recorder.run, house.rows.run, act=quiet)

        run(self.clock, main)
        return self.events()

    def events(self) -> list[Event]:
        return self.catalog._oldest_first()

    def videos(self) -> list[str]:
        return sorted(key for key in self.store.keys() if key.endswith(".mp4"))  # noqa: SIM118 - a store is no dict

    def agrees(self) -> bool:
        """What `doorstep fsck` says, and that nothing waits for another start."""
        found = Fsck(self.store, self.catalog, self.room, lambda _done, _total: None).look()
        return (found.faults, found.notes) == ((), ())


async def visit_that_runs(house: RecordingHouse) -> None:
    house.open_event()
    for _ in range(4):
        house.recorder.extend(EVENT, house.clock.now() + seconds(POST_ROLL))
        await house.film(4)


def test_an_event_that_ran_is_closed_where_its_file_ends() -> None:
    disk = Disk()
    disk.crashes_after(visit_that_runs)
    (event,) = disk.starts_again()
    assert event.recording is not None
    assert event.ended_at == event.recording.ends_at
    assert event.last_seen_at == event.ended_at - seconds(POST_ROLL)
    assert event.pre_roll_seconds == pytest.approx(2.0, abs=0.3)
    assert disk.agrees()


def test_an_event_that_was_over_while_its_recording_was_not_is_finished_from_the_buffer() -> None:
    disk = Disk()

    async def act(house: RecordingHouse) -> None:
        await visit_that_runs(house)
        house.store.fails = lambda: True
        event = house.rows.latest(EVENT)
        assert event is not None
        house.rows.extended(replace(event, last_seen_at=house.clock.now()))
        await house.film(8)
        house.close_event(event)
        await house.film(8)

    disk.crashes_after(act)
    before = disk.store.size(disk.videos()[0])
    disk.store.fails = lambda: False
    (event,) = disk.starts_again()
    assert event.recording is not None
    assert event.recording.size > before
    assert event.ended_at is not None
    assert event.ended_at == event.last_seen_at + seconds(POST_ROLL)
    assert event.recording.ends_at == event.ended_at
    assert disk.agrees()


def test_a_recording_without_a_row_gets_one_from_its_label() -> None:
    disk = Disk()

    async def act(house: RecordingHouse) -> None:
        house.catalog.fails = lambda: True
        await visit_that_runs(house)

    disk.crashes_after(act)
    disk.catalog.fails = lambda: False
    disk.store.put(still_key(disk.videos()[0]), b"still")
    disk.store.put(thumbnail_key(disk.videos()[0]), b"thumbnail")
    (event,) = disk.starts_again()
    assert (event.id, event.camera, event.causes) == (EVENT, CAMERA, (Cause.PERSON,))
    assert event.recording is not None
    assert event.pre_roll_seconds is not None
    assert 2.0 <= event.pre_roll_seconds <= 3.25
    assert event.has_still
    assert disk.agrees()


def test_of_a_camera_that_is_gone_from_the_config_an_orphan_is_adopted_whole() -> None:
    disk = Disk()

    async def act(house: RecordingHouse) -> None:
        house.catalog.fails = lambda: True
        await visit_that_runs(house)

    disk.crashes_after(act)
    disk.catalog.fails = lambda: False
    (event,) = disk.starts_again(with_camera=False)
    assert event.ended_at is not None
    assert event.pre_roll_seconds is not None
    assert event.pre_roll_seconds >= 2.0
    assert disk.agrees()


def test_a_row_that_was_written_before_its_recording_began_finds_it_again() -> None:
    disk = Disk()

    async def act(house: RecordingHouse) -> None:
        house.open_event()
        await turns(3)
        house.catalog.fails = lambda: True
        await visit_goes_on(house)

    async def visit_goes_on(house: RecordingHouse) -> None:
        house.recorder.extend(EVENT, house.clock.now() + seconds(9))
        await house.film(12)

    disk.crashes_after(act)
    disk.catalog.fails = lambda: False
    (event,) = disk.starts_again()
    assert event.recording is not None
    assert disk.agrees()


def test_what_is_known_of_an_event_that_was_over_stays() -> None:
    disk = Disk()
    disk.crashes_after(visit_that_runs)
    (event,) = disk.events()
    closed = replace(event, recording=None, ended_at=event.started_at + seconds(1))
    disk.catalog.save_event(closed)
    (after,) = disk.starts_again()
    assert (after.last_seen_at, after.ended_at) == (closed.last_seen_at, closed.ended_at)
    assert after.recording is not None
    assert disk.agrees()


@pytest.mark.parametrize("cut", [1, 30, 300])
def test_a_torn_end_is_cut_off(cut: int) -> None:
    disk = Disk()
    disk.crashes_after(visit_that_runs)
    (key,) = disk.videos()
    torn = disk.store.read(key, 0, disk.store.size(key) - cut)
    disk.store.put(key, torn)
    disk.shelf = MemoryShelf()
    (event,) = disk.starts_again()
    assert event.recording is not None
    assert event.recording.size == disk.store.size(key)
    assert disk.room.aside == {f"{key}.from-{event.recording.size}": torn[event.recording.size :]}
    assert disk.agrees()


def test_of_a_segment_with_a_hole_of_a_power_cut_nothing_is_believed() -> None:
    disk = Disk()
    disk.crashes_after(visit_that_runs)
    (key,) = disk.videos()
    content = disk.store.read(key, 0, 1_000_000)
    place = content.rindex(b"picture")
    disk.store.put(key, content[:place] + bytes(7) + content[place + 7 :])
    disk.shelf = MemoryShelf()
    (event,) = disk.starts_again()
    assert event.recording is not None
    assert event.recording.size < place
    assert disk.agrees()


def test_whole_segments_behind_damage_stay_in_the_recording() -> None:
    disk = Disk()
    disk.crashes_after(visit_that_runs)
    (key,) = disk.videos()
    content = disk.store.read(key, 0, 1_000_000)
    place = content.index(b"picture", len(content) // 2)
    damaged = content[:place] + b"!" + content[place + 1 :]
    disk.store.put(key, damaged)
    disk.store.put(still_key(key), b"still")
    disk.store.put(thumbnail_key(key), b"small")
    disk.shelf = MemoryShelf()
    (event,) = disk.starts_again()
    assert event.recording is not None
    assert event.recording.key != key
    assert event.has_still
    assert len(content) * 3 // 4 < event.recording.size < len(content)
    assert disk.room.aside[key] == damaged
    assert disk.agrees()


@pytest.mark.parametrize("size", [100, 700])
def test_where_no_segment_is_whole_the_row_loses_its_recording_and_what_there_is_moves(size: int) -> None:
    disk = Disk()
    disk.crashes_after(visit_that_runs)
    (key,) = disk.videos()
    disk.store.resume(key, size)
    disk.store.put(still_key(key), b"still")
    begun = disk.store.read(key, 0, size)
    (event,) = disk.starts_again()
    assert event.recording is None
    assert event.pre_roll_seconds is None
    assert not event.has_still
    assert event.ended_at is not None
    assert list(disk.store.keys()) == []
    assert disk.room.aside == {key: begun, still_key(key): b"still"}


def test_an_empty_file_of_a_crash_between_name_and_header_goes() -> None:
    disk = Disk()
    disk.store.create("front-door/2026/11/21/20261121_120000.mp4")
    assert disk.starts_again() == []
    assert disk.videos() == []


@pytest.mark.parametrize("nothing", [b"", bytes(5_000_000), header(FORMAT, b"any"), header(FORMAT, b"any") + bytes(9)])
def test_a_file_of_which_nothing_but_zeros_lies_behind_the_header_goes(nothing: bytes) -> None:
    disk = Disk()
    disk.store.put("front-door/2026/11/21/20261121_120000.mp4", nothing)
    assert disk.starts_again() == []
    assert (list(disk.store.keys()), disk.room.aside) == ([], {})


@pytest.mark.parametrize("foreign", [b"a note", b"somebody's own film " * 10_000, header(FORMAT, b"{}") + b"\1"])
def test_a_file_that_is_none_of_ours_moves_and_is_kept(foreign: bytes) -> None:
    disk = Disk()
    disk.store.put("front-door/film.mp4", foreign)
    assert disk.starts_again() == []
    assert disk.room.aside == {"front-door/film.mp4": foreign}


@pytest.mark.parametrize(
    "label",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 60_000,
        json.dumps({"event": "x", "started_at": "never", "causes": []}).encode(),
        json.dumps({"event": "x", "started_at": "2026-11-21T12:00:00", "causes": []}).encode(),
    ],
)
def test_a_recording_whose_label_says_nothing_is_set_aside(label: bytes) -> None:
    disk = Disk()
    disk.crashes_after(visit_that_runs)
    (key,) = disk.videos()
    (known,) = disk.events()
    content = disk.store.read(key, 0, 1_000_000)
    index = read_recording(lambda offset, length: content[offset : offset + length], len(content), CAMERA)
    strange = header(FORMAT, label) + content[index.segments[0].offset :]
    disk.store.put("front-door/one.mp4", strange)
    (event,) = disk.starts_again()
    assert event.id == known.id
    assert disk.videos() == [key]
    assert disk.room.aside == {"front-door/one.mp4": strange}


def test_of_two_recordings_of_one_event_the_second_is_set_aside() -> None:
    disk = Disk()
    disk.crashes_after(visit_that_runs)
    (key,) = disk.videos()
    disk.store.put(key.replace(".mp4", "_2.mp4"), disk.store.read(key, 0, 1_000_000))
    disk.starts_again()
    assert disk.videos() == [key]
    assert list(disk.room.aside) == [key.replace(".mp4", "_2.mp4")]
    assert disk.agrees()


def test_of_two_recordings_of_one_event_without_a_row_one_start_is_enough() -> None:
    disk = Disk()

    async def act(house: RecordingHouse) -> None:
        house.catalog.fails = lambda: True
        await visit_that_runs(house)

    disk.crashes_after(act)
    disk.catalog.fails = lambda: False
    (key,) = disk.videos()
    disk.store.put(key.replace(".mp4", "_2.mp4"), disk.store.read(key, 0, 1_000_000))
    disk.starts_again()
    assert disk.videos() == [key]
    assert disk.agrees()


def test_pictures_without_a_recording_are_set_aside_and_those_of_a_recording_stay() -> None:
    disk = Disk()
    disk.crashes_after(visit_that_runs)
    (key,) = disk.videos()
    for name in (still_key(key), thumbnail_key(key), "front-door/gone.jpg", "front-door/gone.thumb.jpg", "notes.txt"):
        disk.store.put(name, b"bytes")
    disk.starts_again()
    assert sorted(disk.store.keys()) == sorted([key, still_key(key), thumbnail_key(key), "notes.txt"])
    assert sorted(disk.room.aside) == ["front-door/gone.jpg", "front-door/gone.thumb.jpg"]


def test_what_interrupted_writes_left_goes_at_a_start() -> None:
    disk = Disk()
    disk.room.left.append("front-door/.0123456789abcdef")
    disk.starts_again()
    assert disk.room.left == []


def test_pictures_that_were_written_before_their_row_are_shown() -> None:
    disk = Disk()
    disk.crashes_after(visit_that_runs)
    (key,) = disk.videos()
    disk.store.put(still_key(key), b"still")
    disk.store.put(thumbnail_key(key), b"thumbnail")
    (event,) = disk.starts_again()
    assert event.has_still


def test_a_still_that_was_written_before_its_row_says_where_somebody_is() -> None:
    """The row has the box of the picture before, or none: what the store shows is what counts."""
    disk, box = Disk(), Box(0.2, 0.1, 0.5, 0.9)
    disk.crashes_after(visit_that_runs)
    (key,) = disk.videos()
    disk.store.put(still_key(key), with_box(b"\xff\xd8\xff\xd9", box))
    disk.store.put(thumbnail_key(key), b"thumbnail")
    (event,) = disk.starts_again()
    assert (event.has_still, event.box) == (True, box)
    disk.catalog.save_event(replace(event, unfinished=True))
    disk.store.put(still_key(key), b"\xff\xd8\xff\xd9")
    (event,) = disk.starts_again()
    assert (event.has_still, event.box) == (True, None)


def test_a_bad_spot_of_the_disk_keeps_nobody_from_starting_and_nothing_is_lost() -> None:
    disk = Disk()
    disk.crashes_after(visit_that_runs)

    def unreadable(key: str, offset: int, length: int) -> bytes:
        del key, offset, length
        msg = "The disk does not answer."
        raise StoreUnavailable(msg)

    reading, disk.store.read = disk.store.read, unreadable  # type: ignore[method-assign]
    (event,) = disk.starts_again()
    assert event.ended_at is None
    disk.store.read = reading  # type: ignore[method-assign]
    (event,) = disk.starts_again()
    assert event.ended_at is not None
    assert disk.agrees()


def test_events_of_alerts_that_have_not_arrived_are_known_again() -> None:
    disk = Disk()
    event = Event(EVENT, CAMERA, NOON, NOON, ended_at=NOON)
    alert = Alert(AlertId("one"), EVENT, CAMERA, Cause.PERSON, NOON, "t", "x", "l")
    disk.catalog.save_event(event, [Delivery(alert, "mail", DeliveryState.DUE, 1, NOON)])

    async def main() -> Event | None:
        house = RecordingHouse(disk.clock, store=disk.store, catalog=disk.catalog)
        await Recovery(disk.store, disk.catalog, house.rows, POST_ROLL).run({})
        return house.rows.latest(EVENT)

    assert run(disk.clock, main) == event


def test_an_event_that_was_never_recorded_is_merely_closed() -> None:
    disk = Disk()
    disk.catalog.save_event(Event(EventId("unrecorded"), CAMERA, NOON, NOON + seconds(3)))
    (event,) = disk.starts_again()
    assert (event.ended_at, event.recording) == (NOON + seconds(3), None)


@given(
    turns_until_the_kill=st.integers(0, 60),
    pictures=st.integers(0, 30),
    failures=st.lists(st.booleans(), max_size=20),
    catalog_failures=st.lists(st.booleans(), max_size=8),
    cut=st.integers(0, 400),
    reboots=st.booleans(),
)
@settings(max_examples=120, deadline=None)
def test_killed_at_any_moment_store_and_catalog_agree_after_the_next_start(
    turns_until_the_kill: int,
    pictures: int,
    failures: list[bool],
    catalog_failures: list[bool],
    cut: int,
    reboots: bool,
) -> None:
    disk = Disk()
    weather, catalog_weather = iter(failures), iter(catalog_failures)
    disk.store.fails = lambda: next(weather, False)
    disk.catalog.fails = lambda: next(catalog_weather, False)

    async def act(house: RecordingHouse) -> None:
        event = house.open_event()
        house.recorder.extend(EVENT, house.clock.now() + seconds(4))
        await house.film(pictures)
        if pictures > 16:
            house.close_event(event)
        await turns(turns_until_the_kill)

    disk.crashes_after(act)
    disk.store.fails = disk.catalog.fails = lambda: False
    for key in disk.videos():
        disk.store.resume(key, max(0, disk.store.size(key) - cut))
    if reboots:
        disk.shelf = MemoryShelf()
    for _ in range(2):
        events = disk.starts_again()
        assert disk.agrees()
        assert all(event.ended_at is not None for event in events)
