import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from doorstep.core.alert import Alert, AlertId
from doorstep.core.cause import Cause
from doorstep.core.clock_state import Guess
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.detection import Box
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.gap import Gap
from doorstep.core.ledger import LedgerEntry, Stage
from doorstep.core.recorded_span import RecordedSpan
from doorstep.pipeline import loose_rows
from doorstep.pipeline.event_rows import MOST_REMEMBERED, EventRows
from doorstep.pipeline.health import HealthBoard
from fakes.clock import FakeClock
from fakes.footage import CAMERA, NOON, seconds
from fakes.instant_loop import LoopClock, run, turns, while_running
from fakes.recording_house import EVENT, FailingCatalog

T = TypeVar("T")
BOX = Box(0.2, 0.1, 0.5, 0.9)
RECORDING = Recording("front-door/one.mp4", NOON - seconds(5), NOON + seconds(5), 1000)


class GapCatalog(FailingCatalog):
    """Refuses gaps and minutes, too."""

    def save_span(self, span: RecordedSpan, guess: Guess | None = None) -> None:
        if self.fails():
            msg = "The disk is full."
            raise CatalogUnavailable(msg)
        super().save_span(span, guess)

    def add_gap(self, gap: Gap, guess: Guess | None = None) -> None:
        if self.fails():
            msg = "The disk is full."
            raise CatalogUnavailable(msg)
        super().add_gap(gap, guess)


def event_at(at: datetime = NOON, event_id: EventId = EVENT) -> Event:
    return Event(event_id, CAMERA, at, at, causes=(Cause.PERSON,))


def a_delivery(event: Event, state: DeliveryState = DeliveryState.DUE) -> Delivery:
    alert = Alert(AlertId(f"{event.id}:person"), event.id, CAMERA, Cause.PERSON, NOON, "title", "text", "link", b"jpeg")
    return Delivery(alert, "mail", state, 0, NOON)


def with_rows(act: Callable[[EventRows, GapCatalog, HealthBoard], Coroutine[Any, Any, T]]) -> T:
    """Do it while the rows are written."""
    clock = LoopClock(NOON)

    async def main() -> T:
        catalog, health = GapCatalog(), HealthBoard(clock)
        rows = EventRows(catalog, health, clock)
        return await while_running(rows.run, act=lambda: act(rows, catalog, health))

    return run(clock, main)


def test_what_each_part_of_the_shell_knows_meets_in_one_row() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        event = event_at()
        rows.decided(event)
        rows.records(event.id)
        rows.recorded(event.id, RECORDING, 5.0)
        rows.has_still(event.id, BOX)
        rows.ledger(event.id, LedgerEntry(Stage.DECIDED, NOON))
        rows.extended(replace(event, last_seen_at=NOON + seconds(3), score=0.9))
        rows.recorded(event.id, replace(RECORDING, size=2000), 5.0, whole=True)
        rows.decided(replace(event, last_seen_at=NOON + seconds(3), score=0.9, ended_at=NOON + seconds(8)))
        await rows.settled()
        assert catalog.event(event.id) == replace(
            event,
            last_seen_at=NOON + seconds(3),
            score=0.9,
            ended_at=NOON + seconds(8),
            recording=replace(RECORDING, size=2000),
            pre_roll_seconds=5.0,
            has_still=True,
            box=BOX,
            ledger=(LedgerEntry(Stage.DECIDED, NOON),),
        )

    with_rows(act)


def test_an_event_that_merely_goes_on_writes_nothing() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        rows.decided(event_at())
        await rows.settled()
        for second in range(10):
            rows.extended(replace(event_at(), last_seen_at=NOON + seconds(second)))
            await turns()
        assert len(catalog.saved) == 1
        latest = rows.latest(EVENT)
        assert latest is not None
        assert latest.last_seen_at == NOON + seconds(9)

    with_rows(act)


def test_a_new_cause_is_written() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        rows.decided(event_at())
        rows.extended(replace(event_at(), causes=(Cause.PERSON, Cause.PRESS)))
        await rows.settled()
        row = catalog.event(EVENT)
        assert row is not None
        assert row.causes == (Cause.PERSON, Cause.PRESS)

    with_rows(act)


