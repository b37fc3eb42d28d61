"""The short form of the kill campaign; the long one is `python tests/faults/kills.py --kills 10`."""

from pathlib import Path

import pytest

from fakes.server_process import model_folder
from faults.kills import campaign

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        model_folder() is None, reason="no detection model here: `doorstep models fetch --data var/test`"
    ),
]


def test_killed_at_random_moments_store_and_catalog_agree(tmp_path: Path) -> None:
    for kill in campaign(tmp_path / "data", kills=2, longest=14.0, seed=7):
        assert kill.agreement.is_whole, kill.agreement
        assert kill.buffered_seconds > 0
        assert kill.first_segment_seconds < 30
