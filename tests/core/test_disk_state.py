"""When a disk warns, when recording rests, and that it goes on by itself."""

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.disk_state import (
    MAY_RECORD,
    DiskLevel,
    DiskReading,
    disk_words,
    is_full,
    nearly_full_below,
    next_level,
    retention_bytes,
)

GB = 1_000_000_000


def large(free: int) -> DiskReading:
    return DiskReading(total=64 * GB, free=free)


def levels(*frees: int) -> list[DiskLevel]:
    level, found = DiskLevel.WELL, []
    for free in frees:
        level = next_level(level, large(free))
        found.append(level)
    return found


def test_a_disk_that_fills_warns_first_and_then_stops() -> None:
    assert levels(5 * GB, 400_000_000, 40_000_000) == [DiskLevel.WELL, DiskLevel.NEARLY_FULL, DiskLevel.FULL]


def test_it_goes_on_by_itself_with_some_room_to_spare() -> None:
    assert levels(40_000_000, 55_000_000, 70_000_000, 550_000_000, 700_000_000) == [
        DiskLevel.FULL,
        DiskLevel.FULL,
        DiskLevel.NEARLY_FULL,
        DiskLevel.NEARLY_FULL,
        DiskLevel.WELL,
    ]


def test_what_is_full_takes_nothing_until_there_is_some_room_to_spare() -> None:
    assert [is_full(large(free), held=False) for free in (49_000_000, 51_000_000)] == [True, False]
    assert [is_full(large(free), held=True) for free in (62_000_000, 63_000_000)] == [True, False]


def test_a_small_disk_is_measured_by_its_size() -> None:
    assert next_level(DiskLevel.WELL, DiskReading(3_000_000, 1_000_000)) is DiskLevel.WELL
    assert next_level(DiskLevel.WELL, DiskReading(3_000_000, 100_000)) is DiskLevel.NEARLY_FULL
    assert next_level(DiskLevel.WELL, DiskReading(3_000_000, 0)) is DiskLevel.FULL


def test_read_only_and_silent_disks_are_neither_full_nor_well() -> None:
    assert next_level(DiskLevel.WELL, DiskReading(GB, GB, read_only=True)) is DiskLevel.READ_ONLY
    assert next_level(DiskLevel.READ_ONLY, None) is DiskLevel.NOT_ANSWERING
    assert next_level(DiskLevel.NOT_ANSWERING, large(5 * GB)) is DiskLevel.WELL


def test_whatever_keeps_from_recording_is_told_and_what_to_do() -> None:
    assert disk_words(DiskLevel.WELL, large(GB)) == ("", "")
    for level in set(DiskLevel) - {DiskLevel.WELL}:
        what, remedy = disk_words(level, None if level is DiskLevel.NOT_ANSWERING else large(7_000_000))
        assert what
        assert remedy
        assert ("begins again by itself" in remedy) == (level not in MAY_RECORD)


def test_a_nearly_full_disk_makes_the_oldest_go_early() -> None:
    assert retention_bytes(50 * GB, 20 * GB, large(5 * GB)) == 50 * GB
    assert retention_bytes(50 * GB, 20 * GB, large(300_000_000)) == 20 * GB - 200_000_000


def test_what_others_write_does_not_cost_every_recording() -> None:
    assert retention_bytes(40 * GB, 10 * GB + 100, large(0)) == 10 * GB


@given(st.integers(1, 10**13), st.integers(0, 10**13), st.integers(1, 10**13), st.integers(0, 10**13))
def test_expiring_by_rule_never_keeps_more_than_was_allowed_nor_goes_below_a_quarter(
    most: int, used: int, total: int, free: int
) -> None:
    reading = DiskReading(total, min(free, total))
    kept = retention_bytes(most, used, reading)
    assert most // 4 <= kept <= most
    if kept < most and kept > most // 4:
        assert reading.free + used - kept == nearly_full_below(reading)
