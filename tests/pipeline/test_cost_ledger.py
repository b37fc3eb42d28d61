"""Rows of what others are paid, and the caps that hold it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count

import pytest

from doorstep.catalog.memory_calls import MemoryCallRecords
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import EventId
from doorstep.core.monthly_cap import PER_USD
from doorstep.core.paid_call import PaidCall, Payee
from doorstep.pipeline.cost_ledger import TELL_SECONDS, CostLedger
from doorstep.pipeline.health import HealthBoard
from fakes.clock import FakeClock


class SickRecords(MemoryCallRecords):
    def __init__(self) -> None:
        super().__init__()
        self.is_sick = False

    def save_calls(self, calls: Sequence[PaidCall]) -> None:
        if self.is_sick:
            msg = "The disk does not answer."
            raise CatalogUnavailable(msg)
        super().save_calls(calls)


class House:
    def __init__(
        self, records: MemoryCallRecords | None = None, s3_usd: float = 1.0, clock: FakeClock | None = None
    ) -> None:
        self.clock = clock or FakeClock()
        self.health = HealthBoard(self.clock)
        self.records = records or MemoryCallRecords()
        ids = count()
        self.is_right = True
        self.ledger = CostLedger(
            self.records,
            {Payee.S3: s3_usd},
            self.health,
            self.clock,
            lambda: f"{next(ids)}-{id(self)}",
            lambda: self.is_right,
        )

    async def run(self, rounds: int = 20) -> None:
        """For so many looks, and what they wait for."""
        running = asyncio.get_running_loop().create_task(self.ledger.run())
        began = self.clock.monotonic()
        while self.clock.monotonic() < began + rounds * TELL_SECONDS:  # noqa: ASYNC110 - the clock tells nobody
            await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.wait([running])

    def problems(self) -> list[str]:
        return [problem.what for problem in self.health.problems()]


def test_every_call_becomes_a_row() -> None:
    async def check() -> None:
        house = House()
        house.ledger.note(Payee.S3, "put", 5, 100, EventId("visit"))
        house.ledger.note(Payee.SES, "mail", 7)
        await house.ledger.write_all()
        assert [call.billionths for call in house.records.calls_of(EventId("visit"))] == [5]
        found = await house.ledger.costs()
        assert [(one.payee, one.calls) for one in found] == [(Payee.S3, 1), (Payee.SES, 1)]

    asyncio.run(check())


def test_what_cannot_be_written_now_is_written_later_and_once() -> None:
    async def check() -> None:
        records = SickRecords()
        house = House(records)
        records.is_sick = True
        house.ledger.note(Payee.S3, "put", 5, event=EventId("visit"))
        with pytest.raises(CatalogUnavailable):
            await house.ledger.write_all()
        records.is_sick = False
        house.ledger.note(Payee.S3, "put", 6, event=EventId("visit"))
        await house.ledger.write_all()
        await house.ledger.write_all()
        assert [call.billionths for call in records.calls_of(EventId("visit"))] == [5, 6]

    asyncio.run(check())


def test_a_cap_that_is_reached_is_told_and_holds_until_the_month_is_over() -> None:
    async def check() -> None:
        house = House()
        assert house.ledger.affords(Payee.S3)
        house.ledger.note(Payee.S3, "put", PER_USD)
        assert not house.ledger.affords(Payee.S3)
        house.ledger.tell()
        assert any("what the bucket may cost" in what for what in house.problems())
        assert house.ledger.affords(Payee.SES)
        house.clock.advance(40 * 86_400)
        assert house.ledger.affords(Payee.S3)
        house.ledger.tell()
        assert house.problems() == []

    asyncio.run(check())


def test_a_restart_does_not_spend_the_month_again() -> None:
    async def check() -> None:
        first = House()
        first.ledger.note(Payee.S3, "put", PER_USD)
        await first.ledger.write_all()
        second = House(first.records)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(second.ledger.run())
            while second.ledger.affords(Payee.S3):
                await asyncio.sleep(0)
                await asyncio.sleep(0.01)
            running.cancel()
        assert not second.ledger.affords(Payee.S3)

    asyncio.run(check())


@pytest.mark.parametrize("shown", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2066, 5, 1, tzinfo=UTC)])
def test_a_clock_that_is_set_after_the_start_neither_spends_the_month_again_nor_blocks_the_next(
    shown: datetime,
) -> None:
    async def check() -> None:
        first = House()
        first.ledger.note(Payee.S3, "put", PER_USD)
        await first.ledger.write_all()
        second = House(first.records, clock=FakeClock(shown))
        second.is_right = False
        await second.run()
        assert second.ledger.affords(Payee.S3)
        second.clock.set_wall((first.clock.now() - second.clock.now()).total_seconds())
        await second.run()
        assert not second.ledger.affords(Payee.S3)
        second.clock.advance(20 * 86_400)
        second.is_right = True
        assert second.clock.now().month == 12
        await second.run()
        assert second.ledger.affords(Payee.S3)

    asyncio.run(check())


def test_what_is_written_before_the_month_is_taken_up_counts_once() -> None:
    async def check() -> None:
        house = House()
        house.ledger.note(Payee.S3, "put", PER_USD * 6 // 10)
        await house.ledger.costs()
        await house.run()
        assert house.ledger.affords(Payee.S3)

    asyncio.run(check())
