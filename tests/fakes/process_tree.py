"""What a server and its children hold of the machine, read from /proc."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holding:
    """Of a whole tree of processes; memory in bytes, `cpu` in seconds since each began.

    `pss` also falls and rises with other programs that share our libraries; `anonymous` is the part that is ours alone.
    `rss` counts a page that several of the tree share once for each of them.
    """

    processes: int
    threads: int
    descriptors: int
    pss: int
    cpu: float
    anonymous: int = 0
    rss: int = 0


def tree_of(root: int) -> list[int]:
    """The process and everything that it started, directly or not."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                parents[int(folder.name)] = int(_stat(int(folder.name))[1])
            except OSError:
                continue
    found = [root]
    for process in found:
        found.extend(child for child, parent in parents.items() if parent == process)
    return found


def holding(root: int) -> Holding:
    """A process that ends meanwhile counts nothing."""
    processes = threads = descriptors = pss = anonymous = rss = 0
    ticks = 0
    for process in tree_of(root):
        try:
            stat = _stat(process)
            memory = Path(f"/proc/{process}/smaps_rollup").read_text()
            descriptors += len(list(Path(f"/proc/{process}/fd").iterdir()))
        except OSError:
            continue
        processes += 1
        threads += int(stat[17])
        ticks += int(stat[11]) + int(stat[12])
        pss += _bytes(memory, "Pss:")
        anonymous += _bytes(memory, "Pss_Anon:")
        rss += _bytes(memory, "Rss:")
    return Holding(processes, threads, descriptors, pss, ticks / 100, anonymous, rss)


def _bytes(memory: str, name: str) -> int:
    return next(int(line.split()[1]) * 1024 for line in memory.splitlines() if line.startswith(name))


def _stat(process: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name: state, parent, …"""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
