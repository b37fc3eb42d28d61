"""What a server does to its data folder, call by call: strace of the real process, SQLite's writes included.

No fault is made here; `disk_states` says what a power cut may leave of it.
"""

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

WRITES = ("write", "writev", "pwrite64", "pwritev", "pwritev2")
SYNCS = ("fsync", "fdatasync")
NAMES = ("openat", "mkdir", "mkdirat", "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2")
OTHERS = ("ftruncate", "truncate", "link", "linkat", "symlink", "symlinkat", "copy_file_range", "sendfile", "lseek")

_LINE = re.compile(r"(\d+) +(\d+\.\d+) (?:<\.\.\. (\w+) resumed>)?(.*)")
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)")
_HEX = re.compile(r"\\x([0-9a-f]{2})")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_DESCRIPTOR = re.compile(r"^(\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})+)>")
_UNFINISHED = " <unfinished ...>"


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that succeeded.  `begun` and `done` are lines of the trace, `at` seconds since 1970.

    `paths` are absolute: the descriptor's own, then those of the arguments.
    """

    kind: str
    begun: int
    done: int
    at: float
    paths: tuple[str, ...]
    descriptor: int
    data: bytes
    number: int
    words: str
    result: int


def why_not() -> str:
    """Why nothing can be traced here; empty where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "this user may trace nothing"


def tracing(trace: Path) -> list[str]:
    """The words before a command that is to be traced; the process that they start is the command itself."""
    calls = ",".join((*WRITES, *SYNCS, *NAMES, *OTHERS))
    return [
        *("strace", "-D", "-f", "--seccomp-bpf", "-ttt", "-y", "-xx", "-s", "33554432"),
        *("-o", str(trace), "-e", f"trace={calls}", "-e", "signal=none"),
    ]


def calls_of(trace: Path, within: Path) -> list[Call]:
    """Every call that succeeded and names something in the folder, in the order in which they were done."""
    with trace.open(encoding="ascii", errors="replace") as lines:
        return list(_calls(lines, str(within)))


def _calls(lines: Iterable[str], within: str) -> Iterator[Call]:
    waiting: dict[str, tuple[int, str]] = {}
    wanted = "".join(f"\\x{byte:02x}" for byte in within.encode())
    for number, line in enumerate(lines):
        found = _LINE.match(line.rstrip("\n"))
        if found is None:
            continue
        process, at, resumed, rest = found.groups()
        begun = number
        if rest.endswith(_UNFINISHED):
            waiting[process] = number, rest.removesuffix(_UNFINISHED)
            continue
        if resumed is not None:
            begun, words = waiting.pop(process, (number, f"{resumed}("))
            rest = words + rest
        if wanted in rest and (call := _CALL.match(rest)) is not None and int(call[3]) >= 0:
            yield _call(call, begun, number, float(at))


def _call(found: re.Match[str], begun: int, done: int, at: float) -> Call:
    kind, words, result = found[1], found[2], int(found[3])
    descriptor = _DESCRIPTOR.match(words)
    texts = [_bytes(text) for text in _TEXT.findall(words)]
    paths = [_bytes(descriptor[2]).decode()] if descriptor else []
    if kind in WRITES:
        return Call(kind, begun, done, at, tuple(paths), int(words.split("<")[0]), b"".join(texts)[:result],
                    _last_number(words), "", result)  # fmt: skip
    base = Path(paths[0]) if paths else Path()
    paths += [str(base / text.decode()) for text in texts]
    number = int(descriptor[1]) if descriptor and descriptor[1].isdigit() else -1
    return Call(kind, begun, done, at, tuple(paths), number, b"", _last_number(words), words.rpartition('"')[2], result)


def _last_number(words: str) -> int:
    """The last argument, where it is a number: an offset, or a length."""
    last = words.rpartition(",")[2].strip()
    return int(last) if last.isdigit() else -1


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def written_by_path(calls: Sequence[Call]) -> dict[str, int]:
    """Bytes of all writes, by the path written to."""
    found: dict[str, int] = {}
    for call in calls:
        if call.kind in WRITES:
            found[call.paths[0]] = found.get(call.paths[0], 0) + call.result
    return found
