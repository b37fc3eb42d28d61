"""What a killed process leaves is taken up once: neither lost nor told twice, whoever is killed next."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.app.taking_up import take_up
from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.alert import Alert, AlertId
from doorstep.core.delivery import AGAIN, BEING_TRIED, MOST_AGAIN, Delivery, DeliveryState, further
from doorstep.core.event import EventId
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.stores.alert_journal import AlertJournal
from fakes.clock import FakeClock
from fakes.listening_notifier import ListeningNotifier

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ALERT = Alert(AlertId("trouble:1"), None, None, None, NOON, "t", "x", "/")
ON_ITS_WAY = Delivery(ALERT, "mail", DeliveryState.DUE, 1, NOON, BEING_TRIED, "mail")


@dataclass
class Run:
    """One process over a folder and a catalog that stay.  It writes no row: its disk stalls until it is killed."""

    folder: Path
    catalog: MemoryCatalog
    kept: list[Delivery] = field(default_factory=list)

    def start(self, clock: FakeClock) -> Sequence[Delivery]:
        """What is due in it."""
        health = HealthBoard(clock)
        outbox = Outbox(
            RecipientBook.of([ListeningNotifier("mail")]), EventRows(self.catalog, health, clock), health, clock
        )
        self.journal = AlertJournal(self.folder)
        outbox.on_change.append(self.journal.note)
        asyncio.run(take_up(outbox, self.journal, self.kept.append, self.catalog))
        return list(outbox._lanes["mail"].waiting.values())


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path / "memory", MemoryCatalog())


def test_what_was_on_its_way_is_told_again_once_however_many_runs_end_before_their_rows(
    run: Run, clock: FakeClock
) -> None:
    run.catalog.save_delivery(ON_ITS_WAY)
    AlertJournal(run.folder).note(ON_ITS_WAY)
    (again,) = run.start(clock)
    assert again.alert.id == f"{ALERT.id}{AGAIN}"
    run.journal.note(replace(again, state=DeliveryState.ACCEPTED, attempts=1))
    assert run.start(clock) == []
    assert run.start(clock) == []


def test_what_is_told_again_and_interrupted_too_is_told_once_more_and_not_for_ever(run: Run, clock: FakeClock) -> None:
    AlertJournal(run.folder).note(ON_ITS_WAY)
    told = []
    while due := run.start(clock):
        (again,) = due
        told.append(again.alert.id)
        run.journal.note(replace(again, attempts=1, outcome=BEING_TRIED))
    assert told == [f"{ALERT.id}{AGAIN}", *(f"{ALERT.id}{AGAIN}-{number}" for number in range(2, MOST_AGAIN + 1))]
    assert again.alert.text.count("you may have it already") == 1


def test_a_row_that_is_further_than_the_journal_counts(run: Run, clock: FakeClock) -> None:
    run.catalog.save_delivery(replace(ON_ITS_WAY, state=DeliveryState.ACCEPTED, outcome="accepted"))
    AlertJournal(run.folder).note(ON_ITS_WAY)
    assert run.start(clock) == []


def test_what_the_rows_do_not_say_yet_is_written_behind(run: Run, clock: FakeClock) -> None:
    accepted = replace(ON_ITS_WAY, state=DeliveryState.ACCEPTED, outcome="accepted")
    run.catalog.save_delivery(ON_ITS_WAY)
    AlertJournal(run.folder).note(accepted)
    assert run.start(clock) == []
    assert run.kept == [accepted]


@given(
    states=st.lists(st.sampled_from(DeliveryState), min_size=2, max_size=2),
    attempts=st.lists(st.integers(0, 5), min_size=2, max_size=2),
)
def test_of_two_records_what_is_over_is_never_due_again(states: list[DeliveryState], attempts: list[int]) -> None:
    alert = replace(ALERT, event=EventId("e"))
    one, other = (Delivery(alert, "mail", state, tries, NOON) for state, tries in zip(states, attempts, strict=True))
    chosen = further(one, other)
    assert chosen in (one, other)
    assert chosen.state is not DeliveryState.DUE or one.state is other.state is DeliveryState.DUE
    assert further(one, other).state == further(other, one).state
