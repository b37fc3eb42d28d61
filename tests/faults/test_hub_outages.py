"""What happens between home and the public, each once: the hub restarts, a portal stands between, the hub's disk is
full.  At both ends it is clear what is wrong, and at home everything goes on.  Figures: `hub_campaign`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from fakes.hub_home import CAMERA
from fakes.hub_places import needs_places
from fakes.hub_portal import portal
from fakes.hub_rig import SSH, Away, hub_world, joined
from fakes.pictures import NEEDS_MODEL
from fakes.server_process import wait_for
from fakes.small_disk import disk_in_memory
from faults.hub_troubles import behind_a_portal, full_disk, restart, well

pytestmark = [pytest.mark.slow, NEEDS_MODEL]

SLOWER = 10.0
HEALED = 5.0 * SLOWER


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Away]:
    needs_places("caddy", "turnserver")
    folder = tmp_path_factory.mktemp("away")
    with (
        disk_in_memory(folder / "world" / "hub", "48m"),
        hub_world(folder / "world") as hub,
        joined(hub, folder / "data") as made,
    ):
        wait_for(lambda: made.home.cameras()[0]["state"] == "live" or None, 30, "a live camera")
        yield made


@pytest.fixture(autouse=True)
def well_before(away: Away) -> None:
    wait_for(lambda: well(away) or None, 60, "the way through the hub, before")


@contextmanager
def portal_at_the_phone(away: Away) -> Iterator[None]:
    world = away.hub.world
    with portal(world.internet, world.folder / "portal at the phone"):
        world.phone_portal(on=True)
        try:
            yield
        finally:
            world.phone_portal(on=False)


def presses(away: Away) -> int:
    return sum("press" in one["causes"] for one in away.home.events())


def test_a_hub_that_restarts_is_found_again(away: Away) -> None:
    assert restart(away).healed < HEALED


def test_without_its_hub_a_house_rings_and_records_and_says_what_is_wrong(away: Away) -> None:
    away.hub.place.run("systemctl", "stop", "doorstep-hub-ssh")
    try:
        shown = wait_for(lambda: found if (found := away.home.hub())["state"] == "down" else None, 30, "down")
        assert shown["reason"]
        before = presses(away)
        away.home.ask("POST", f"/cameras/{CAMERA}/press").raise_for_status()
        wait_for(lambda: presses(away) > before or None, 30, "a press that is recorded")
        told = wait_for(
            lambda: next((one for one in away.home.problems() if "reached from outside" in one), None), 20, "the words"
        )
        assert "go on" in told
        page = away.phone.ask("GET", "/")
        assert (page.status_code, page.headers["retry-after"]) == (503, "5")
        assert "not connected" in page.text
        said = away.phone.ask("GET", "/api/v1/cameras")
        assert (said.status_code, said.json()["code"]) == (503, "box-away")
    finally:
        away.hub.place.run("systemctl", "start", "doorstep-hub-ssh")


def test_a_portal_between_is_told_from_the_hub(away: Away) -> None:
    healed = behind_a_portal(away, lambda: away.hub.place.run("systemctl", "restart", SSH))
    assert "no hub" in healed.words, healed.words
    assert healed.healed < HEALED


def test_behind_a_portal_a_phone_is_shown_no_page_of_somebody_else_as_the_doors(away: Away) -> None:
    with portal_at_the_phone(away), pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        away.phone.ask("GET", "/healthz")


def test_a_hub_with_a_full_disk_keeps_what_it_knows_and_carries_on(away: Away) -> None:
    boxes = away.hub.verb("boxes").stdout
    with full_disk(away):
        refused = away.hub.verb("pair", "garage", check=False)
        assert refused.returncode != 0
        assert "disk" in (refused.stdout + refused.stderr).lower()
        assert "Traceback" not in refused.stderr
        assert away.reached()
        assert away.hub.verb("boxes").stdout == boxes
        assert restart(away).healed < HEALED
    assert away.hub.pair("garage").startswith("dh1-")
    away.hub.verb("revoke", "garage")
