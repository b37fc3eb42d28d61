"""A disk that fills while nothing goes off-site: what needs no line goes first, and what is lost is told."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from doorstep.core.disk_state import DiskReading, nearly_full_below
from fakes.far_network import needs_far_network
from fakes.off_site_house import FILM, UNMOVED, OffSiteHouse
from fakes.radosgw import missing
from fakes.rtsp_camera import RtspCamera, needs_camera
from fakes.server_process import wait_for
from fakes.small_disk import disk_in_memory
from faults.off_site_outage import house_at_a_cable

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing())]

LOST = "recordings that were not off-site yet had to be deleted"
RETENTION = """
[retention]
max_bytes = "500 kB"
"""
GARDEN = """
[[camera]]
id = "garden"
name = "The garden"
source = "{url}"
upload = false
{unmoved}
"""


def lack(disk: Path, size: int) -> None:
    """So many bytes are missing there from now on until the disk is not nearly full any more."""
    there, filler = os.statvfs(disk), disk / "filler"
    block = there.f_frsize
    filled = filler.stat().st_size if filler.exists() else 0
    least = nearly_full_below(DiskReading(there.f_blocks * block, there.f_bavail * block))
    filler.write_bytes(bytes(filled + there.f_bavail * block - least + size))


def size_of(house: OffSiteHouse, event: str) -> int:
    """Of its recording here."""
    return int(house.find(event)["clip"]["bytes"])


def where(house: OffSiteHouse, *events: str) -> list[tuple[str, str]]:
    """Where the video of each is, and how its copy stands."""
    found = {one["id"]: one for one in house.server.events()}
    return [(found[event]["clip"]["where"], found[event]["off_site"]["state"]) for event in events]


def known(house: OffSiteHouse) -> set[str]:
    """The events that a row tells of."""
    return {one["id"] for one in house.server.events()}


def troubles(house: OffSiteHouse) -> str:
    """All that the owner is told of."""
    return " ".join(one["what"] for one in house.server.get("/status")["problems"])


def fill_until(disk: Path, size: int, house: OffSiteHouse, done: Callable[[], bool]) -> None:
    """So many bytes are missing; it is swept at each start that looks at the disk first, else a minute later."""
    house.server.stop()
    lack(disk, size)
    for seconds in (5, 5, 5, 90):
        house.server.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if done():
                return
            time.sleep(0.1)
        house.server.stop()
    pytest.fail("nothing was swept")


def test_while_the_line_is_cut_a_full_disk_costs_first_what_needs_no_line_and_the_rest_is_told_and_sent(
    tmp_path: Path,
) -> None:
    needs_camera()
    needs_far_network()
    with (
        disk_in_memory(tmp_path / "data" / "recordings", "20m") as disk,
        RtspCamera(FILM) as camera,
        house_at_a_cable(
            tmp_path, source=camera.url, camera=GARDEN.format(url=camera.url, unmoved=UNMOVED), more=RETENTION
        ) as at_cable,
    ):
        house, cable = at_cable
        sent = house.event(2)
        wait_for(lambda: where(house, sent) == [("here", "done")], 30, "the first clip off-site")
        cable.pull()
        oldest, never, newest = house.event(2), house.event(2, "garden"), house.event(2)
        as_it_waits = [("here", "waiting"), ("here", "none"), ("here", "waiting")]
        wait_for(lambda: where(house, oldest, never, newest) == as_it_waits, 10, "what waits for the line")

        fill_until(disk, size_of(house, sent) + size_of(house, never) // 2, house, lambda: never not in known(house))
        assert where(house, sent, oldest, newest) == [("off-site", "done"), ("here", "waiting"), ("here", "waiting")]
        assert LOST not in troubles(house)

        fill_until(disk, size_of(house, oldest) // 2, house, lambda: where(house, oldest) == [("gone", "none")])
        assert where(house, newest) == [("here", "waiting")]
        wait_for(lambda: LOST in troubles(house), 10, "the word that something is lost")

        cable.plug_in()
        wait_for(lambda: where(house, newest)[0][1] == "done", 90, "the rest off-site")
        assert house.sent().keys() == {sent, newest}
