"""The contract of everything that keeps rows of paid calls."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from doorstep.catalog.engine import open_engine, sqlite_url
from doorstep.catalog.memory_calls import MemoryCallRecords
from doorstep.catalog.sql_calls import SqlCallRecords
from doorstep.catalog.upgrade import upgrade
from doorstep.core.event import EventId
from doorstep.core.paid_call import CallTotal, PaidCall, Payee
from doorstep.ports import CallRecords

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
VISIT = EventId("visit")


@pytest.fixture(params=["memory", "sqlite"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CallRecords]:
    if request.param == "memory":
        yield MemoryCallRecords()
        return
    engine = open_engine(sqlite_url(tmp_path / "doorstep.sqlite"))
    upgrade(engine)
    yield SqlCallRecords(engine)
    engine.dispose()


def call(number: int, payee: Payee = Payee.S3, operation: str = "put", event: EventId | None = None) -> PaidCall:
    at = NOON + timedelta(minutes=number)
    return PaidCall(f"call{number}", at, payee, operation, 10**12 * number, 2**40 * number, event, count=number)


def test_there_is_nothing_at_first(records: CallRecords) -> None:
    assert records.first_call() is None
    assert list(records.calls(NOON, NOON + timedelta(days=1))) == []
    records.save_calls([])


def test_calls_are_summed_by_payee_and_operation(records: CallRecords) -> None:
    records.save_calls([call(1), call(2), call(3, operation="part"), call(4, Payee.SES, "mail")])
    assert list(records.calls(NOON, NOON + timedelta(days=1))) == [
        CallTotal(Payee.S3, "part", 3, 3 * 2**40, 3 * 10**12),
        CallTotal(Payee.S3, "put", 3, 3 * 2**40, 3 * 10**12),
        CallTotal(Payee.SES, "mail", 4, 4 * 2**40, 4 * 10**12),
    ]


def test_the_beginning_counts_and_the_end_does_not(records: CallRecords) -> None:
    records.save_calls([call(1), call(2), call(3)])
    (total,) = records.calls(NOON + timedelta(minutes=1), NOON + timedelta(minutes=3))
    assert total.count == 3
    assert records.first_call() == NOON + timedelta(minutes=1)


def test_a_call_that_is_saved_twice_counts_once(records: CallRecords) -> None:
    records.save_calls([call(1)])
    records.save_calls([call(1), call(2)])
    (total,) = records.calls(NOON, NOON + timedelta(days=1))
    assert total.count == 3


def test_an_event_knows_its_calls(records: CallRecords) -> None:
    mine = [call(1, event=VISIT), call(3, Payee.SES, "mail", VISIT)]
    records.save_calls([*reversed(mine), call(2), call(4, event=EventId("other"))])
    assert list(records.calls_of(VISIT)) == mine


def test_old_ones_are_forgotten(records: CallRecords) -> None:
    records.save_calls([call(1), call(2), call(3)])
    assert records.forget_calls(NOON + timedelta(minutes=3)) == 2
    assert records.forget_calls(NOON + timedelta(minutes=3)) == 0
    assert records.first_call() == NOON + timedelta(minutes=3)
