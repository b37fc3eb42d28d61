import asyncio
from collections.abc import Iterator
from datetime import timedelta

from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.alert import Alert, AlertId
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.errors import CatalogUnavailable, StoreUnavailable
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.explanation import Verdict
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.core.settings import RetentionSettings
from doorstep.pipeline.feedback_folder import FeedbackFolder
from doorstep.pipeline.sweeper import UNDO_FOR, Sweeper
from doorstep.stores.memory import MemoryStore
from fakes.clock import FakeClock
from fakes.explained import explanation
from fakes.footage import CAMERA, seconds

DAY = timedelta(days=1)
NOBODY, SOMEBODY = Verdict.NOT_A_PERSON, Verdict.PERSON


class DiaryStore(MemoryStore):
    """Writes down what is deleted, and cannot delete what is `stuck`."""

    def __init__(self, diary: list[str]) -> None:
        super().__init__()
        self.diary = diary
        self.stuck = ""

    def delete(self, key: str) -> None:
        if self.stuck and key.startswith(self.stuck):
            msg = "The disk does not answer."
            raise StoreUnavailable(msg)
        self.diary.append(f"bytes {key}")
        super().delete(key)


class DiaryCatalog(MemoryCatalog):
    """Writes down what is forgotten, and may be unavailable."""

    def __init__(self, diary: list[str]) -> None:
        super().__init__()
        self.diary = diary
        self.is_down = False

    def forget_event(self, event_id: EventId) -> None:
        if self.is_down:
            msg = "The disk is full."
            raise CatalogUnavailable(msg)
        self.diary.append(f"row {event_id}")
        super().forget_event(event_id)


class House:
    """A store and a catalog with events, and who sweeps them."""

    def __init__(self, days: float = 30.0, max_bytes: int = 10_000, missing: int = 0) -> None:
        self.clock = FakeClock()
        self.diary: list[str] = []
        self.tells = False
        self.store = DiaryStore(self.diary)
        self.catalog = DiaryCatalog(self.diary)
        self.sweeper = Sweeper(
            self.store,
            self.catalog,
            RetentionSettings(days, max_bytes=max_bytes),
            self.clock,
            bytes_now=lambda most, used: min(most, used - missing if missing else most),
            event_goes=self._event_goes,
        )

    def keep(
        self,
        name: str,
        age: timedelta = DAY,
        size: int = 100,
        *,
        runs: bool = False,
        deleted: timedelta | None = None,
    ) -> None:
        """An event that began so long ago, with its recording and pictures."""
        at = self.clock.now() - age
        key = f"front-door/{name}.mp4"
        for one in (key, still_key(key), thumbnail_key(key)):
            self.store.put(one, bytes(size))
        self.catalog.save_event(
            Event(
                EventId(name),
                CAMERA,
                at,
                at,
                ended_at=None if runs else at + seconds(10),
                recording=Recording(key, at, at + seconds(10), size),
                deleted_at=None if deleted is None else self.clock.now() - deleted,
            )
        )

    def _event_goes(self, event: Event) -> None:
        if self.store.stuck == f"what else of {event.id}":
            msg = "The disk does not answer."
            raise StoreUnavailable(msg)
        if self.tells:
            self.diary.append(f"what else of {event.id}{' by hand' if event.deleted_at else ''}")

    def sweep(self) -> list[str]:
        """Hour after hour until age has caught up, and the names of the events that are left."""
        for _ in range(50):
            asyncio.run(self.sweeper.sweep())
            self.clock._monotonic += 3600.0
        return [name for name in "abcdef" if self.catalog.event(EventId(name)) is not None]

    def keys(self) -> Iterator[str]:
        return self.store.keys()


def test_bytes_go_first_and_the_row_second() -> None:
    house = House()
    house.keep("a", 31 * DAY)
    assert house.sweep() == []
    assert house.diary == [
        "bytes front-door/a.mp4",
        "bytes front-door/a.jpg",
        "bytes front-door/a.thumb.jpg",
        "row a",
    ]
    assert list(house.keys()) == []


