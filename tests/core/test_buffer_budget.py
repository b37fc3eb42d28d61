"""How the bytes of all buffers are divided, and what the owner reads of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.buffer_budget import fair_shares, index_bytes, kept_words, need_of, short_words
from doorstep.core.camera import CameraId
from doorstep.core.rolling_buffer import WAITING_PART, RollingBuffer
from fakes.footage import bare_segment

NEEDS = st.dictionaries(st.sampled_from("abcdefgh").map(CameraId), st.integers(0, 10**10), min_size=1)
BUDGETS = st.integers(0, 10**10)


def cameras(**needs: int) -> dict[CameraId, int]:
    return {CameraId(name): need for name, need in needs.items()}


def test_who_needs_less_leaves_the_rest_to_the_others() -> None:
    assert fair_shares(100, cameras(door=10, garden=80, yard=500)) == cameras(door=10, garden=45, yard=45)


def test_a_camera_that_is_off_needs_nothing_and_the_others_get_its_share_at_once() -> None:
    assert fair_shares(100, cameras(door=90, garden=90)) == cameras(door=50, garden=50)
    assert fair_shares(100, cameras(door=90, garden=0)) == cameras(door=95, garden=5)
    assert fair_shares(100, cameras(door=100, garden=0)) == cameras(door=100, garden=0)


@given(BUDGETS, NEEDS)
def test_shares_never_exceed_the_budget(budget: int, needs: dict[CameraId, int]) -> None:
    shares = fair_shares(budget, needs)
    assert shares.keys() == needs.keys()
    assert sum(shares.values()) <= budget
    assert min(shares.values()) >= 0


@given(BUDGETS, NEEDS)
def test_nobody_has_more_than_one_who_lacks(budget: int, needs: dict[CameraId, int]) -> None:
    shares = fair_shares(budget, needs)
    lacking = [shares[camera] for camera in needs if shares[camera] < needs[camera]]
    if lacking:
        assert max(shares.values()) <= min(lacking) + 1  # a byte: shares are whole numbers
        assert sum(shares.values()) == budget  # and nothing lies idle while somebody lacks


@given(BUDGETS, NEEDS)
def test_an_equal_part_is_nobodys_to_take(budget: int, needs: dict[CameraId, int]) -> None:
    shares = fair_shares(budget, needs)
    assert all(shares[camera] >= min(needs[camera], budget // len(needs)) for camera in needs)


@given(BUDGETS, NEEDS)
def test_switching_a_camera_off_costs_the_others_nothing(budget: int, needs: dict[CameraId, int]) -> None:
    before = fair_shares(budget, needs)
    off = min(needs)
    after = fair_shares(budget, {**needs, off: 0})
    for camera in needs.keys() - {off}:
        assert after[camera] >= min(before[camera], needs[camera])


@given(st.floats(100, 1e7), st.floats(1, 3600))
def test_a_share_of_the_need_holds_the_wanted_seconds_and_its_readers(rate: float, wanted: float) -> None:
    assert index_bytes(need_of(rate, wanted, 0)) >= rate * wanted


@given(st.integers(16, 10**10))
def test_an_index_and_what_waits_for_readers_fit_the_share(share: int) -> None:
    held = index_bytes(share)
    assert held + held // WAITING_PART <= share


def test_a_camera_of_unknown_bit_rate_may_need_everything() -> None:
    assert need_of(None, 900, 1000) == 1000
    assert RollingBuffer(900, 1000).fitting_seconds is None


def test_a_buffer_tells_how_much_would_fit_before_it_is_full() -> None:
    buffer = RollingBuffer(900, 400 * 360)
    for number in range(10):
        buffer.append(bare_segment(number, at=number))

    assert buffer.bytes_per_second == pytest.approx(400)
    assert kept_words(900, buffer.fitting_seconds) == "15 min wanted, 6 kept"


@pytest.mark.parametrize(
    ("wanted", "fits", "words"),
    [
        (900, 360, "15 min wanted, 6 kept"),
        (900, 150, "15 min wanted, 2.5 kept"),
        (900, 45, "15 min wanted, 45 s kept"),
        (3600, 2000, "60 min wanted, 33 kept"),
        (30, 12, "30 s wanted, 12 s kept"),
        (900, 899, ""),
        (900, None, ""),
    ],
)
def test_what_does_not_fit_is_said(wanted: float, fits: float | None, words: str) -> None:
    assert kept_words(wanted, fits) == words


def test_a_camera_that_lacks_is_named_in_a_sentence() -> None:
    assert short_words("Door", "") == ""
    told = "The memory holds fewer of the last minutes of Door than wanted (15 min wanted, 6 kept)."
    assert short_words("Door", "15 min wanted, 6 kept") == told
