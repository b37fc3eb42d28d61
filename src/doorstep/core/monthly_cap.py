"""How much may be spent this month?  Pure sums in whole billionths of a dollar; where they are kept lives elsewhere."""

from dataclasses import dataclass
from datetime import UTC, datetime

PER_USD = 1_000_000_000
CALLS_AT_ONCE = 200
EARLIEST_MONTH = "2026-11"
"""A clock that shows an earlier one was not set yet, and what it let spend would be spent again."""


def billionths(usd: float) -> int:
    """Dollars as whole billionths, rounded up: a price is never counted for less than it is."""
    return -int(-usd * PER_USD // 1)


@dataclass(frozen=True, slots=True)
class Spending:
    """What is set aside in a month ("2026-11", in UTC), whether it was spent already or not; in billionths of a USD."""

    month: str
    billionths: int

    def __post_init__(self) -> None:
        if self.billionths < 0:
            msg = "nothing is spent backwards"
            raise ValueError(msg)


class MonthlyCap:
    """Sets aside first, spends then: what a crash leaves unspent is lost, so the cap holds over any restart.

    Money is set aside for many calls at once, so that a disk is not written at each.  Not thread-safe.
    """

    def __init__(self, cap_usd: float, price_usd: float, kept: Spending | None) -> None:
        """`kept` is what was set aside before, by whatever process."""
        self._cap = int(max(0.0, cap_usd) * PER_USD)
        self._price = billionths(max(0.0, price_usd))
        self._aside = kept
        self._left = 0

    def affords(self, at: datetime) -> bool:
        """Whether one more call may be paid in this month."""
        return self._price == 0 or self._left_in(at) >= self._price or self.to_set_aside(at) is not None

    def spent_usd(self, at: datetime) -> float:
        """In this month, with what a crash left unspent; a little more where somebody pays at this moment."""
        return (self._aside_in(self._month(at)) - self._left_in(at)) / PER_USD

    def to_set_aside(self, at: datetime) -> Spending | None:
        """What must be kept, and then told to `set_aside`, before `pay` allows more; None when the month is spent."""
        month = self._month(at)
        if month < EARLIEST_MONTH:
            return None
        spent = self._aside_in(month)
        calls = min(CALLS_AT_ONCE, (self._cap - spent) // self._price) if self._price else 0
        return Spending(month, spent + calls * self._price) if calls > 0 else None

    def set_aside(self, kept: Spending) -> None:
        """It is kept: a restart would find it."""
        left = self._left if self._aside is not None and self._aside.month == kept.month else 0
        self._left = left + kept.billionths - self._aside_in(kept.month)
        self._aside = kept

    def pay(self, at: datetime) -> bool:
        """Take the price of one call from what is set aside; False where it does not suffice."""
        if self._price == 0:
            return True
        if self._left_in(at) < self._price:
            return False
        self._left -= self._price
        return True

    def _aside_in(self, month: str) -> int:
        return self._aside.billionths if self._aside is not None and self._aside.month == month else 0

    def _left_in(self, at: datetime) -> int:
        """What was set aside for a month that is over is not spent in the next."""
        return self._left if self._aside is not None and self._aside.month == self._month(at) else 0

    def _month(self, at: datetime) -> str:
        """A clock that was set back (a Pi boots in 1970) does not begin a new month: it spends of the newest."""
        month = f"{at.astimezone(UTC):%Y-%m}".zfill(7)
        return month if self._aside is None else max(month, self._aside.month)
