"""The short form of the disk campaigns; the long one is `python tests/faults/disk_trouble.py --trouble full`."""

from pathlib import Path

import pytest

from fakes.loop_disk import needs_disk
from faults.disk_trouble import TROUBLES, Trouble, campaign

TRIES = 4


@pytest.mark.slow
@pytest.mark.parametrize("kind", TROUBLES)
def test_a_disk_in_trouble_costs_no_second_and_no_answer_of_the_process(tmp_path: Path, kind: str) -> None:
    needs_disk()
    slow = []
    for number in range(TRIES):
        (folder := tmp_path / str(number)).mkdir()
        found = campaign(folder, kind, times=1, seed=2, seconds=(5.0, 6.0))
        assert found.agreement.is_whole, found.agreement
        assert found.unfinished == 0
        (trouble,) = found.troubles
        if is_quick(trouble):
            return
        slow.append(trouble)
    raise AssertionError(slow)


def is_quick(trouble: Trouble) -> bool:
    """Nothing waited for the disk.  What does, does each time; load only now and then."""
    meanwhile = trouble.meanwhile
    return (
        trouble.kept >= trouble.lasted - 1.5
        and trouble.resumed < 15
        and (trouble.told or 10.0) < 5
        and not meanwhile.failed
        and max(meanwhile.alive) < 2
        and max(meanwhile.answers) < 2
    )
