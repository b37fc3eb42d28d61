"""The short form of the count of written bytes; the long one is `python tests/faults/written_bytes.py`."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from fakes.begun import Begun, begun
from faults.written_bytes import Written, measured

MEGABYTE_AN_HOUR = 1e6 / 3600
ONE_PAGE = 4096
MOST_WRITTEN = 1.15
"""Bytes for each byte of video, at 4 megabits a second and a sync a second."""

MBIT = {"events": 0.5, "always": 4.0}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun[Written]]:
    """At the same time: each has a disk and a server of its own, and only those are counted."""
    folder = tmp_path_factory.mktemp("written")
    with begun({record: partial(written, folder, record) for record in MBIT}, at_once=2) as found:
        yield found


def written(folder: Path, record: str, number: int) -> Written:
    own = folder / record / str(number)
    own.mkdir(parents=True)
    return measured(own, record, seconds=10.0, cameras=2, mbit=MBIT[record])


def test_while_nobody_is_at_the_door_hardly_anything_is_written(counts: Begun[Written]) -> None:
    found = counts.result("events")
    assert found.kept == 0
    assert found.written <= ONE_PAGE + MEGABYTE_AN_HOUR * found.seconds


def test_what_is_always_recorded_is_written_about_once(counts: Begun[Written]) -> None:
    found = counts.result("always")
    assert found.kept >= 2 * 8 * 400_000
    assert found.written <= MOST_WRITTEN * found.kept
    assert found.on_device is None or found.on_device <= MOST_WRITTEN * found.kept
