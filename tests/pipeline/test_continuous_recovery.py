"""After a crash: minute files are whole, each has its row, and recording goes on where it stopped."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.event import Event
from doorstep.core.segment import Segment
from doorstep.pipeline.fsck import Fsck
from doorstep.pipeline.recovery import LONGEST_SECONDS, Recovery
from doorstep.shelves.memory import MemoryShelf
from fakes.always_house import AlwaysHouse
from fakes.footage import CAMERA, NOON, seconds
from fakes.instant_loop import LoopClock, run, turns, while_running
from fakes.memory_room import MemoryRoom
from fakes.recording_house import EVENT, FailingCatalog, FailingStore

POST_ROLL = 2.0
MINUTE = "continuous/front-door/2026/11/21/20261121"


class Disk:
    """What outlives a crash, and what a run makes of it."""

    def __init__(self) -> None:
        self.clock = LoopClock(NOON)
        self.store = FailingStore()
        self.room = MemoryRoom(self.store)
        self.catalog = FailingCatalog()
        self.shelf = MemoryShelf()

    def house(self) -> AlwaysHouse:
        return AlwaysHouse(self.clock, shelf=self.shelf, store=self.store, catalog=self.catalog)

    def crashes_after(self, act: Callable[[AlwaysHouse], Coroutine[Any, Any, None]]) -> None:
        """A run that is killed when `act` returns: nothing is finished, nothing more is written."""

        async def main() -> None:
            house = self.house()
            house.connect()
            await while_running(house.recorder.run, house.rows.run, act=lambda: act(house))

        run(self.clock, main)

    def starts_again(self, film: int = 0) -> AlwaysHouse:
        """The next run; the camera films so many pictures before it is stopped in good order."""

        async def main() -> AlwaysHouse:
            house = self.house()
            house.camera.restore(self.shelf.reindex())
            await Recovery(self.store, self.catalog, house.rows, POST_ROLL, room=self.room).run(
                {CAMERA: house.recorder}
            )

            async def goes_on() -> None:
                if film:
                    house.connect()
                    await house.film(film)
                await house.recorder.drained()
                await turns()
                await house.rows.settled()

            await while_running(house.recorder.run, house.rows.run, act=goes_on)
            return house

        return run(self.clock, main)

    def loses(self, key: str, behind: int) -> None:
        """A power cut: the file ends there."""
        del self.store._blobs[key][behind:]

    def agrees(self) -> bool:
        """What `doorstep fsck` says, and that nothing waits for another start."""
        found = Fsck(self.store, self.catalog, self.room, lambda _done, _total: None).look()
        return (found.faults, found.notes) == ((), ())


def names(segments: list[Segment]) -> list[tuple[str, int]]:
    return [(segment.connection, segment.sequence) for segment in segments]


def test_a_file_that_was_open_is_closed_and_recording_goes_on_from_the_buffer() -> None:
    disk = Disk()

    async def act(house: AlwaysHouse) -> None:
        await house.film(4 * 90)
        house.store.fails = lambda: True
        await house.film(4 * 10)

    disk.crashes_after(act)
    disk.store.fails = lambda: False
    house = disk.starts_again(film=40)
    found = names(house.recorded_segments())
    assert disk.agrees()
    assert len(found) == len(set(found))
    assert set(found) == set(names(list(house.buffer.between(NOON - seconds(100), house.clock.now()))))


def test_a_stop_in_good_order_repeats_nothing_at_the_next_start() -> None:
    disk = Disk()

    async def act(house: AlwaysHouse) -> None:
        await house.film(4 * 70)
        await house.recorder.drained()

    disk.crashes_after(act)
    house = disk.starts_again(film=40)
    found = names(house.recorded_segments())
    assert len(found) == len(set(found))
    assert disk.agrees()


def test_a_file_cut_in_mid_segment_keeps_its_whole_ones() -> None:
    disk = Disk()
    disk.crashes_after(lambda house: house.film(4 * 20))
    (key,) = disk.store.keys()
    whole = disk.store.size(key)
    disk.loses(key, whole - 5)
    house = disk.starts_again()
    assert disk.agrees()
    assert house.holes() == []


def test_a_file_without_a_row_is_adopted_and_one_of_which_nothing_is_whole_goes() -> None:
    disk = Disk()
    disk.crashes_after(lambda house: house.film(4 * 70))
    first, second = sorted(disk.store.keys())
    disk.catalog.forget_span(first)
    disk.loses(second, 100)
    disk.shelf = MemoryShelf()
    disk.starts_again()
    assert disk.agrees()
    assert list(disk.store.keys()) == [first]


def test_a_file_that_cannot_be_read_is_kept_and_one_of_zeros_goes() -> None:
    disk = Disk()
    disk.store.put(f"{MINUTE}_120000.mp4", b"who knows what this is")
    disk.store.put(f"{MINUTE}_120100.mp4", bytes(100_000))
    disk.starts_again()
    assert list(disk.store.keys()) == []
    assert disk.room.aside == {f"{MINUTE}_120000.mp4": b"who knows what this is"}


def test_whole_segments_behind_damage_stay_in_the_minute() -> None:
    disk = Disk()
    disk.crashes_after(lambda house: house.film(4 * 20))
    (key,) = disk.store.keys()
    content = disk.store.read(key, 0, 1_000_000)
    place = content.index(b"picture", len(content) // 2)
    damaged = content[:place] + b"!" + content[place + 1 :]
    disk.store.put(key, damaged)
    disk.shelf = MemoryShelf()
    disk.starts_again()
    (left,) = disk.store.keys()
    assert left != key
    assert len(content) * 3 // 4 < disk.store.size(left) < len(content)
    assert disk.room.aside == {key: damaged}
    assert disk.agrees()


def test_an_event_that_ran_in_minutes_is_closed_where_they_end() -> None:
    disk = Disk()

    async def act(house: AlwaysHouse) -> None:
        await house.film(40)
        house.open_event()
        for _ in range(4):
            house.recorder.extend(EVENT, house.clock.now() + seconds(POST_ROLL))
            await house.film(4)
        await house.rows.settled()

    disk.crashes_after(act)
    disk.store.put("front-door/2026/11/21/20261121_120000.jpg", b"a lonely picture")
    event = disk.catalog.event(EVENT)
    assert event is not None
    assert event.recording is not None
    still = event.recording.key.replace(".mp4", ".jpg")
    disk.store.put(still, b"its picture")
    disk.starts_again()
    closed = disk.catalog.event(EVENT)
    assert closed is not None
    assert closed.recording is not None
    assert closed.ended_at == closed.last_seen_at + seconds(POST_ROLL)
    assert closed.recording.in_minutes
    assert closed.recording.starts_at == event.recording.starts_at
    assert closed.recording.ends_at <= closed.ended_at
    assert not closed.unfinished
    assert disk.store.exists(still)
    assert not disk.store.exists("front-door/2026/11/21/20261121_120000.jpg")
    assert disk.agrees()


def after_a_kill(seconds_long: float, *, torn_after: float | None = None) -> tuple[Disk, Event]:
    """An event that ran so long in minutes until the kill, while its row knows its opening alone."""
    disk = Disk()

    async def act(house: AlwaysHouse) -> None:
        await house.film(40)
        house.open_event()
        if torn_after is not None:
            await house.film(round(4 * torn_after))
            house.camera.end()
            await house.clock.sleep(10)
            house.connect()
        await house.film(round(4 * seconds_long))
        await house.rows.settled()

    disk.crashes_after(act)
    disk.starts_again()
    event = disk.catalog.event(EVENT)
    assert event is not None
    return disk, event


def test_an_event_ran_until_the_kill_for_all_that_its_row_knows() -> None:
    disk, event = after_a_kill(100)
    assert event.recording is not None
    assert event.ended_at is not None
    assert disk.agrees()
    assert (event.ended_at - event.started_at).total_seconds() == pytest.approx(100, abs=1.5)
    assert event.recording.ends_at == event.ended_at == event.last_seen_at + seconds(POST_ROLL)


def test_an_event_whose_end_was_not_written_is_no_longer_than_events_are() -> None:
    disk, event = after_a_kill(400)
    assert event.ended_at == event.started_at + seconds(LONGEST_SECONDS)
    assert disk.agrees()


def test_an_event_whose_end_was_not_written_ends_where_its_camera_went_away() -> None:
    disk, event = after_a_kill(20, torn_after=30)
    assert event.ended_at is not None
    assert (event.ended_at - event.started_at).total_seconds() == pytest.approx(30, abs=1.5)
    assert disk.agrees()


def test_an_event_that_had_no_row_of_its_video_yet_has_it_after_the_start() -> None:
    disk = Disk()

    async def act(house: AlwaysHouse) -> None:
        await house.film(41)
        now = house.clock.now()
        house.catalog.save_event(Event(EVENT, CAMERA, now - seconds(1), now))

    disk.crashes_after(act)
    disk.starts_again()
    closed = disk.catalog.event(EVENT)
    assert closed is not None
    assert closed.ended_at == closed.last_seen_at + seconds(POST_ROLL)
    assert closed.recording is not None
    assert closed.recording.in_minutes
    assert closed.started_at == closed.recording.starts_at < closed.recording.ends_at <= closed.ended_at
    assert disk.agrees()


@given(
    filmed=st.integers(1, 90),
    lost=st.integers(0, 3000),
    durability=st.sampled_from([1.0, 5.0]),
    again=st.integers(0, 9),
)
@settings(max_examples=40, deadline=None)
def test_whatever_a_crash_leaves_store_and_catalog_agree(filmed: int, lost: int, durability: float, again: int) -> None:
    disk = Disk()

    async def act(house: AlwaysHouse) -> None:
        house.recorder._durability = durability
        await house.film(4 * filmed)

    disk.crashes_after(act)
    for key in sorted(disk.store.keys())[-1:]:
        disk.loses(key, max(0, disk.store.size(key) - lost))
    house = disk.starts_again(film=again * 4)
    assert disk.agrees()
    found = names(house.recorded_segments())
    assert len(found) == len(set(found))
    assert set(found) == set(names(list(house.buffer.between(NOON - seconds(100), house.clock.now()))))