def test_an_event_is_not_over_in_the_catalog_while_a_still_waits() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        rows.decided(event_at())
        rows.still_waits(EVENT)
        rows.decided(replace(event_at(), ended_at=NOON + seconds(9)))
        await rows.settled()
        assert [event.id for event in catalog.unfinished_events()] == [EVENT]
        rows.has_still(EVENT, BOX, waits=True)
        await rows.settled()
        assert [event.id for event in catalog.unfinished_events()] == [EVENT]
        rows.has_still(EVENT, None)
        await rows.settled()
        assert catalog.unfinished_events() == []
        row = catalog.event(EVENT)
        assert row is not None
        assert row.box is None

    with_rows(act)


def test_an_event_whose_still_is_given_up_is_over() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        rows.decided(replace(event_at(), ended_at=NOON + seconds(9)))
        rows.still_waits(EVENT)
        rows.no_still(EVENT)
        await rows.settled()
        assert catalog.unfinished_events() == []

    with_rows(act)


def test_an_event_is_not_over_in_the_catalog_before_its_recording_is_whole() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        rows.decided(event_at())
        rows.records(EVENT)
        rows.decided(replace(event_at(), ended_at=NOON + seconds(9)))
        await rows.settled()
        assert [event.id for event in catalog.unfinished_events()] == [EVENT]
        latest = rows.latest(EVENT)
        assert latest is not None
        assert latest.ended_at is not None
        rows.not_recorded(EVENT)
        await rows.settled()
        assert catalog.unfinished_events() == []

    with_rows(act)


def test_a_catalog_that_fails_is_told_and_gets_the_newest_state_once_it_recovers() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, health: HealthBoard) -> None:
        catalog.fails = lambda: True
        rows.gap(Gap(CAMERA, NOON, NOON + seconds(5), "lost"))
        rows.decided(event_at())
        await turns()
        rows.delivery(a_delivery(event_at()))
        rows.decided(replace(event_at(), ended_at=NOON + seconds(9)))
        assert [problem.key for problem in health.problems()] == ["catalog"]
        catalog.fails = lambda: False
        await rows.settled()
        assert health.problems() == []
        row = catalog.event(EVENT)
        assert row is not None
        assert row.ended_at == NOON + seconds(9)
        assert len(catalog.due_deliveries()) == 1
        assert len(catalog.gaps(CAMERA, NOON, NOON)) == 1

    with_rows(act)


def test_a_change_during_a_write_that_fails_is_not_overwritten_by_the_older_state() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        def meanwhile() -> bool:
            catalog.fails = lambda: False
            rows.delivery(replace(a_delivery(event_at()), state=DeliveryState.ACCEPTED))
            return True

        catalog.fails = meanwhile
        rows.decided(event_at())
        rows.delivery(a_delivery(event_at()))
        await turns()
        await rows.settled()
        assert [delivery.state for delivery in catalog.deliveries_of(EVENT)] == [DeliveryState.ACCEPTED]

    with_rows(act)


def test_two_writers_at_once_write_each_gap_once() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        for second in range(5):
            rows.gap(Gap(CAMERA, NOON + seconds(second), NOON + seconds(second + 1), "lost"))
        await rows.write_all()
        await rows.settled()
        assert len(catalog.gaps(CAMERA, NOON, NOON + seconds(9))) == 5

    with_rows(act)


def test_the_older_of_two_states_never_lands_last() -> None:
    slow, released = threading.Event(), threading.Event()

    class SlowCatalog(FailingCatalog):
        def save_event(self, event: Event, deliveries: Sequence[Delivery] = ()) -> None:
            if not slow.is_set():
                slow.set()
                assert released.wait(60)
            super().save_event(event, deliveries)

    async def main() -> SlowCatalog:
        clock, catalog = FakeClock(NOON), SlowCatalog()
        rows = EventRows(catalog, HealthBoard(clock), clock)
        async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
            rows.decided(event_at())
            tasks.create_task(rows.write_all())
            await asyncio.to_thread(slow.wait, 60)
            rows.decided(replace(event_at(), score=0.9))
            tasks.create_task(rows.write_all())
            await turns()
            released.set()
        return catalog

    assert [event.score for event in asyncio.run(main()).saved] == [None, 0.9]


def test_a_delivery_of_an_event_that_memory_has_lost_is_written_alone() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        catalog.save_event(event_at(), [a_delivery(event_at())])
        rows.delivery(a_delivery(event_at(), DeliveryState.ACCEPTED))
        await rows.settled()
        assert catalog.due_deliveries() == []

    with_rows(act)


