"""A camera that goes away comes back by itself, with one gap that says why and no longer than it must be."""

from pathlib import Path

from fakes.rtsp_camera import needs_camera
from faults.outages import campaign, too_long

GOP = 1.0
TEN_FOLD = 10  # this machine is shared: the campaign has the real bound


def test_each_outage_leaves_one_gap_and_nothing_else(tmp_path: Path) -> None:
    needs_camera()
    found = campaign(tmp_path / "data", count=4, seconds=2.0, gop=GOP, warm_up=1, settle=1.0)
    assert len(found.gaps) == len(found.outages) == 5
    assert not too_long(found, GOP * TEN_FOLD)
    assert all(gap > 1.5 for gap in found.gaps)
    assert all(found.reasons)
    # Fewer than one an outage: the pool of workers may still grow by one or two.
    assert found.last.threads <= found.warm.threads + 2
    assert found.last.descriptors <= found.warm.descriptors + 3
