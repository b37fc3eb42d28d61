"""The journal of deliveries in memory: what a killed process leaves behind."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.clock_state import Dating
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.delivery_json import BROKEN, delivery_line, delivery_of
from doorstep.core.event import EventId
from doorstep.stores import alert_journal
from doorstep.stores.alert_journal import AlertJournal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
INSTANTS = st.datetimes(timezones=st.just(UTC), min_value=datetime(2026, 1, 1), max_value=datetime(2030, 1, 1))  # noqa: DTZ001 - Hypothesis wants naive bounds


def delivery(number: int = 1, state: DeliveryState = DeliveryState.DUE) -> Delivery:
    alert = Alert(AlertId(f"a{number}"), EventId("e"), CameraId("c"), Cause.PRESS, NOON, "t", "x\ny", "/")
    return Delivery(alert, "mail", state, 1, NOON, "outcome", "Mail")


@given(
    event=st.none() | st.text(min_size=1).map(EventId),
    cause=st.none() | st.sampled_from(Cause),
    words=st.text(),
    state=st.sampled_from(DeliveryState),
    seen=st.none() | INSTANTS,
    at=INSTANTS,
)
def test_a_delivery_comes_back_as_it_was_without_its_picture(
    event: EventId | None, cause: Cause | None, words: str, state: DeliveryState, seen: datetime | None, at: datetime
) -> None:
    alert = Alert(AlertId("a"), event, None, cause, at, words, words, words, b"jpeg", is_test=True)
    one = Delivery(alert, words, state, 3, at + timedelta(seconds=5), words, words, seen, seen)
    line = delivery_line(one)
    assert "\n" not in line
    assert delivery_of(line) == replace(one, alert=replace(alert, snapshot=b""))


@given(st.text())
def test_what_nobody_can_read_is_said_to_be_broken(text: str) -> None:
    with pytest.raises(BROKEN):
        delivery_of(text)


def test_the_next_run_finds_how_each_delivery_stood_last(tmp_path: Path) -> None:
    journal = AlertJournal(tmp_path / "memory")
    journal.note(delivery(1))
    journal.note(delivery(2))
    journal.note(delivery(1, DeliveryState.ACCEPTED))
    with (tmp_path / "memory" / "alerts").open("a") as file:
        file.write(delivery_line(delivery(3))[:40])  # killed while it wrote
    left = AlertJournal(tmp_path / "memory").deliveries()
    assert [(one.alert.id, one.state) for one in left] == [("a2", DeliveryState.DUE), ("a1", DeliveryState.ACCEPTED)]


def test_the_file_stays_small_and_holds_what_is_due_and_the_newest_outcomes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_journal, "MOST_BYTES", 100_000)
    monkeypatch.setattr(alert_journal, "MOST_OVER", 100)
    journal = AlertJournal(tmp_path / "memory")
    for number in range(2000):
        journal.note(delivery(number))
        journal.note(delivery(max(1, number - 50), DeliveryState.ACCEPTED))
    journal.note(delivery(1, DeliveryState.FAILED))  # the oldest changed last
    assert (tmp_path / "memory" / "alerts").stat().st_size < 250_000
    left = {one.id: one.state for one in AlertJournal(tmp_path / "memory").deliveries()}
    assert [name for name, state in left.items() if state is DeliveryState.DUE] == [
        delivery(number).id for number in (0, *range(1950, 2000))
    ]
    assert left[delivery(1949).id] is DeliveryState.ACCEPTED
    assert left[delivery(1).id] is DeliveryState.FAILED


def test_what_rows_say_too_is_forgotten_once_it_is_over_and_what_changed_since_is_not(tmp_path: Path) -> None:
    journal = AlertJournal(tmp_path / "memory")
    rows = [delivery(0), delivery(1, DeliveryState.ACCEPTED), delivery(2)]
    for row in rows:
        journal.note(row)
    journal.note(delivery(2, DeliveryState.FAILED))
    journal.forget(rows)
    left = AlertJournal(tmp_path / "memory").deliveries()
    assert [(one.alert.id, one.state) for one in left] == [("a0", DeliveryState.DUE), ("a2", DeliveryState.FAILED)]


def test_a_note_that_could_not_be_written_is_written_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = AlertJournal(tmp_path / "memory")
    journal.note(delivery(1))
    write = os.write

    def half(file: int, content: bytes) -> int:  # as a memory that is full to the last page
        return write(file, content[: len(content) // 2])

    monkeypatch.setattr(os, "write", half)
    journal.note(delivery(1, DeliveryState.ACCEPTED))
    journal.note(delivery(2))
    monkeypatch.undo()
    assert [one.state for one in AlertJournal(tmp_path / "memory").deliveries()] == [DeliveryState.DUE]
    journal.note(delivery(3))
    left = AlertJournal(tmp_path / "memory").deliveries()
    assert [(one.alert.id, one.state) for one in left] == [
        ("a1", DeliveryState.ACCEPTED),
        ("a2", DeliveryState.DUE),
        ("a3", DeliveryState.DUE),
    ]


def test_the_next_run_finds_the_true_times_once_the_clock_was_set(tmp_path: Path) -> None:
    journal = AlertJournal(tmp_path / "memory")
    journal.note(delivery(1))
    journal.redate(Dating(timedelta(days=9000)))
    (left,) = AlertJournal(tmp_path / "memory").deliveries()
    assert (left.alert.at, left.next_at) == (NOON + timedelta(days=9000), NOON + timedelta(days=9000))


def test_no_picture_stays_in_memory_for_it(tmp_path: Path) -> None:
    journal = AlertJournal(tmp_path / "memory")
    one = delivery(1)
    journal.note(replace(one, alert=replace(one.alert, snapshot=b"jpeg")))
    assert journal.deliveries() == (one,)


def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    folder.mkdir()
    folder.chmod(0o777)
    journal = AlertJournal(folder)
    journal.note(delivery())
    assert list(folder.iterdir()) == []


def test_without_a_folder_nothing_is_noted_and_nothing_fails() -> None:
    journal = AlertJournal(None)
    journal.note(delivery())
    assert journal.deliveries() == ()
