"""A control group of our own that has as much memory and as many processors as a small machine (cgroups(7), v1 and v2).

Processors are bounded by a quota in short periods: whoever used his share up waits for some milliseconds.
"""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
PERIOD_US = 10_000
"""A tenth of the kernel's own, so that a slowed core is slow rather than absent for a while."""
LEAST_QUOTA_US = 1000
MIB = 2**20
_GONE_SECONDS = 10.0
_ENTER = 'for group in $DOORSTEP_GROUPS; do echo $$ > "$group/cgroup.procs" || exit 70; done; exec "$@"'


@dataclass(frozen=True, slots=True)
class SmallMachine:
    """`memory_mib` for all that runs in it, its files in memory included; `cores` of this machine's in all."""

    memory_mib: int
    cores: float


@dataclass(frozen=True, slots=True)
class MachineGroup:
    """One that is there: a folder for each hierarchy, which are two in version 1."""

    memory: Path
    cpu: Path

    def words(self, command: Sequence[str]) -> list[str]:
        """The same command, begun inside; its environment needs `environment`."""
        return ["/bin/sh", "-c", _ENTER, "sh", *command]

    @property
    def environment(self) -> dict[str, str]:
        return {"DOORSTEP_GROUPS": " ".join(sorted({str(self.memory), str(self.cpu)}))}

    @property
    def peak_mib(self) -> float:
        """The most that was ever charged; 0 where the kernel does not tell (v2 before 5.19)."""
        for name in ("memory.max_usage_in_bytes", "memory.peak"):
            with suppress(OSError):
                return int((self.memory / name).read_text()) / MIB
        return 0.0

    @property
    def killed(self) -> int:
        """Processes that the kernel ended for want of memory."""
        return self._counted(("memory.oom_control", "memory.events"), "oom_kill")

    @property
    def at_the_limit(self) -> int:
        """How often the limit was met; that files' pages were given back then is no harm."""
        with suppress(OSError):
            return int((self.memory / "memory.failcnt").read_text())
        return self._counted(("memory.events",), "max")

    @property
    def throttled_seconds(self) -> float:
        """How long its threads were kept waiting, summed over processors."""
        stat = _pairs(self.cpu / "cpu.stat")
        return stat.get("throttled_time", 0) / 1e9 + stat.get("throttled_usec", 0) / 1e6

    def _counted(self, names: Sequence[str], key: str) -> int:
        return sum(_pairs(self.memory / name).get(key, 0) for name in names)


def _pairs(path: Path) -> dict[str, int]:
    with suppress(OSError):
        rows = (line.split() for line in path.read_text().splitlines())
        return {row[0]: int(row[1]) for row in rows if len(row) == 2}
    return {}


@contextmanager
def machine_group(machine: SmallMachine) -> Iterator[MachineGroup]:
    """Empty; removed at the end, by when what ran in it must have ended.  Raises OSError where none can be made."""
    made: list[Path] = []
    try:
        yield _v2(machine, made) if (GROUPS / "cgroup.controllers").exists() else _v1(machine, made)
    finally:
        for folder in made:
            _remove(folder)


def _v1(machine: SmallMachine, made: list[Path]) -> MachineGroup:
    memory, cpu = (_new(GROUPS / name, made) for name in ("memory", "cpu"))
    (memory / "memory.limit_in_bytes").write_text(str(machine.memory_mib * MIB))
    with suppress(OSError):  # a kernel that does not count swap
        (memory / "memory.memsw.limit_in_bytes").write_text(str(machine.memory_mib * MIB))
    (cpu / "cpu.cfs_period_us").write_text(str(PERIOD_US))
    (cpu / "cpu.cfs_quota_us").write_text(str(_quota(machine)))
    return MachineGroup(memory, cpu)


def _v2(machine: SmallMachine, made: list[Path]) -> MachineGroup:
    (GROUPS / "cgroup.subtree_control").write_text("+memory +cpu")
    group = _new(GROUPS, made)
    (group / "memory.max").write_text(str(machine.memory_mib * MIB))
    with suppress(OSError):  # a kernel without swap
        (group / "memory.swap.max").write_text("0")
    (group / "cpu.max").write_text(f"{_quota(machine)} {PERIOD_US}")
    return MachineGroup(group, group)


def _new(parent: Path, made: list[Path]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="doorstep-", dir=parent))
    made.append(folder)
    return folder


def _quota(machine: SmallMachine) -> int:
    return max(LEAST_QUOTA_US, round(machine.cores * PERIOD_US))


def _remove(folder: Path) -> None:
    """The kernel takes a moment to notice that its last process is gone."""
    end = time.monotonic() + _GONE_SECONDS
    while True:
        try:
            folder.rmdir()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


@lru_cache
def missing() -> str:
    """Why no such group can be made here; empty where it can."""
    if os.getuid() != 0:
        return "control groups need root"
    try:
        with machine_group(SmallMachine(64, 1.0)):
            return ""
    except OSError as error:
        return f"no control group can be made here: {error.strerror}"
