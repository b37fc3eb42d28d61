"""What the kind of disk means for syncs and wear."""

import pytest

from doorstep.core.disk_kind import (
    DURABILITY_SECONDS,
    DiskKind,
    WrittenBytes,
    buffer_wear_words,
    durability_of,
    durability_words,
)

DAY = 86_400.0


def test_an_sd_card_is_synced_every_five_seconds_and_an_ssd_every_second() -> None:
    assert durability_of(None, DiskKind.SD_CARD) == 5.0
    assert durability_of(None, DiskKind.SSD) == 1.0
    assert durability_of(2.0, DiskKind.SD_CARD) == 2.0
    assert DURABILITY_SECONDS.keys() == set(DiskKind)


def test_the_owner_reads_what_a_power_cut_costs() -> None:
    assert durability_words(5, DiskKind.SD_CARD) == (
        "Recordings are synced every 5 s (SD card): a power cut costs no more than that."
    )


@pytest.mark.parametrize("kind", list(DiskKind))
def test_only_flash_that_wears_out_is_warned_about(kind: DiskKind) -> None:
    words = buffer_wear_words(kind, 500_000)
    if kind in {DiskKind.SD_CARD, DiskKind.EMMC, DiskKind.USB_STICK}:
        assert f"writes 43 GB a day to the {kind}" in words
    else:
        assert words == ""


def test_bytes_per_day_are_told_by_the_last_day() -> None:
    written = WrittenBytes()
    written.observe(0, 0)
    assert written.per_day is None
    for minute in range(1, 2 * 1440 + 1):
        rate = 100 if minute <= 1440 else 10
        written.observe(1440 * 100 + (minute - 1440) * 10 if rate == 10 else minute * 100, minute * 60.0)
    assert written.per_day == pytest.approx(14_400, rel=0.2)


def test_the_first_minutes_already_tell() -> None:
    written = WrittenBytes()
    written.observe(1000, 0)
    written.observe(1600, 60)
    assert written.per_day == pytest.approx(600 * 1440)
    written.observe(100, 120)
    assert written.per_day is None
