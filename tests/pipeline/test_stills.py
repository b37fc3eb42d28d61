import weakref
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.detection import Box
from doorstep.core.event import Event, EventId, Recording
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.stills import MOST_WAITING, REWRITE_SECONDS, Stills
from fakes.footage import CAMERA, NOON, seconds
from fakes.instant_loop import LoopClock, run, turns, while_running
from fakes.recording_house import EVENT, FailingStore
from fakes.stand_in_frame import StandInFrame

T = TypeVar("T")
KEY = "front-door/one.mp4"


class Gallery:
    """An event that is recorded, and who keeps its pictures."""

    def __init__(self, clock: LoopClock) -> None:
        self.clock = clock
        self.store = FailingStore()
        self.catalog = MemoryCatalog()
        self.rows = EventRows(self.catalog, HealthBoard(clock), clock)
        self.stills = Stills(self.store, self.rows, clock)
        self.event = Event(EVENT, CAMERA, NOON, NOON)
        self.rows.decided(self.event)

    def record(self) -> None:
        """The recording has a name now."""
        self.rows.records(EVENT)
        self.rows.recorded(EVENT, Recording(KEY, NOON, NOON + seconds(1), 100), 5.0)

    def close(self) -> None:
        self.rows.decided(replace(self.event, ended_at=self.clock.now()))

    def offer(self, name: str, worth: float, box: Box | None = None) -> None:
        self.stills.offer(EVENT, StandInFrame(captured_at=self.clock.monotonic(), name=name), worth, box)

    @property
    def shown(self) -> str:
        """The name of the picture in the store."""
        if not self.store.exists("front-door/one.jpg"):
            return ""
        still = self.store.read("front-door/one.jpg", 0, 100).decode().split()[0]
        assert self.store.read("front-door/one.thumb.jpg", 0, 100).decode().startswith(still)
        return still

    @property
    def box(self) -> Box | None:
        """Where the row says that somebody is."""
        latest = self.rows.latest(EVENT)
        assert latest is not None
        return latest.box

    @property
    def writes(self) -> int:
        return self.store.calls.count("put front-door/one.jpg")


def in_gallery(act: Callable[[Gallery], Coroutine[Any, Any, T]]) -> T:
    clock = LoopClock(NOON)

    async def main() -> T:
        gallery = Gallery(clock)
        return await while_running(gallery.stills.run, gallery.rows.run, act=lambda: act(gallery))

    return run(clock, main)


def test_a_picture_waits_for_the_name_of_its_recording() -> None:
    async def act(gallery: Gallery) -> None:
        gallery.offer("first", 0.0)
        await gallery.clock.sleep(3)
        assert gallery.shown == ""
        gallery.record()
        await gallery.clock.sleep(1)
        assert gallery.shown == "first"
        latest = gallery.rows.latest(EVENT)
        assert latest is not None
        assert latest.has_still

    in_gallery(act)


def test_it_is_written_once_and_again_only_for_a_much_better_one() -> None:
    async def act(gallery: Gallery) -> None:
        gallery.record()
        gallery.offer("first", 1.0)
        await gallery.clock.sleep(10)
        gallery.offer("alike", 1.1)
        await gallery.clock.sleep(10)
        assert (gallery.shown, gallery.writes) == ("first", 1)
        gallery.offer("better", 2.0)
        await gallery.clock.sleep(10)
        assert (gallery.shown, gallery.writes) == ("better", 2)

    in_gallery(act)


def test_a_picture_that_the_store_has_is_not_kept_as_well() -> None:
    async def act(gallery: Gallery) -> bool:
        frame = StandInFrame()
        kept = weakref.ref(frame)
        gallery.record()
        gallery.stills.offer(EVENT, frame, 1.0)
        del frame
        await gallery.clock.sleep(1)
        return gallery.writes == 1 and kept() is None

    assert in_gallery(act)


def test_ever_better_ones_are_written_now_and_then_and_the_best_at_the_end() -> None:
    async def act(gallery: Gallery) -> None:
        gallery.record()
        for number in range(40):
            gallery.offer(f"number{number}", 1.5**number)
            await gallery.clock.sleep(0.25)
        gallery.close()
        await gallery.clock.sleep(1)
        assert gallery.shown == "number39"
        assert gallery.writes <= 10 / REWRITE_SECONDS + 2

    in_gallery(act)


def test_a_better_one_that_comes_while_one_is_written_is_not_forgotten() -> None:
    async def act(gallery: Gallery) -> None:
        gallery.record()

        def meanwhile() -> bool:
            if gallery.writes == 1 and gallery.store.calls[-1].endswith("thumb.jpg"):
                gallery.store.fails = lambda: False
                gallery.offer("better", 2.0)
            return False

        gallery.store.fails = meanwhile
        gallery.offer("first", 1.0)
        await gallery.clock.sleep(10)
        assert gallery.shown == "better"

    in_gallery(act)


