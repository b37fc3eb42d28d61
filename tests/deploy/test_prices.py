"""The estimate before a deployment, against the figures that were worked out by hand."""

from dataclasses import replace

import pytest
from deploy.aws.prices import Usage, in_words, look_usd, monthly, total
from hypothesis import given
from hypothesis import strategies as st

EVERY_15_SECONDS = 175_334


def test_detection_costs_what_the_guide_says() -> None:
    assert EVERY_15_SECONDS * look_usd() == pytest.approx(2.05, abs=0.01)
    assert 600 * 30.44 * look_usd() == pytest.approx(0.21, abs=0.005)


def test_a_usual_home_costs_less_than_a_dollar() -> None:
    assert 0.5 < total(monthly(Usage())) < 1.0


def test_what_is_left_out_costs_nothing() -> None:
    bare = replace(Usage(), detects=False, mails=False, motion=False)
    assert [line.what.split(",")[0] for line in monthly(bare)] == ["storage", "sending", "watching"]


def test_the_estimate_says_what_it_assumes_and_where_its_prices_come_from() -> None:
    words = "\n".join(in_words(Usage(cameras=3, events=7)))
    assert "3 camera(s), each with 7 events a day" in words
    assert "third parties" in words
    assert "2026-11" in words
    assert f"{total(monthly(Usage(cameras=3, events=7))):.2f} USD  a month" in words


@given(
    st.builds(
        Usage,
        cameras=st.integers(1, 16),
        events=st.integers(0, 500),
        looks=st.integers(0, 6000),
        keep_days=st.integers(1, 365),
        clip_seconds=st.floats(1, 300),
    )
)
def test_more_is_never_cheaper(usage: Usage) -> None:
    dear = total(monthly(usage))
    more = (
        replace(usage, cameras=usage.cameras + 1),
        replace(usage, events=usage.events + 1),
        replace(usage, keep_days=usage.keep_days + 1),
        replace(usage, looks=usage.looks + 1),
    )
    assert all(total(monthly(one)) >= dear for one in more)
    assert total(monthly(replace(usage, cameras=2 * usage.cameras))) <= 2 * dear + 0.01
