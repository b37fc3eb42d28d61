"""Connections that are lost without a word: a NAT forgets them, or the house was away and comes back as somebody new.

Both are noticed and overcome; how fast tells `hub_campaign`, here the times are ten times what is promised.
"""

import time
from collections.abc import Iterator

import pytest

from fakes.hub_places import needs_places
from fakes.hub_rig import Away, hub_world, joined
from fakes.pictures import NEEDS_MODEL
from fakes.server_process import wait_for
from faults.hub_troubles import forgetting, until, well

pytestmark = [pytest.mark.slow, NEEDS_MODEL]

SLOWER = 10.0
HEALED, NOTICED = 5.0 * SLOWER, 20.0 * SLOWER
AWAY_SECONDS = 24.0
"""Longer than either end waits for a sign of the other."""


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Away]:
    needs_places("caddy", "turnserver")
    folder = tmp_path_factory.mktemp("silence")
    with hub_world(folder / "world") as hub, joined(hub, folder / "data") as made:
        yield made


@pytest.fixture(autouse=True)
def well_before(away: Away) -> None:
    wait_for(lambda: well(away) or None, 60, "the way through the hub, before")


def test_a_nat_that_forgot_is_noticed_and_overcome(away: Away) -> None:
    healed = forgetting(away)
    assert "carries nothing" in healed.words
    assert healed.noticed < NOTICED
    assert healed.healed < HEALED


def test_a_house_that_was_away_for_long_has_its_port_back_whoever_knocks_meanwhile(away: Away) -> None:
    """The hub ends the former session by itself, also while strangers' requests wait in it."""
    world, end = away.hub.world, time.monotonic() + AWAY_SECONDS
    world.cut_home(off=True)
    world.forget()
    try:
        while time.monotonic() < end:
            assert not away.reached()
    finally:
        world.cut_home(off=False)
    assert until(away.reached, time.monotonic()) < HEALED
