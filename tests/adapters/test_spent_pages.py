"""What a start needed and nothing else goes back to the kernel, and all goes on as before."""

import subprocess
import sys
from pathlib import Path

import pytest

from doorstep.sources.spent_pages import LibraryPart, unchanged

SMAPS = """\
55d0c0000000-55d0c0001000 r--p 00000000 08:01 1234                       /usr/bin/python3
Rss:                   4 kB
Anonymous:             0 kB
55d0c0001000-55d0c0003000 r-xp 00001000 08:01 1234                       /usr/bin/python3
Anonymous:             0 kB
55d0c0003000-55d0c0004000 r--p 00002000 08:01 1234                       /usr/bin/python3 with addresses in it
Anonymous:             4 kB
55d0c0004000-55d0c0005000 rw-p 00003000 08:01 1234                       /usr/bin/python3
Anonymous:             0 kB
55d0c1000000-55d0c2000000 rw-p 00000000 00:00 0                          [heap]
Anonymous:         16384 kB
7f0000000000-7f0000001000 r--p 00000000 00:00 0
Anonymous:             0 kB
7f0000001000-7f0000002000 r--s 00000000 00:01 99                         /memfd:picture (deleted)
Anonymous:             0 kB
7f0000002000-7f0000003000 r-xp 00000000 00:00 0                          [vdso]
Anonymous:             0 kB
7f0000003000-7f0000004000 r--p 00000000 08:01 77                         /usr/lib/a name.so
Anonymous:             0 kB
7f0000004000-7f0000005000 r-xp 00000000 08:01 78                         /usr/lib/libssl.so.3
Anonymous:             0 kB
7f0000005000-7f0000006000 r-xp 00000000 08:01 79                         /usr/lib/gone.so (deleted)
Anonymous:             0 kB
7f0000006000-7f0000007000 r--p 00000000 08:01 80                         /etc/ld.so.cache
Anonymous:             0 kB
"""

PROGRAM = """
import sys
from pathlib import Path
import av, numpy, ssl, sqlite3
from doorstep.sources.spent_pages import give_back_start

def of_files():
    told = dict(line.split()[:2] for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    return (int(told["Rss:"]) - int(told["Anonymous:"])) / 1024

before = of_files()
give_back_start()
after = of_files()
import decimal
assert numpy.linalg.inv(numpy.eye(40) * 2)[3, 3] == 0.5
assert sqlite3.connect(":memory:").execute("SELECT upper('a')").fetchone() == ("A",)
assert av.VideoFrame(64, 48, "yuv420p").reformat(format="bgr24").width == 64
assert ssl.create_default_context() is not None
print(before, after)
"""


def test_only_what_lies_in_a_library_as_it_is_in_memory_is_given_back() -> None:
    found = [(part.begin, part.end) for part in unchanged(SMAPS.splitlines(keepends=True), "/usr/bin/python3")]
    assert found == [
        (0x55D0C0000000, 0x55D0C0001000),
        (0x55D0C0001000, 0x55D0C0003000),
        (0x7F0000003000, 0x7F0000004000),
        (0x7F0000004000, 0x7F0000005000),
    ]


def test_what_another_look_found_elsewhere_or_in_another_file_stays() -> None:
    lines = SMAPS.splitlines(keepends=True)
    now = frozenset(unchanged(lines, ""))
    then = frozenset(unchanged([line.replace("libssl", "libcrypto") for line in lines], ""))
    assert now & then == {LibraryPart(0x7F0000003000, 0x7F0000004000, "/usr/lib/a name.so")}


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="no Linux that tells")
def test_libraries_work_as_before_and_hold_less() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=300)
    before, after = map(float, done.stdout.split())
    assert after < before / 2


RUSHES = """
import re
from pathlib import Path
from doorstep.sources.spent_pages import give_back_holes

def of_heap():
    return int(re.search(r"Anonymous: +([0-9]+)", Path("/proc/self/smaps_rollup").read_text())[1]) / 1024

rush = [bytearray(20_000) for _ in range(2_000)]
stays = rush[::10]
del rush
before = of_heap()
give_back_holes()
assert all(len(one) == 20_000 for one in stays)
print(before, of_heap())
"""


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="no Linux that tells")
def test_holes_between_what_stays_are_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", RUSHES], capture_output=True, text=True, check=True, timeout=300)
    before, after = map(float, done.stdout.split())
    assert before - after > 15  # MiB, of the 36 that went


NEWCOMER = """
import mmap, sys
from pathlib import Path
from doorstep.sources.spent_pages import give_back_start, library_parts

settled = library_parts()
newcomer = Path(sys.argv[1])
newcomer.write_bytes(bytes(1 << 20))
with newcomer.open("rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
assert not any(mapped[:])

def held():
    lines = Path("/proc/self/smaps").read_text().partition(str(newcomer))[2].splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))

found = [held()]
for settled_then in (settled, library_parts()):
    give_back_start(settled_then)
    found.append(held())
print(*found)
"""


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="no Linux that tells")
def test_a_library_that_came_since_the_first_look_is_left_alone(tmp_path: Path) -> None:
    """Its loader may be writing it: what is given back then is lost, and the process with it."""
    words = [sys.executable, "-c", NEWCOMER, str(tmp_path / "newcomer.so")]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.split() == ["1024", "1024", "0"]
