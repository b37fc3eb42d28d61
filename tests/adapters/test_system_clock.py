"""The machine's own clock, and whether it is right."""

import time
from pathlib import Path

from doorstep.clock import SystemClock, synchronised


def test_both_clocks_are_read_together() -> None:
    clock = SystemClock()
    first, second = clock.reading(), clock.reading()
    assert first.monotonic <= second.monotonic
    assert abs((second.booted_at - first.booted_at).total_seconds()) < 1
    assert first.wall.tzinfo is not None


def test_the_kernel_or_the_time_service_tells_whether_the_clock_was_set(tmp_path: Path) -> None:
    mark = tmp_path / "synchronized"
    assert synchronised(mark) in {True, False, None}
    mark.touch()
    assert synchronised(mark) is True


def test_a_hardware_clock_vouches_only_for_the_time_that_it_shows(tmp_path: Path) -> None:
    mark, hardware = tmp_path / "synchronized", tmp_path / "since_epoch"
    without = synchronised(mark, hardware)
    for wrong in ("12345\n", f"{int(time.time()) - 3600}\n", "", "soon"):
        hardware.write_text(wrong)
        assert synchronised(mark, hardware) is without
    hardware.write_text(f"{int(time.time())}\n")
    assert synchronised(mark, hardware) is True
