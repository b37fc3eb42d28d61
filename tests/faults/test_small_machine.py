"""That a small machine is one, and how what was measured in it is judged; it is tried by `small_machine.py` itself."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fakes import machine_group
from fakes.machine_group import MIB, SmallMachine
from fakes.own_pages import held_together
from fakes.process_tree import holding, tree_of
from faults.small_machine import Measured
from faults.soak_books import Told, scored

NEEDS_GROUPS = pytest.mark.skipif(bool(machine_group.missing()), reason=machine_group.missing())
SMALL = SmallMachine(64, 0.5)
VISITS = [(100.0 * number, 100.0 * number + 10.0) for number in range(20)]


def measured(behind: float, pss: float = 200.0, killed: int = 0, untold: int = 0) -> Measured:
    told = [Told(str(begin), "door", begin + 0.2, begin + behind) for begin, _ in VISITS[untold:]]
    return Measured(SMALL, scored(VISITS, VISITS, told, []), [pss], [pss], [pss], killed=killed)


@pytest.mark.parametrize(
    ("found", "faults"),
    [
        (measured(1.0), []),
        (measured(3.5), ["told after 3.50 s (p95)"]),
        (measured(1.0, pss=221.0), ["221 MiB PSS"]),
        (measured(1.0, killed=1), ["1 processes killed for want of memory"]),
        (measured(1.0, untold=1), ["1 visits were not told"]),
    ],
    ids=["well", "late", "large", "killed", "untold"],
)
def test_each_goal_that_is_missed_is_said(found: Measured, faults: list[str]) -> None:
    assert found.faults == faults


@NEEDS_GROUPS
def test_a_page_that_two_processes_share_is_counted_once() -> None:
    program = "import os; kept = b'x' * (64 << 20); os.fork(); os.write(1, b'there\\n'); os.read(0, 1)"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdin is not None
        assert [first.stdout.readline() for _ in range(2)] == ["there\n"] * 2
        together, held = held_together(tree_of(first.pid)), holding(first.pid)
        first.stdin.close()
    assert together is not None
    assert 64 * MIB < together < held.rss - 60 * MIB
    assert held.pss <= together + 4 * MIB


@NEEDS_GROUPS
def test_who_wants_more_memory_than_there_is_is_killed_and_counted() -> None:
    with machine_group.machine_group(SMALL) as group:
        command = group.words([sys.executable, "-c", "import sys; sys.stdout.write(str(len(b'x' * (100 << 20))))"])
        ended = subprocess.run(
            command, env=os.environ | group.environment, capture_output=True, timeout=300, check=False
        )
        assert (ended.returncode, ended.stdout) == (-9, b"")
        assert group.killed == 1
        assert group.peak_mib <= SMALL.memory_mib
        folders = {group.memory, group.cpu}
    assert not any(map(Path.exists, folders))


@NEEDS_GROUPS
def test_nobody_gets_more_of_a_processor_than_the_small_machine_has() -> None:
    program = (
        "import time; end = time.monotonic() + 0.6\nwhile time.monotonic() < end: pass\nprint(time.process_time())"
    )
    with machine_group.machine_group(SMALL) as group:
        command = group.words([sys.executable, "-c", program])
        began = time.monotonic()
        ran = subprocess.run(command, env=os.environ | group.environment, capture_output=True, timeout=300, check=True)
        seconds = time.monotonic() - began
        assert float(ran.stdout) <= (SMALL.cores + 0.1) * seconds
