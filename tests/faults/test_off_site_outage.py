"""The short form of the outage; the long one is `python tests/faults/off_site_outage.py --events 20 --cut 600`."""

from pathlib import Path

import pytest

from fakes.rtsp_camera import needs_camera
from faults.off_site_outage import Plan, house_over, outage

pytestmark = pytest.mark.slow


def test_after_a_cut_and_a_kill_every_clip_lies_there_once_and_the_killed_event_plays_before_the_restart(
    tmp_path: Path,
) -> None:
    needs_camera()
    with house_over(tmp_path, moto=True) as house:
        found = outage(house, Plan(events=6, cut=12.0, seconds=3.0))
    assert found.is_well, found
    assert found.sent_during_cut == 0
    assert found.waiting_at_end_of_cut == 3
