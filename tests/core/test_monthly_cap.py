"""What a month may cost."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.monthly_cap import MonthlyCap, Spending, billionths

NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


def pay(cap: MonthlyCap, at: datetime) -> bool:
    """As its purse does."""
    if cap.pay(at):
        return True
    wanted = cap.to_set_aside(at)
    if wanted is None:
        return False
    cap.set_aside(wanted)
    return cap.pay(at)


@given(
    st.floats(0.0, 0.01),
    st.floats(1e-7, 0.001),
    st.lists(st.tuples(st.integers(0, 8000), st.sampled_from(["call", "crash", "clock back"])), max_size=300),
)
def test_a_month_never_costs_more_than_its_cap(usd: float, price: float, steps: list[tuple[int, str]]) -> None:
    kept: Spending | None = None
    cap = MonthlyCap(usd, price, None)
    spent: dict[str, int] = {}
    now = NOVEMBER
    for minutes, what in steps:
        now += timedelta(minutes=minutes)
        if what == "crash":
            cap = MonthlyCap(usd, price, kept)
        seen = now - timedelta(days=20_000) if what == "clock back" else now
        for _ in range(7):
            affordable = cap.affords(seen)
            wanted = None if cap.pay(seen) else cap.to_set_aside(seen)
            paid = wanted is None
            if wanted is not None:
                kept = wanted
                cap.set_aside(wanted)
                paid = cap.pay(seen)
            elif not affordable:
                continue
            assert paid == affordable
            month = f"{now:%Y-%m}"
            spent[month] = spent.get(month, 0) + billionths(price)
    assert all(sum_ <= usd * 1e9 for sum_ in spent.values())


def test_the_whole_cap_can_be_spent_and_the_next_month_begins_anew() -> None:
    cap = MonthlyCap(1.0, 0.001, None)
    assert sum(pay(cap, NOVEMBER) for _ in range(2000)) == 1000
    assert not cap.affords(NOVEMBER)
    assert pay(cap, NOVEMBER + timedelta(days=30))


def test_what_is_set_aside_and_not_spent_yet_does_not_count_as_spent() -> None:
    cap = MonthlyCap(1.0, 0.001, Spending("2026-11", billionths(0.2)))
    for _ in range(3):
        assert pay(cap, NOVEMBER)
    assert cap.spent_usd(NOVEMBER) == 0.203
    assert cap.spent_usd(NOVEMBER + timedelta(days=30)) == 0.0


def test_what_a_crash_left_unspent_is_lost_rather_than_spent_twice() -> None:
    cap = MonthlyCap(1.0, 0.001, None)
    assert pay(cap, NOVEMBER)
    again = MonthlyCap(1.0, 0.001, Spending("2026-11", billionths(0.2)))
    assert sum(pay(again, NOVEMBER) for _ in range(2000)) == 800


def test_a_clock_that_was_set_back_begins_no_new_month() -> None:
    cap = MonthlyCap(1.0, 0.001, Spending("2026-11", billionths(1.0)))
    assert not pay(cap, datetime(1970, 1, 1, tzinfo=UTC))


def test_a_clock_that_was_never_set_buys_nothing() -> None:
    assert not pay(MonthlyCap(1.0, 0.001, None), datetime(1970, 1, 1, tzinfo=UTC))


def test_what_costs_nothing_is_never_over_and_without_a_cap_nothing_is_bought() -> None:
    assert pay(MonthlyCap(0.0, 0.0, None), NOVEMBER)
    assert not pay(MonthlyCap(0.0, 1e-6, None), NOVEMBER)


def test_a_price_is_never_counted_for_less() -> None:
    assert billionths(1e-12) == 1
    assert billionths(0.0000117) in {11_700, 11_701}
