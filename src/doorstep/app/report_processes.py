"""What a running Doorstep's processes do and weigh: that part of `doorstep check --report`.  Two looks at /proc.

Who it is, is known by the lock on the data folder (a server) or by the command line (`doorstep publish`).
"""

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from doorstep.app.folders import lock_path
from doorstep.app.machine_files import MachineFiles
from doorstep.core.machine_report import ReportLine, ReportSection
from doorstep.core.machine_texts import figures_in, lock_holder
from doorstep.core.sampled_process import ProcessSample, Rates, Task, ThreadSample, rates, stat_of, task_of, tree_below
from doorstep.ports import Clock

MEGABYTE = 1024 * 1024
WATCHED_SECONDS = 5.0
MOST_PROCESSES, MOST_THREADS = 200, 500
_LIMITS = ("memory.max", "memory.high", "memory.current", "memory.swap.max", "cpu.max")


@dataclass(frozen=True, slots=True)
class Watch:
    """How long the processes are watched, by which clock, and how many ticks a second the kernel counts."""

    clock: Clock
    seconds: float = WATCHED_SECONDS
    ticks_a_second: int = os.sysconf("SC_CLK_TCK")


def running_section(files: MachineFiles, data: Path, watch: Watch) -> ReportSection:
    """Of the server of this data folder and all below it, else of a publisher; blocks while it is watched."""
    root = running_process(files, data)
    if root is None:
        return ReportSection("Processes", (ReportLine("running", "no Doorstep runs with these settings"),))
    before, began = _samples(files, root), watch.clock.monotonic()
    threading.Event().wait(watch.seconds)
    after, seconds = _samples(files, root), watch.clock.monotonic() - began
    both = [rates(before[pid], after[pid], seconds, watch.ticks_a_second) for pid in after if pid in before]
    return ReportSection(
        "Processes",
        (
            ReportLine("watched, s", round(seconds, 1)),
            ReportLine("memory of those that tell it (PSS), MiB", _megabytes(each.pss or 0 for each in both)),
            ReportLine("of the others (resident), MiB", _megabytes(each.resident for each in both if each.pss is None)),
            ReportLine("processor time of all, % of a core", round(sum(each.cpu for each in both), 1)),
            ReportLine("wake-ups of all, a second", round(sum(each.voluntary for each in both), 1)),
            ReportLine("each", tuple(map(_words, both))),
            ReportLine("limits (cgroup)", tuple(_limits(files, root))),
        ),
    )


def running_process(files: MachineFiles, data: Path) -> int | None:
    """Who holds the data folder, else a `doorstep publish`; None where neither runs, or may be seen."""
    with suppress(OSError):
        holder = lock_holder(files.text("proc/locks"), lock_path(data).stat().st_ino)
        if holder is not None and files.exists(f"proc/{holder}/stat"):
            return holder
    for name in files.names("proc"):
        words = files.text(f"proc/{name}/cmdline").split("\0") if name.isdecimal() else []
        if "publish" in words[:4] and any(word.endswith("doorstep") for word in words[:3]):
            return int(name)
    return None


def _samples(files: MachineFiles, root: int) -> Mapping[int, ProcessSample]:
    parents = {}
    for name in files.names("proc"):
        if name.isdecimal() and (stat := stat_of(files.text(f"proc/{name}/stat"))) is not None:
            parents[int(name)] = stat.parent
    found: dict[int, ProcessSample] = {}
    tasks: dict[int, Task] = {}
    for process in tree_below(root, parents)[:MOST_PROCESSES]:
        task = task_of(files.text(f"proc/{process}/cmdline"), tasks.get(parents.get(process, 0)))
        sample = _sample(files, process, task)
        if sample is not None:
            found[process], tasks[process] = sample, task
    return found


def _sample(files: MachineFiles, process: int, task: Task) -> ProcessSample | None:
    stat = stat_of(files.text(f"proc/{process}/stat"))
    if stat is None:
        return None  # it ended meanwhile
    threads = {int(name): thread for name, thread in _threads(files, process) if name.isdecimal()}
    pss = figures_in(files.text(f"proc/{process}/smaps_rollup")).get("Pss")
    descriptors = len(files.names(f"proc/{process}/fd")) or None
    resident = figures_in(files.text(f"proc/{process}/status")).get("VmRSS", 0)
    return ProcessSample(task, threads, stat.ticks, resident, pss, descriptors)


def _threads(files: MachineFiles, process: int) -> Iterator[tuple[str, ThreadSample]]:
    for name in files.names(f"proc/{process}/task")[:MOST_THREADS]:
        place = f"proc/{process}/task/{name}"
        stat, status = stat_of(files.text(f"{place}/stat")), figures_in(files.text(f"{place}/status"))
        if stat is not None:
            switches = (status.get(f"{kind}_ctxt_switches", 0) for kind in ("voluntary", "nonvoluntary"))
            yield name, ThreadSample(stat.name, stat.ticks, *switches)


def _megabytes(figures: Iterable[int]) -> float:
    return round(sum(figures) / MEGABYTE, 1)


def _words(each: Rates) -> str:
    weight = (
        f", {each.resident / MEGABYTE:.1f} MiB resident" if each.pss is None else f", {each.pss / MEGABYTE:.1f} MiB"
    )
    files = "" if each.descriptors is None else f", {each.descriptors} files open"
    busiest = "; busiest " + ", ".join(f"{name} {cpu:.1f} %" for name, cpu in each.busiest) if each.busiest else ""
    return (
        f"{each.task}: {each.cpu:.1f} % of a core, {each.threads} threads, {each.voluntary:.0f} wake-ups and "
        f"{each.involuntary:.0f} interruptions a second{weight}{files}{busiest}"
    )


def _limits(files: MachineFiles, process: int) -> Iterator[str]:
    """Of its control group, cgroups(7); the group's name is left out, for it may name a user."""
    group = next((line[3:] for line in files.text(f"proc/{process}/cgroup").splitlines() if line.startswith("0::")), "")
    for name in _LIMITS:
        told = files.line(f"sys/fs/cgroup/{group.lstrip('/')}/{name}") if ".." not in group else ""
        if told:
            yield f"{name} {told}"
