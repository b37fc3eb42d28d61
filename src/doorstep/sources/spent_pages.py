"""Gives back to the kernel what a process needs no longer: its start, of its libraries' files, and holes of its heap.

Loading a library touches much of its file once, and the kernel maps fifteen pages around each that is touched: more
than half of a server's 60 MiB is never looked at again.  What is, is mapped again at once, for the kernel still has it.

Beside other threads what a look finds may be another thing a moment later: a library that is just being loaded is
written by its loader, and where a file was mapped for a moment memory may lie.  What is given back wrongly is lost.  So
only libraries are, which nobody unloads, and beside threads only what an earlier look found too: one from before there
were threads, or one of seconds ago.
"""

import ctypes
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SETTLED_SECONDS = 10.0
"""Between two looks: no library takes so long to load, and none is unloaded that stayed for so long."""

_SMAPS = Path("/proc/self/smaps")
_PROGRAM = Path("/proc/self/exe")
_MADV_DONTNEED = 4  # madvise(2); the same number wherever Doorstep runs
_OF_A_FILE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r-[-x]p \S+ \S+ [1-9]\d* +(/.*)")
_LIBRARY = re.compile(r".*\.so(?:\.[0-9]+)*")


@dataclass(frozen=True, slots=True)
class LibraryPart:
    """What is mapped out of a library, cannot be written and never was; addresses of this process."""

    begin: int
    end: int
    file: str


def library_parts() -> frozenset[LibraryPart]:
    """As they are now; takes milliseconds.  None where the kernel does not tell."""
    with suppress(OSError), _SMAPS.open(encoding="utf-8", errors="replace") as lines:
        return frozenset(unchanged(lines, str(_PROGRAM.readlink())))
    return frozenset()


def give_back_start(settled: frozenset[LibraryPart] | None = None) -> None:
    """Once all is loaded; takes milliseconds.  Where the kernel or the C library cannot, nothing happens.

    Beside other threads `settled` is what `library_parts` told while nothing was loaded, or SETTLED_SECONDS before.
    """
    libc = ctypes.CDLL(None)
    with suppress(AttributeError):
        libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        parts = library_parts()
        for part in parts if settled is None else parts & settled:
            libc.madvise(part.begin, part.end - part.begin, _MADV_DONTNEED)
    give_back_holes()  # what it took to read and optimise a model: 5 MiB


def give_back_holes() -> None:
    """Whole pages of the heap that lie free between what stays: the C library keeps those (malloc_trim(3)).

    Takes milliseconds, in which other threads that ask it for memory wait.
    """
    with suppress(AttributeError):  # musl has no such call
        ctypes.CDLL(None).malloc_trim(0)


def unchanged(smaps: Iterable[str], program: str) -> Iterator[LibraryPart]:
    """Of libraries and the `program` itself what cannot be written and never was (proc_pid_smaps(5)).

    A page that was written, as the loader does with addresses, is no longer the file's and would be lost.
    """
    part: LibraryPart | None = None
    for line in smaps:
        if line.startswith("Anonymous:") and part is not None:
            if line.split()[1] == "0":
                yield part
            part = None
        elif found := _OF_A_FILE.fullmatch(line.rstrip("\n")):
            file = found[3]
            is_library = file == program or _LIBRARY.fullmatch(file) is not None
            part = LibraryPart(int(found[1], 16), int(found[2], 16), file) if is_library else None
