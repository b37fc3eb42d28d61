"""How small a process stays: what it frees goes back to the kernel."""

import subprocess
import sys
from pathlib import Path

import pytest

PICTURE = 3 * 416 * 416 * 4
"""As a model of 416 pixels is shown it."""
PROGRAM = """
import sys
from pathlib import Path
from doorstep.cli.memory import give_back_pictures, keep_little

def resident():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:")) / 1024

if sys.argv[1] == "little":
    keep_little()
if sys.argv[1] == "no pictures":
    give_back_pictures()
del_me = bytes(24 << 20)  # what lets the C library take larger and larger pieces from its heap
del del_me
before = resident()
size = int(sys.argv[2])
packets = [bytes([number % 256]) * size for number in range((19 << 20) // size)]
last = bytes(size // 3)  # lies behind them on the heap, where a heap is what they lie on
del packets
print(resident() - before)
"""


def left_behind(how: str, size: int = 150_000) -> float:
    """MiB that stay after 19 MiB of packets of so many bytes were freed."""
    words = [sys.executable, "-c", PROGRAM, how, str(size)]
    return float(subprocess.run(words, check=True, capture_output=True, text=True, timeout=300).stdout)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="no Linux that tells")
def test_packets_that_were_sent_leave_no_memory_behind() -> None:
    kept, returned = left_behind("much"), left_behind("little")
    if kept < 10.0:
        pytest.skip("this C library returns memory by itself")
    assert returned < 2.0


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="no Linux that tells")
def test_pictures_that_were_looked_at_leave_no_holes_behind() -> None:
    kept, returned = left_behind("much", PICTURE), left_behind("no pictures", PICTURE)
    if kept < 10.0:
        pytest.skip("this C library returns memory by itself")
    assert returned < 2.0
