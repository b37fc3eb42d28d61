"""So many bytes leave in a second, whoever sends them."""

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.bandwidth import BURST_SECONDS, Bandwidth


def test_what_fits_into_the_burst_leaves_at_once_and_the_rest_waits_its_turn() -> None:
    bandwidth = Bandwidth(8.0)  # a thousand bytes a second
    assert bandwidth.wait(1000, 10.0) == 0.0
    assert bandwidth.wait(500, 10.0) == 1.0 - BURST_SECONDS
    assert bandwidth.wait(1, 10.0) == 1.5 - BURST_SECONDS


def test_a_silence_saves_no_more_than_a_burst() -> None:
    bandwidth = Bandwidth(8.0)
    bandwidth.wait(1000, 0.0)
    assert bandwidth.wait(1000, 1000.0) == 0.0
    assert bandwidth.wait(1000, 1000.0) == 1.0 - BURST_SECONDS


def test_a_piece_is_a_quarter_of_a_second_but_never_tiny() -> None:
    assert Bandwidth(8000.0).piece == 250_000
    assert Bandwidth(1.0).piece == 1024


@given(
    kbit=st.floats(8.0, 100_000.0),
    pieces=st.lists(st.tuples(st.integers(1, 1 << 20), st.floats(0.0, 3.0)), min_size=1, max_size=60),
)
def test_no_span_of_time_sees_more_than_the_bound_a_burst_and_a_piece(
    kbit: float, pieces: list[tuple[int, float]]
) -> None:
    bandwidth, at = Bandwidth(kbit), 100.0
    left: list[tuple[float, int]] = []
    for length, pause in pieces:
        at += pause + bandwidth.wait(length, at + pause)
        left.append((at, length))
    rate = kbit * 125.0
    for first in range(len(left)):
        sent = sum(length for _, length in left[first:])
        seconds = left[-1][0] - left[first][0]
        assert sent <= rate * (seconds + BURST_SECONDS) + left[-1][1] + 1.0


@given(kbit=st.floats(8.0, 100_000.0), lengths=st.lists(st.integers(1, 1 << 16), min_size=2, max_size=60))
def test_who_always_has_something_to_send_gets_the_whole_bound(kbit: float, lengths: list[int]) -> None:
    bandwidth, at = Bandwidth(kbit), 5.0
    for length in lengths:
        at += bandwidth.wait(length, at)
    assert at - 5.0 <= sum(lengths) / (kbit * 125.0)
