"""The short form of the disk campaigns; the long one is `python tests/faults/disk_trouble.py --trouble full`."""

from pathlib import Path

import pytest

from fakes.loop_disk import needs_disk
from faults.disk_trouble import TROUBLES, campaign


@pytest.mark.slow
@pytest.mark.parametrize("kind", TROUBLES)
def test_a_disk_in_trouble_costs_no_second_and_no_answer_of_the_process(tmp_path: Path, kind: str) -> None:
    needs_disk()
    found = campaign(tmp_path, kind, times=1, seed=2, seconds=(5.0, 6.0))
    assert found.agreement.is_whole, found.agreement
    assert found.unfinished == 0
    (trouble,) = found.troubles
    assert trouble.kept >= trouble.lasted - 1.5
    assert max(trouble.meanwhile.alive) < 2
    assert trouble.resumed < 15
    assert trouble.told is not None
    assert trouble.told < 5
    assert trouble.meanwhile.failed == []
    assert max(trouble.meanwhile.answers) < 2
