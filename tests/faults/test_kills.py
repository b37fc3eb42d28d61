"""The short form of the kill campaign; the long one is `python tests/faults/kills.py --kills 500`."""

from pathlib import Path

import pytest

from fakes.rtsp_camera import needs_camera
from faults.kills import CAMERAS, campaign

pytestmark = pytest.mark.slow

RUNNING_SECOND = 1.0
ON_THE_WAY = 0.5
"""Seconds from the camera's clock to our hand, on a machine that runs many tests at once."""


def test_killed_at_random_moments_nothing_is_lost_but_the_running_second(tmp_path: Path) -> None:
    needs_camera()
    for kill in campaign(tmp_path / "data", kills=3, longest=4.0, seed=7):
        assert kill.is_well, kill.agreement
        assert len(kill.lost) == CAMERAS
        assert max(kill.lost) <= RUNNING_SECOND + ON_THE_WAY
        assert len(kill.behind) >= CAMERAS
        assert max(kill.behind) <= RUNNING_SECOND + ON_THE_WAY
        assert kill.buffered > 0
        assert kill.live_again < 30
