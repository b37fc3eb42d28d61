"""Kills a command of ours as it enters each call that changes the catalog, its log, a copy or their folder."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

from faults.disk_trace import SYNCS, WRITES
from faults.older_doorstep import House, warm_verbs

CHANGES = ",".join((*WRITES, *SYNCS, "openat", "unlink", "rename", "link", "ftruncate", "fchmod"))


@dataclass(frozen=True, slots=True)
class Verb:
    """Its words, and what it makes beside the catalog, by the ends of their names."""

    words: tuple[str, ...]
    beside: tuple[str, ...]

    def calls(self, house: House, trace: Path) -> list[str]:
        """By their names, in the order in which they begin, of a run to its end."""
        code, _, complaint = self._run(house, trace)
        assert code == 0, complaint
        return re.findall(r"^\d+ +(\w+)\(", trace.read_text(errors="replace"), re.MULTILINE)

    def is_killed_at(self, house: House, calls: Sequence[str], number: int) -> bool:
        """As it enters that one of its calls, which is not made any more; whether it died."""
        turn = calls[: number + 1].count(calls[number])
        # Not with --seccomp-bpf: strace 6.1 sends no signals then.
        kill = ("-e", f"inject={calls[number]}:signal=SIGKILL:when={turn}")
        return self._run(house, Path("/dev/null"), *kill)[0] == -SIGKILL

    def _run(self, house: House, trace: Path, *more: str) -> tuple[int, str, str]:
        names = ("", "-wal", "-shm", *self.beside)
        paths = [word for name in names for word in ("-P", f"{house.catalog}{name}")]
        strace = ["strace", "-f", "-o", str(trace), *paths, "-P", str(house.data), "-e", f"trace={CHANGES}", *more]
        return warm_verbs(is_older=False).run(*self.words, *house.words, strace=strace)


def each_of(calls: Sequence[str], every: int) -> Iterator[tuple[int, str]]:
    """Every so many, from the last one backwards, with its place in words."""
    for number in range(len(calls))[::-every]:
        yield number, f"kill at call {number + 1} of {len(calls)}, {calls[number]}"
