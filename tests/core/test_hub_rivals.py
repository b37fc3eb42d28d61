"""Two machines with one key are told from a hub that restarts and from a network that comes and goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.hub_rivals import MOST_THROWN_OUT, WITHIN_SECONDS, HubRivals
from doorstep.core.hub_tunnel import HubReason

Ends = list[tuple[HubReason, bool]]
THROWN_OUT: Ends = [(HubReason.CLOSED, True), (HubReason.PORT_TAKEN, False)]


def fed(ends: Ends, every: float = 5.0) -> tuple[HubRivals, float]:
    rivals, now = HubRivals(), 1000.0
    for reason, was_up in ends:
        now += every
        rivals.ended(reason, now, was_up=was_up)
    return rivals, now


def test_who_is_thrown_out_again_and_again_has_a_rival() -> None:
    rivals, now = fed(THROWN_OUT * MOST_THROWN_OUT)
    assert rivals.are_there(now)
    (trouble,) = rivals.trouble(now)
    assert trouble.minor
    assert "doorstep-hub pair" in trouble.remedy


def test_it_is_over_once_it_rests() -> None:
    rivals, now = fed(THROWN_OUT * MOST_THROWN_OUT)
    assert not rivals.are_there(now + WITHIN_SECONDS)
    assert list(rivals.trouble(now + WITHIN_SECONDS)) == []


@pytest.mark.parametrize(
    "ends",
    [
        THROWN_OUT * (MOST_THROWN_OUT - 1),
        [(HubReason.CLOSED, True), (HubReason.NOT_LISTENING, False)] * 20,
        [(HubReason.SILENT, True), (HubReason.PORT_TAKEN, False)] * 20,
        [(HubReason.PORT_TAKEN, False)] * 20,
        [(HubReason.CLOSED, True)] * 20,
        [(HubReason.CLOSED, False), (HubReason.PORT_TAKEN, False)] * 20,
    ],
    ids=["seldom", "restarts", "half-open", "port-held", "closed", "never-up"],
)
def test_other_ends_are_no_rival(ends: Ends) -> None:
    rivals, now = fed(ends)
    assert not rivals.are_there(now)


def test_a_slow_quarrel_is_forgotten() -> None:
    rivals, now = fed(THROWN_OUT * 20, every=WITHIN_SECONDS)
    assert not rivals.are_there(now)


@given(st.lists(st.tuples(st.sampled_from(HubReason), st.booleans()), max_size=60))
def test_without_a_port_that_is_taken_nobody_is_suspected(ends: Ends) -> None:
    rivals, now = fed([one for one in ends if one[0] is not HubReason.PORT_TAKEN])
    assert not rivals.are_there(now)