def test_a_store_that_fails_is_tried_again_in_a_while_also_when_the_event_is_over() -> None:
    async def act(gallery: Gallery) -> None:
        gallery.record()
        gallery.store.fails = lambda: True
        gallery.offer("first", 1.0)
        gallery.close()
        await gallery.clock.sleep(60)
        assert gallery.writes <= 60 / REWRITE_SECONDS + 1
        gallery.store.fails = lambda: False
        await gallery.clock.sleep(10)
        assert gallery.shown == "first"

    in_gallery(act)


def test_a_picture_that_cannot_be_shown_is_no_fault() -> None:
    async def act(gallery: Gallery) -> None:
        gallery.record()
        gallery.stills.offer(EVENT, StandInFrame(broken=True), 1.0)
        await gallery.clock.sleep(6)
        assert gallery.shown == ""
        gallery.offer("sound", 5.0)
        await gallery.clock.sleep(6)
        assert gallery.shown == "sound"

    in_gallery(act)


def test_events_that_are_over_are_forgotten_also_without_a_recording() -> None:
    async def act(gallery: Gallery) -> None:
        gallery.offer("first", 1.0)
        gallery.close()
        gallery.stills.offer(EventId("nobody-knows"), StandInFrame(), 1.0)
        await gallery.clock.sleep(REWRITE_SECONDS + 2)
        assert gallery.stills._best == {}

    in_gallery(act)


def test_of_many_pictures_that_nobody_takes_the_oldest_goes() -> None:
    async def act(gallery: Gallery) -> None:
        await turns()
        for number in range(MOST_WAITING + 4):
            gallery.stills.offer(EventId(f"event-{number}"), StandInFrame(), 1.0)
        assert len(gallery.stills._best) == MOST_WAITING

    in_gallery(act)


def test_who_is_where_is_told_of_the_picture_that_the_store_has() -> None:
    near, far = Box(0.3, 0.1, 0.7, 0.9), Box(0.4, 0.4, 0.5, 0.6)

    async def act(gallery: Gallery) -> None:
        gallery.record()
        gallery.offer("empty porch", 0.0)
        await gallery.clock.sleep(1)
        assert gallery.box is None
        gallery.offer("near", 1.0, near)
        gallery.offer("far", 0.5, far)
        await gallery.clock.sleep(REWRITE_SECONDS + 1)
        assert gallery.shown == "near"
        assert gallery.box == near

    in_gallery(act)


def test_nothing_is_told_of_a_picture_that_could_not_be_written() -> None:
    async def act(gallery: Gallery) -> None:
        gallery.record()
        gallery.stills.offer(EVENT, StandInFrame(broken=True), 1.0, Box(0.3, 0.1, 0.7, 0.9))
        await gallery.clock.sleep(1)
        assert gallery.box is None

    in_gallery(act)


def test_an_event_is_unfinished_until_its_best_picture_is_written_with_its_box() -> None:
    box = Box(0.3, 0.1, 0.7, 0.9)

    async def act(gallery: Gallery) -> None:
        gallery.record()
        gallery.offer("first", 1.0)
        await gallery.clock.sleep(1)
        gallery.store.fails = lambda: True
        gallery.offer("better", 2.0, box)
        gallery.close()
        gallery.rows.recorded(EVENT, Recording(KEY, NOON, NOON + seconds(1), 100), 5.0, whole=True)
        await gallery.clock.sleep(1)
        assert [event.id for event in gallery.catalog.unfinished_events()] == [EVENT]
        gallery.store.fails = lambda: False
        await gallery.clock.sleep(2 * REWRITE_SECONDS)
        assert gallery.catalog.unfinished_events() == []
        row = gallery.catalog.event(EVENT)
        assert row is not None
        assert (row.box, gallery.shown) == (box, "better")

    in_gallery(act)


def test_who_stops_writes_what_waits_though_the_task_is_in_the_middle_of_it() -> None:
    async def act(gallery: Gallery) -> tuple[str, bool]:
        gallery.record()
        gallery.offer("first", 1.0)
        gallery.close()
        await gallery.stills.write_due()
        await gallery.stills.write_due()
        await gallery.rows.write_all()
        row = gallery.catalog.event(EVENT)
        assert row is not None
        return gallery.shown, row.unfinished

    shown, unfinished = in_gallery(act)
    assert shown == "first"
    assert unfinished  # for its recording is not whole yet


def test_a_still_that_was_written_at_the_stop_leaves_nothing_to_mend() -> None:
    async def act(gallery: Gallery) -> bool:
        gallery.record()
        gallery.offer("first", 1.0)
        gallery.rows.recorded(EVENT, Recording(KEY, NOON, NOON + seconds(1), 100), 5.0, whole=True)
        gallery.close()
        await gallery.stills.write_due()
        await gallery.rows.write_all()
        row = gallery.catalog.event(EVENT)
        return row is None or row.unfinished

    assert not in_gallery(act)
