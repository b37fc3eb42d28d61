"""What others are paid: sums, forecast, caps, and the formulas of prices."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core import prices
from doorstep.core.costs import MonthSpending, forecast_usd, house_costs, month_of, next_month
from doorstep.core.monthly_cap import PER_USD
from doorstep.core.paid_call import CallTotal, PaidCall, Payee

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - as hypothesis wants it


def test_the_figures_of_a_detector_in_lambda_are_those_of_the_formula() -> None:
    """As third parties reckon it: every 15 s around the clock $2.05 a month, 600 calls a day $0.21."""
    around_the_clock = prices.DAYS_A_MONTH * 86_400 / 15
    assert round(around_the_clock) == 175_334
    assert prices.looked_in_lambda() * around_the_clock / PER_USD == pytest.approx(2.05, abs=0.01)
    assert prices.looked_in_lambda() * 600 * prices.DAYS_A_MONTH / PER_USD == pytest.approx(0.21, abs=0.005)


def test_a_clip_costs_its_requests_and_its_month() -> None:
    spent = prices.sent_to_s3(10 * prices.GB, prices.DAYS_A_MONTH, requests=1000) / PER_USD
    assert spent == pytest.approx(0.005 + 0.23)


def test_each_receiver_of_a_mail_counts() -> None:
    assert prices.mailed_by_ses(100_000, receivers=3) == 3 * prices.mailed_by_ses(100_000)
    assert prices.mailed_by_ses(0) == 100_000


@given(st.integers(0, 10**13), st.floats(0, 36_500), st.integers(0, 10**6))
def test_nothing_is_counted_for_less_than_it_costs(size: int, days: float, requests: int) -> None:
    exact = requests * prices.S3_PUT_USD + size / prices.GB * prices.S3_GB_MONTH_USD * days / prices.DAYS_A_MONTH
    assert prices.sent_to_s3(size, days, requests) >= exact * PER_USD - 1e-3


@given(MOMENTS)
def test_a_month_holds_its_moments(at: datetime) -> None:
    assert month_of(at) <= at < next_month(at)
    assert month_of(next_month(at)) == next_month(at)
    assert next_month(at) - month_of(at) <= timedelta(days=31)


@given(st.floats(0, 1000), st.floats(0, 1000), st.floats(0, 7), MOMENTS)
def test_a_month_will_not_have_cost_less_than_it_did(spent: float, paced: float, days: float, at: datetime) -> None:
    assert forecast_usd(spent, paced, days, at) >= spent


def test_the_rest_of_the_month_goes_on_at_the_pace_of_the_last_week() -> None:
    assert forecast_usd(15.0, 7.0, 7.0, NOON) == pytest.approx(15.0 + 14.5)


def test_a_first_hour_is_no_pace() -> None:
    hour = forecast_usd(0.5, 0.5, 1 / 24, NOON)
    assert hour == pytest.approx(0.5 + 0.5 * 14.5)


def test_who_is_paid_nothing_and_has_no_cap_is_not_listed() -> None:
    month = [CallTotal(Payee.S3, "put", 10, 500, PER_USD), CallTotal(Payee.S3, "part", 5, 100, PER_USD)]
    found = house_costs(month, month, 7.0, NOON, {Payee.SES: 1.0})
    assert [(one.payee, one.calls, one.size, one.spent_usd, one.cap_usd) for one in found] == [
        (Payee.S3, 15, 600, 2.0, None),
        (Payee.SES, 0, 0, 0.0, 1.0),
    ]


@given(st.lists(st.tuples(st.sampled_from(Payee), st.integers(0, PER_USD)), max_size=50))
def test_what_has_a_cap_is_paid_until_it_is_reached(calls: list[tuple[Payee, int]]) -> None:
    spending = MonthSpending({Payee.S3: 1.0})
    paid = 0
    for payee, spent in calls:
        if spending.affords(payee, NOON):
            spending.paid(payee, spent, NOON)
            paid += spent if payee is Payee.S3 else 0
        else:
            assert payee is Payee.S3
            assert paid >= PER_USD
    assert paid < 2 * PER_USD  # at most one call beyond


def test_what_was_paid_before_a_restart_counts() -> None:
    spending = MonthSpending({Payee.S3: 1.0, Payee.LAMBDA: 1.0})
    waits = PaidCall("1", NOON, Payee.S3, "put", PER_USD // 2)
    of_before = PaidCall("2", NOON - timedelta(days=30), Payee.LAMBDA, "look", PER_USD)
    spending.paid(Payee.S3, PER_USD // 2, NOON)
    spending.began(NOON, [CallTotal(Payee.S3, "put", 1, 0, PER_USD // 4)], [waits, of_before])
    assert spending.affords(Payee.S3, NOON)
    spending.began(NOON, [CallTotal(Payee.S3, "put", 1, 0, PER_USD // 2)], [waits, of_before])
    assert not spending.affords(Payee.S3, NOON)
    assert spending.affords(Payee.LAMBDA, NOON)


def test_a_new_month_begins_with_nothing_and_a_clock_set_back_does_not() -> None:
    spending = MonthSpending({Payee.S3: 1.0})
    spending.paid(Payee.S3, 2 * PER_USD, NOON)
    assert not spending.affords(Payee.S3, NOON - timedelta(days=60))
    assert spending.affords(Payee.S3, next_month(NOON))
