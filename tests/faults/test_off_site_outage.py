"""The short form of the outage; the long one is `python tests/faults/off_site_outage.py --events 20 --cut 600`."""

from pathlib import Path

import pytest

from fakes.far_network import needs_far_network
from fakes.radosgw import missing
from fakes.rtsp_camera import needs_camera
from faults.off_site_outage import Plan, house_at_a_cable, outage

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing())]


def test_an_event_that_a_cut_and_then_a_kill_met_shows_what_had_arrived_and_is_there_whole_and_once_after_the_cut(
    tmp_path: Path,
) -> None:
    needs_camera()
    needs_far_network()
    with house_at_a_cable(tmp_path) as (house, cable):
        found = outage(house, cable, Plan(events=2, cut=5.0, seconds=1.0, killed=2.5, behind_cut=1.0))
    assert found.is_well, found
    assert found.killed[0].seconds > 2
    assert (found.clips, found.sent_during_cut, found.waiting_at_end_of_cut) == (2, 0, 1)
