"""Viewers come and go, some of them rudely: nothing of them stays, and nothing of the recording is missing."""

from pathlib import Path

import pytest

from fakes.tries import first_well
from faults.viewers import campaign, watched_server

pytestmark = pytest.mark.slow

HEAPS_AND_CACHES = 64 << 20


def test_nothing_is_left_of_viewers_that_come_and_go(tmp_path: Path) -> None:
    with watched_server(tmp_path / "data", "demo://") as server:
        found = first_well(
            lambda: campaign(server, count=40, at_once=20, sockets=60),
            lambda found: not found.troubles(HEAPS_AND_CACHES) and not found.errors,
        )
    assert found.troubles(HEAPS_AND_CACHES) == []
    assert found.errors == {}
    assert sum(found.visits.values()) == 100
    assert found.packets > 0
