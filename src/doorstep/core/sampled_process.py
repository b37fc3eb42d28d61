"""What processes do in some seconds, from two looks at /proc: processor time, wake-ups.  Looking is `app`'s."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

_PARENT, _USER_TICKS, _SYSTEM_TICKS = 1, 11, 12  # behind the name, proc_pid_stat(5): fields 4, 14 and 15

_OWN_THREADS = ("doorstep", "python", "av:", "onnx", "ort", "pool")


class Task(StrEnum):
    """What a process of Doorstep is for, told without its arguments: those name cameras and folders."""

    SERVER = "server"
    PUBLISHER = "publisher"
    NURSERY = "nursery"
    CHILD = "child of the nursery"
    PI_CAMERA = "Pi camera's program"
    CONVERSION = "conversion"
    PAST_PICTURES = "past pictures"
    OTHER = "another program"


_BY_WORD = (
    ("picamera_child", Task.PI_CAMERA),
    ("nursery_process", Task.NURSERY),
    ("transcode", Task.CONVERSION),
    ("past_picture", Task.PAST_PICTURES),
)


@dataclass(frozen=True, slots=True)
class Stat:
    """One line of /proc/PID/stat: the program's name, its parent, and processor time in ticks since it began."""

    name: str
    parent: int
    ticks: int


@dataclass(frozen=True, slots=True)
class ThreadSample:
    """One thread at one moment; switches since it began, proc_pid_status(5)."""

    name: str
    ticks: int
    voluntary: int
    involuntary: int


@dataclass(frozen=True, slots=True)
class ProcessSample:
    """One process at one moment; `pss` and descriptors are None where they may not be read, as of a camera's child.

    `resident` is what it takes counting what it shares, which everybody may read; both are bytes.
    """

    task: Task
    threads: Mapping[int, ThreadSample]
    ticks: int = 0
    resident: int = 0
    pss: int | None = None
    descriptors: int | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """A process between two moments: per cent of one core, switches a second, and its three busiest threads."""

    task: Task
    cpu: float
    voluntary: float
    involuntary: float
    threads: int
    busiest: tuple[tuple[str, float], ...]
    resident: int
    pss: int | None
    descriptors: int | None


def stat_of(text: str) -> Stat | None:
    """None for what is no such line.  The name stands in brackets and may hold any sign, brackets too."""
    _, opens, behind = text.partition("(")
    name, closes, rest = behind.rpartition(")")
    fields = rest.split()
    figures = [fields[place] for place in (_PARENT, _USER_TICKS, _SYSTEM_TICKS) if place < len(fields)]
    if not opens or not closes or len(figures) != 3 or not all(each.isascii() and each.isdecimal() for each in figures):
        return None
    parent, user, system = map(int, figures)
    return Stat(name, parent, user + system)


def task_of(command: str, parents: Task | None) -> Task:
    """Of a process by its command line (NUL between the words) and by what its parent is; None: it has no parent here.

    A child of the nursery is forked from it and has its command line.
    """
    if parents is None:
        return Task.PUBLISHER if "publish" in command.split("\0") else Task.SERVER
    found = next((task for word, task in _BY_WORD if word in command), Task.OTHER)
    return Task.CHILD if found is Task.NURSERY and parents is Task.NURSERY else found


def tree_below(root: int, parents: Mapping[int, int]) -> Sequence[int]:
    """The process and all below it, each behind its parent."""
    found = [root]
    for process in found:  # grows while it is walked
        found += sorted(child for child, parent in parents.items() if parent == process and child not in found)
    return found


def rates(before: ProcessSample, after: ProcessSample, seconds: float, ticks_a_second: int) -> Rates:
    """Between two looks at the same process; threads that began or ended meanwhile count from and to what was seen."""
    kept = [(before.threads.get(tid, _NOTHING), thread) for tid, thread in after.threads.items()]
    busy = sorted(((_thread_name(now.name), now.ticks - then.ticks) for then, now in kept), key=lambda each: -each[1])
    percent = 100.0 / (max(seconds, 0.001) * ticks_a_second)
    return Rates(
        task=after.task,
        cpu=max(0, after.ticks - before.ticks) * percent,
        voluntary=sum(max(0, now.voluntary - then.voluntary) for then, now in kept) / max(seconds, 0.001),
        involuntary=sum(max(0, now.involuntary - then.involuntary) for then, now in kept) / max(seconds, 0.001),
        threads=len(after.threads),
        busiest=tuple((name, ticks * percent) for name, ticks in busy[:3] if ticks > 0),
        resident=after.resident,
        pss=after.pss,
        descriptors=after.descriptors,
    )


_NOTHING = ThreadSample("", 0, 0, 0)


def _thread_name(name: str) -> str:
    """Only names of programs and libraries: newer Pythons name a thread after what it does, a camera perhaps."""
    return name if name.lower().startswith(_OWN_THREADS) else "thread"
