"""The short form of the upgrade campaign; the long one is `python tests/faults/upgrade_kills.py --every 1`."""

from pathlib import Path

import pytest

from faults import disk_trace, older_doorstep
from faults.older_doorstep import House
from faults.upgrade_kills import (
    STATES,
    Known,
    cuts,
    kills,
    kills_on_the_way_back,
    older_house,
    way_back,
    whole_copy_of,
)

WHY_NOT = disk_trace.why_not() or older_doorstep.why_not()

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "it can be run")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Known]:
    """By a real 0.1.0 that was killed: its last rows are in the catalog's log."""
    return older_house(tmp_path_factory.mktemp("older") / "house", events=1, killed=True)


def test_killed_in_an_upgrade_the_older_doorstep_runs_on_or_ours_does(
    made: tuple[House, Known], tmp_path: Path
) -> None:
    left = list(kills(made[0], tmp_path, every=80))
    assert len(left) >= 3
    assert [one for one in left if one.faults] == []


def test_killed_on_the_way_back_either_catalog_is_there_and_none_is_lost(
    made: tuple[House, Known], tmp_path: Path
) -> None:
    left = list(kills_on_the_way_back(made[0], tmp_path, every=60))
    assert len(left) >= 3
    assert [one for one in left if one.faults] == []


def test_whatever_a_power_cut_in_an_upgrade_leaves_no_row_is_lost(made: tuple[House, Known], tmp_path: Path) -> None:
    left = list(cuts(made[0], tmp_path, number=3, seed=2))
    assert len(left) == 3 * len(STATES)
    assert [one for one in left if one.faults] == []


def test_up_and_back_down_every_event_is_there_and_what_came_since_is_found(
    made: tuple[House, Known], tmp_path: Path
) -> None:
    house, known = made
    assert way_back(whole_copy_of(house, tmp_path / "back"), known) == []
