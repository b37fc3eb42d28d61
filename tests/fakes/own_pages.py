"""How much memory some processes hold together, each page counted once: what their PSS is where nobody else runs.

PSS itself is less while other programs, such as tests, share our libraries.
"""

import mmap
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PAGE = mmap.PAGESIZE
_ENTRY = 8
# As Documentation/admin-guide/mm/pagemap.rst has it.
_PRESENT = np.uint64(1 << 63)
_NUMBER = np.uint64((1 << 55) - 1)


def held_together(processes: Iterable[int]) -> int | None:
    """In bytes; None where the kernel does not tell which pages they are, as it does root.

    A process that ends meanwhile counts nothing.
    """
    found: list[NDArray[np.uint64]] = []
    for process in processes:
        with suppress(OSError):
            found += _pages(process)
    numbers = np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint64)
    return int(np.count_nonzero(numbers)) * PAGE if numbers.any() else None


def _pages(process: int) -> list[NDArray[np.uint64]]:
    """Of each mapping those that are there."""
    folder = Path(f"/proc/{process}")
    pages = []
    with (folder / "pagemap").open("rb", buffering=0) as pagemap:
        for begin, end in _mappings(folder):
            pagemap.seek(begin // PAGE * _ENTRY)
            entries = np.frombuffer(pagemap.read((end - begin) // PAGE * _ENTRY), np.uint64)
            pages.append(entries[(entries & _PRESENT) != 0] & _NUMBER)
    return pages


def _mappings(folder: Path) -> Iterator[tuple[int, int]]:
    for line in (folder / "maps").read_text().splitlines():
        if "[v" not in line:  # the kernel's own: vdso, vvar, vsyscall
            begin, end = line.split(maxsplit=1)[0].split("-")
            yield int(begin, 16), int(end, 16)