def test_a_word_about_the_event_that_is_given_up_this_moment_is_written_alone() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        over = replace(event_at(), ended_at=NOON)
        rows.decided(over)
        await rows.settled()
        catalog.fails = lambda: True
        for number in range(loose_rows.LONGEST_MEMORY):
            rows.decided(event_at(event_id=EventId(f"running-{number}")))
        rows.delivery(a_delivery(over))
        assert EVENT not in rows._unwritten
        catalog.fails = lambda: False
        await rows.settled()
        assert [one.alert.event for one in catalog.due_deliveries()] == [EVENT]

    with_rows(act)


def test_a_late_word_about_a_swept_event_does_not_bring_it_back() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        rows.decided(replace(event_at(), ended_at=NOON))
        await rows.settled()
        catalog.forget_event(EVENT)
        rows.ledger(EVENT, LedgerEntry(Stage.ACCEPTED, NOON, "mail"))
        await rows.settled()
        rows.delivery(a_delivery(event_at(), DeliveryState.ACCEPTED))
        await rows.settled()
        assert catalog.event(EVENT) is None
        assert catalog.deliveries_of(EVENT) == []

    with_rows(act)


def test_an_adopted_event_goes_on_as_the_catalog_has_it() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        known = replace(event_at(), ended_at=NOON, recording=RECORDING)
        catalog.save_event(known)
        rows.adopt(known)
        rows.ledger(EVENT, LedgerEntry(Stage.ACCEPTED, NOON, "mail"))
        await rows.settled()
        row = catalog.event(EVENT)
        assert row is not None
        assert row.recording == RECORDING
        assert len(row.ledger) == 1

    with_rows(act)


def test_old_events_leave_the_memory_once_they_are_written_but_never_one_that_is_recorded() -> None:
    many = MOST_REMEMBERED + 5

    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        for number in range(many):
            rows.decided(replace(event_at(NOON + seconds(number), EventId(f"front-door-{number}")), ended_at=NOON))
            if number == 0:
                rows.records(EventId("front-door-0"))
            await rows.settled()
        assert len(rows._latest) <= MOST_REMEMBERED + 1
        assert rows.latest(EventId("front-door-0")) is not None
        assert rows.latest(EventId("front-door-1")) is None
        assert catalog.event(EventId("front-door-1")) is not None

    with_rows(act)


def test_while_the_catalog_fails_memory_has_a_bound() -> None:
    many = loose_rows.LONGEST_MEMORY + 50

    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        catalog.fails = lambda: True
        for number in range(many):
            rows.decided(replace(event_at(event_id=EventId(f"front-door-{number}")), ended_at=NOON))
        assert len(rows._unwritten) == loose_rows.LONGEST_MEMORY
        assert EventId(f"front-door-{many - 1}") in rows._unwritten

    with_rows(act)


def test_words_about_an_event_nobody_knows_are_dropped() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        rows.ledger(EVENT, LedgerEntry(Stage.ACCEPTED, NOON, "mail"))
        rows.has_still(EVENT, None)
        rows.recorded(EVENT, RECORDING, 0.0, whole=True)
        rows.not_recorded(EVENT)
        await rows.settled()
        assert catalog.saved == []

    with_rows(act)


def test_a_minute_waits_for_a_catalog_that_fails_and_is_written_as_it_is_then() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        def minute(number: int, *, whole: bool) -> RecordedSpan:
            begin = NOON + seconds(60 * number)
            return RecordedSpan(f"{number}.mp4", CAMERA, begin, begin + seconds(60), 10, whole)

        catalog.fails = lambda: True
        rows.span(minute(1, whole=False))
        await turns()
        rows.span(minute(2, whole=False))
        rows.span(minute(1, whole=True))
        await turns()
        assert catalog.unfinished_spans() == []
        catalog.fails = lambda: False
        await rows.settled()
        assert catalog.unfinished_spans() == [minute(2, whole=False)]
        assert catalog.loose_spans(9) == [minute(1, whole=True)]

    with_rows(act)


def test_of_too_many_minutes_the_oldest_is_left_to_the_next_start() -> None:
    async def act(rows: EventRows, catalog: GapCatalog, _: HealthBoard) -> None:
        catalog.fails = lambda: True
        for number in range(loose_rows.LONGEST_MEMORY + 5):
            rows.span(RecordedSpan(f"{number:05}.mp4", CAMERA, NOON, NOON + seconds(60), 10))
        catalog.fails = lambda: False
        await rows.settled()
        assert len(catalog.recording_keys()) == loose_rows.LONGEST_MEMORY
        assert "00000.mp4" not in catalog.recording_keys()

    with_rows(act)
