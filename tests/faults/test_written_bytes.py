"""The short form of the count of written bytes; the long one is `python tests/faults/written_bytes.py`."""

from pathlib import Path

import pytest

from faults.written_bytes import measured

MEGABYTE_AN_HOUR = 1e6 / 3600
ONE_PAGE = 4096
MOST_WRITTEN = 1.15
"""Bytes for each byte of video, at 4 megabits a second and a sync a second."""


@pytest.mark.slow
def test_while_nobody_is_at_the_door_hardly_anything_is_written(tmp_path: Path) -> None:
    found = measured(tmp_path, "events", seconds=10.0, cameras=2, mbit=0.5)
    assert found.kept == 0
    assert found.written <= ONE_PAGE + MEGABYTE_AN_HOUR * found.seconds


@pytest.mark.slow
def test_what_is_always_recorded_is_written_about_once(tmp_path: Path) -> None:
    found = measured(tmp_path, "always", seconds=10.0, cameras=2, mbit=4.0)
    assert found.kept >= 2 * 8 * 400_000
    assert found.written <= MOST_WRITTEN * found.kept
    assert found.on_device is None or found.on_device <= MOST_WRITTEN * found.kept