def test_an_explanation_goes_with_its_event_and_what_was_said_of_a_person_too() -> None:
    house = House()
    folder = MemoryStore()
    feedback = FeedbackFolder(folder, house.store, house.catalog, house.clock)
    house.sweeper = Sweeper(
        house.store, house.catalog, RetentionSettings(30.0), house.clock, event_goes=feedback.event_goes
    )
    for name, age, verdict in (("a", 40, SOMEBODY), ("b", 40, NOBODY), ("c", 10, SOMEBODY), ("d", 40, None)):
        house.keep(name, age * DAY)
        house.catalog.save_explanation(explanation(EventId(name)))
        event = house.catalog.event(EventId(name))
        assert event is not None
        assert verdict is None or feedback.take(event, verdict)
    assert house.sweep() == ["c"]
    assert [name for name in "abcd" if house.catalog.explanation(EventId(name)) is not None] == ["c"]
    assert sorted(folder.keys()) == ["b.json", "c.json"]


def test_what_else_is_kept_of_an_event_goes_before_its_row() -> None:
    house = House()
    house.tells = True
    house.keep("a", 31 * DAY)
    house.keep("b", deleted=UNDO_FOR + seconds(1))
    assert house.sweep() == []
    kept = [line for line in house.diary if not line.startswith("bytes")]
    assert kept == ["what else of b by hand", "row b", "what else of a", "row a"]


def test_an_event_whose_rest_cannot_be_removed_stays_and_is_tried_again() -> None:
    house = House()
    house.keep("a", 31 * DAY)
    house.keep("b", 31 * DAY)
    house.store.stuck = "what else of a"
    assert house.sweep() == ["a"]
    house.store.stuck = ""
    assert house.sweep() == []


def test_what_is_too_old_goes_and_what_still_runs_stays() -> None:
    house = House()
    house.keep("a", 31 * DAY)
    house.keep("b", 31 * DAY, runs=True)
    house.keep("c", 29 * DAY)
    assert house.sweep() == ["b", "c"]


def test_of_too_much_the_oldest_goes() -> None:
    house = House(max_bytes=250)
    for name, age in (("a", 4), ("b", 3), ("c", 2), ("d", 1)):
        house.keep(name, age * DAY)
    assert house.sweep() == ["c", "d"]


def test_what_a_wrong_clock_dated_in_the_future_goes_for_its_bytes_too() -> None:
    house = House(max_bytes=250)
    house.keep("a", age=-400 * DAY)
    house.keep("b", age=-300 * DAY)
    house.keep("c", age=DAY)
    house.keep("d", age=2 * DAY)
    assert house.sweep() == ["a", "b"]
    house.keep("e", age=-500 * DAY)
    assert house.sweep() == ["a", "e"]


def test_what_was_deleted_stays_while_it_may_be_restored() -> None:
    house = House()
    house.keep("a", deleted=UNDO_FOR - seconds(1))
    house.keep("b", deleted=UNDO_FOR + seconds(1))
    assert house.sweep() == ["a"]


def test_the_bytes_of_what_was_deleted_are_not_taken_from_others_again() -> None:
    house = House(max_bytes=250)
    house.keep("a", 3 * DAY)
    house.keep("b", 2 * DAY, deleted=UNDO_FOR + seconds(1))
    house.keep("c", 1 * DAY)
    assert house.sweep() == ["a", "c"]


def test_one_recording_that_cannot_be_deleted_keeps_its_row_and_no_other() -> None:
    house = House()
    house.keep("a", 32 * DAY)
    house.keep("b", 31 * DAY)
    house.store.stuck = "front-door/a"
    assert house.sweep() == ["a"]
    house.store.stuck = ""
    assert house.sweep() == []


def test_a_catalog_that_fails_leaves_a_row_that_goes_in_the_next_round() -> None:
    house = House()
    house.keep("a", 31 * DAY)
    house.catalog.is_down = True
    assert house.sweep() == ["a"]
    house.catalog.is_down = False
    assert house.sweep() == []


def test_on_a_disk_that_is_nearly_full_so_much_goes_early_as_is_missing_and_no_more() -> None:
    house = House(missing=150)
    for name, age in (("a", 3), ("b", 2), ("c", 1)):
        house.keep(name, age * DAY, size=100)
    asyncio.run(house.sweeper.sweep())
    assert [name for name in "abc" if house.catalog.event(EventId(name)) is not None] == ["c"]


def test_what_was_said_of_doorstep_itself_goes_when_an_event_of_its_time_would() -> None:
    house = House(days=30)
    now = house.clock.now()
    for days in (40, 20):
        at = now - timedelta(days=days)
        alert = Alert(AlertId(f"trouble-{days}"), None, None, None, at, "t", "x", "/")
        house.catalog.save_delivery(Delivery(alert, "email", DeliveryState.FAILED, 1, at))
    house.sweep()
    assert [house.catalog.delivery(f"trouble-{days}:email") is None for days in (40, 20)] == [True, False]
