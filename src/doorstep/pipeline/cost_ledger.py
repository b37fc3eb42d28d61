"""Keeps a row of every call that costs money, and says whether one more may be paid.  The sums are `core/costs`'."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Lock

import structlog

from doorstep.core.costs import PACE_DAYS, MonthSpending, PayeeCosts, house_costs, month_of, next_month
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import EventId
from doorstep.core.paid_call import PaidCall, Payee
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import CallRecords, Clock

log = structlog.get_logger()

WRITE_SECONDS = 60.0
"""Rows are written together: one by one they would wear out an SD card.  A crash forgets so much of the counting."""

TELL_SECONDS = 5.0
MOST_WAITING = 5000
KEPT_DAYS = 400.0
FORGET_SECONDS = 86_400.0
WORDS = {
    Payee.S3: ("what the bucket may cost", "Clips wait here"),
    Payee.LAMBDA: ("what the detector in Lambda may cost", "The model on this machine looks"),
    Payee.SES: ("what mail by Amazon SES may cost", "Nobody is told by mail"),
    Payee.SQS: ("what the queue of motion may cost", "Motion from the cloud is not heard"),
    Payee.DETECTOR: ("what the remote detector may cost", "The model on this machine looks"),
}


class CostLedger:
    """`note` and `affords` may be called from any thread and return at once, the rest on the event loop.

    `new_id` names a row; `may_forget` says whether the clock is right enough to tell which rows are old.
    """

    def __init__(
        self,
        records: CallRecords,
        caps_usd: Mapping[Payee, float],
        health: HealthBoard,
        clock: Clock,
        new_id: Callable[[], str],
        may_forget: Callable[[], bool] = lambda: True,
    ) -> None:
        self._records = records
        self._caps = caps_usd
        self._health = health
        self._clock = clock
        self._new_id = new_id
        self._may_forget = may_forget
        self._lock = Lock()
        self._spending = MonthSpending(caps_usd)
        self._waiting: deque[PaidCall] = deque(maxlen=MOST_WAITING)
        self._forgot_at: float | None = None
        self._writing = asyncio.Lock()
        self._known_month: datetime | None = None

    def note(
        self,
        payee: Payee,
        operation: str,
        billionths: int,
        size: int = 0,
        event: EventId | None = None,
        count: int = 1,
    ) -> None:
        """It was called; the row is written within a minute."""
        now = self._clock.now()
        with self._lock:
            self._spending.paid(payee, billionths, now)
            self._waiting.append(PaidCall(self._new_id(), now, payee, operation, billionths, size, event, count))

    def affords(self, payee: Payee) -> bool:
        """Whether one more call may be paid this month; without a cap always."""
        with self._lock:
            return self._spending.affords(payee, self._clock.now())

    async def costs(self) -> tuple[PayeeCosts, ...]:
        """This month's so far and as it will be.  Raises CatalogUnavailable."""
        await self.write_all()
        now = self._clock.now()
        since = now - timedelta(days=PACE_DAYS)

        def read() -> tuple[PayeeCosts, ...]:
            month, paced = self._records.calls(month_of(now), next_month(now)), self._records.calls(since, now)
            return house_costs(month, paced, self._paced_days(), now, self._caps)

        return await on_disk(self._health, read)

    async def run(self) -> None:
        """Take up what this month cost before, then write what comes and tell of caps that are reached, for ever."""
        written_at = self._clock.monotonic()
        while True:
            try:
                await self._begin()
                if self._clock.monotonic() - written_at >= WRITE_SECONDS:
                    written_at = self._clock.monotonic()
                    await self.write_all()
                    await self._forget_old()
            except CatalogUnavailable as error:
                log.warning("what calls cost could not be written", reason=str(error))
            self.tell()
            await self._clock.sleep(TELL_SECONDS)

    def tell(self) -> None:
        """What is spent is a minor problem until the month is over."""
        for payee in self._caps:
            if self.affords(payee):
                self._health.clear(f"cap:{payee}")
                continue
            what, meanwhile = WORDS[payee]
            remedy = f"Raise aws.monthly_cap_usd.{payee}, or wait for the next month."
            self._health.report(f"cap:{payee}", f"This month is spent: {what}. {meanwhile}.", remedy, minor=True)

    async def write_all(self) -> None:
        """What waits.  Raises CatalogUnavailable, and what waits stays."""
        async with self._writing:
            with self._lock:
                waiting = list(self._waiting)
            if not waiting:
                return
            await on_disk(self._health, self._records.save_calls, waiting)
            written = {call.id for call in waiting}
            with self._lock:
                self._waiting = deque((call for call in self._waiting if call.id not in written), MOST_WAITING)

    async def write_last(self) -> None:
        """What waits when all ends, if the catalog takes it."""
        with suppress(CatalogUnavailable):
            await self.write_all()

    async def _begin(self) -> None:
        """Also when the clock is set: a month that it showed before was another one, and cost something else."""
        now = self._clock.now()
        if self._known_month == month_of(now):
            return
        async with self._writing:  # what waits and what has its row are told apart
            totals = await on_disk(self._health, self._records.calls, month_of(now), next_month(now))
            with self._lock:
                self._spending.began(now, totals, self._waiting)
        self._known_month = month_of(now)

    async def _forget_old(self) -> None:
        now = self._clock.monotonic()
        if self._may_forget() and (self._forgot_at is None or now - self._forgot_at >= FORGET_SECONDS):
            self._forgot_at = now
            before = self._clock.now() - timedelta(days=KEPT_DAYS)
            await asyncio.to_thread(self._records.forget_calls, before)

    def _paced_days(self) -> float:
        """How many of the last days were counted."""
        first = self._records.first_call()
        if first is None:
            return 0.0
        return min(PACE_DAYS, (self._clock.now() - first).total_seconds() / 86_400)
