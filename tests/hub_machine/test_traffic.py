"""Bytes of the month: none is counted twice or lost, whatever counters and clocks do."""

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from doorstep.hub_machine.traffic import (
    MONTHS_KEPT,
    Counters,
    Traffic,
    bytes_this_month,
    counted,
    counters_in,
    month_of,
    read_traffic,
    write_traffic,
)

NOVEMBER = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
_HEAD = "Inter-|   Receive                 |  Transmit\n face |bytes    packets errs drop fifo frame |bytes  packets\n"
_REST = "10 0 0 0 0 0 0"
DEVICES = f"{_HEAD}  lo: 9999 {_REST} 9999 {_REST}\n eth0: 1000 {_REST} 300 {_REST}\ndocker0: 70 {_REST} 7 {_REST}\n"
ROUTES = "Iface\tDestination\tGateway \tFlags\neth0\t00000000\t0102000A\t0003\ndocker0\t000011AC\t00000000\t0001\n"


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9), st.booleans()), min_size=1))
def test_what_went_is_counted_once_over_any_number_of_restarts(steps: list[tuple[int, int, bool]]) -> None:
    traffic = counted(Traffic(), Counters(0, 0, "0"), NOVEMBER)
    received = sent = boots = expected_in = expected_out = 0
    for more_in, more_out, restarted in steps:
        if restarted:
            received, sent, boots = 0, 0, boots + 1
        received, sent = received + more_in, sent + more_out
        expected_in, expected_out = expected_in + more_in, expected_out + more_out
        traffic = counted(traffic, Counters(received, sent, str(boots)), NOVEMBER)
    assert traffic.month(NOVEMBER) == (expected_in, expected_out)


def test_the_first_look_counts_nothing_and_a_clock_that_jumps_forgets_nothing() -> None:
    traffic = counted(Traffic(), Counters(10**12, 10**12, "a"), NOVEMBER)
    assert traffic.months == {}
    traffic = counted(traffic, Counters(10**12 + 5, 10**12, "a"), NOVEMBER)
    traffic = counted(traffic, Counters(10**12 + 6, 10**12, "a"), 0.0)
    traffic = counted(traffic, Counters(10**12 + 8, 10**12 + 1, "a"), NOVEMBER)
    assert traffic.month(NOVEMBER) == (7, 1)


@given(st.lists(st.integers(0, 60), max_size=80))
def test_old_months_are_forgotten(months: list[int]) -> None:
    traffic = counted(Traffic(), Counters(0, 0), NOVEMBER)
    for number, month in enumerate(months):
        traffic = counted(traffic, Counters(number, number), NOVEMBER + month * 31 * 86_400)
    assert len(traffic.months) <= MONTHS_KEPT


def test_the_outer_interface_counts() -> None:
    assert counters_in(DEVICES, ROUTES, "b") == Counters(1000, 300, "b")
    assert counters_in(DEVICES, "", "b") == Counters(1070, 307, "b")
    assert counters_in("", "", "b") is None


def test_what_was_counted_is_there_after_a_restart_and_a_foreign_file_is_none(tmp_path: Path) -> None:
    traffic = Traffic({"2026-11": (5, 7)}, Counters(1, 2, "c"))
    write_traffic(tmp_path, traffic)
    assert read_traffic(tmp_path) == traffic
    assert bytes_this_month(tmp_path, NOVEMBER) == 12
    for text in ("", "{", "[]", '{"months": 5}', '{"months":{"2026-11":["x"]},"last":null}'):
        (tmp_path / "traffic.json").write_text(text)
        assert bytes_this_month(tmp_path, NOVEMBER) == 0
    assert month_of(NOVEMBER) == "2026-11"
