"""What calls to others came to this month, what they will, and whether one more may be paid.  Pure sums."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from doorstep.core.monthly_cap import PER_USD
from doorstep.core.paid_call import CallTotal, PaidCall, Payee

PACE_DAYS = 7.0
"""What the last days cost a day, the rest of the month will."""

LEAST_PACE_DAYS = 1.0
"""A first hour is no pace."""


@dataclass(frozen=True, slots=True)
class PayeeCosts:
    """What one payee costs in a month, in dollars; `cap_usd` None without a cap."""

    payee: Payee
    calls: int
    size: int
    spent_usd: float
    forecast_usd: float
    cap_usd: float | None = None


def month_of(at: datetime) -> datetime:
    """When the month of a moment began, in UTC, as bills do."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(at: datetime) -> datetime:
    """When the next one begins."""
    begun = month_of(at)
    return begun + timedelta(days=monthrange(begun.year, begun.month)[1])


def forecast_usd(spent_usd: float, paced_usd: float, paced_days: float, at: datetime) -> float:
    """What the month of `at` will have cost: what it did so far, and for the rest the pace of the last days.

    `paced_usd` is what `paced_days` up to now cost, PACE_DAYS at most, fewer where nobody counted before.
    """
    left_days = (next_month(at) - at).total_seconds() / 86_400
    return spent_usd + paced_usd / max(LEAST_PACE_DAYS, paced_days) * left_days


def house_costs(
    month: Iterable[CallTotal], paced: Iterable[CallTotal], paced_days: float, at: datetime, caps: Mapping[Payee, float]
) -> tuple[PayeeCosts, ...]:
    """For each payee that is paid or has a cap, in the order in which `Payee` has them."""
    spent, recently = _sums(month), _sums(paced)
    return tuple(
        PayeeCosts(
            payee,
            calls=spent.get(payee, _NOTHING)[0],
            size=spent.get(payee, _NOTHING)[1],
            spent_usd=spent.get(payee, _NOTHING)[2] / PER_USD,
            forecast_usd=forecast_usd(
                spent.get(payee, _NOTHING)[2] / PER_USD, recently.get(payee, _NOTHING)[2] / PER_USD, paced_days, at
            ),
            cap_usd=caps.get(payee),
        )
        for payee in Payee
        if payee in spent or payee in recently or payee in caps
    )


_NOTHING = (0, 0, 0)


def _sums(totals: Iterable[CallTotal]) -> dict[Payee, tuple[int, int, int]]:
    """Calls, bytes and billionths of each."""
    sums: dict[Payee, tuple[int, int, int]] = {}
    for total in totals:
        count, size, spent = sums.get(total.payee, _NOTHING)
        sums[total.payee] = count + total.count, size + total.size, spent + total.billionths
    return sums


class MonthSpending:
    """What each payee was given this month, kept in memory; a month that ends begins anew."""

    def __init__(self, caps_usd: Mapping[Payee, float]) -> None:
        self._caps = {payee: round(cap * PER_USD) for payee, cap in caps_usd.items() if cap > 0}
        self._month: datetime | None = None
        self._spent: dict[Payee, int] = {}

    def began(self, at: datetime, totals: Iterable[CallTotal], unwritten: Iterable[PaidCall] = ()) -> None:
        """What rows say of the month of `at`, and what has no row yet; all that was known before is forgotten."""
        self._month, self._spent = month_of(at), {}
        ours = [call for call in unwritten if month_of(call.at) == self._month]
        known: list[CallTotal | PaidCall] = [*totals, *ours]
        for one in known:
            self._spent[one.payee] = self._spent.get(one.payee, 0) + one.billionths

    def paid(self, payee: Payee, spent: int, at: datetime) -> None:
        """One more call, in billionths of a dollar."""
        self._turn(at)
        self._spent[payee] = self._spent.get(payee, 0) + spent

    def affords(self, payee: Payee, at: datetime) -> bool:
        """Whether its cap, if it has one, is not reached yet."""
        self._turn(at)
        cap = self._caps.get(payee)
        return cap is None or self._spent.get(payee, 0) < cap

    def cap_usd(self, payee: Payee) -> float | None:
        """None without a cap."""
        cap = self._caps.get(payee)
        return None if cap is None else cap / PER_USD

    def _turn(self, at: datetime) -> None:
        """A clock that was set back spends of the newest month, until rows say more."""
        month = month_of(at)
        if self._month is None or month > self._month:
            self._month, self._spent = month, {}
