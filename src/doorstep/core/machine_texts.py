"""What the texts mean by which Linux and a Raspberry Pi tell of a machine.  Reading them is `app/machine_files.py`.

A text that is empty, cut off or of another kernel gives less, never an error.  Only what may be shown to strangers is
taken out of them: /proc/cpuinfo also holds the serial number, and mounts name servers and users.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

KILOBYTE = 1024

_SIZES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_TOLD_FLAGS = frozenset(
    {
        *("rw", "ro", "noatime", "relatime", "nodiratime", "strictatime", "lazytime", "nosuid", "nodev", "noexec"),
        *("sync", "async", "dirsync", "discard", "nodiscard", "nobarrier", "barrier", "data=ordered", "data=writeback"),
        *("data=journal", "errors=remount-ro", "errors=continue", "errors=panic", "noswap", "background_gc=on"),
    }
)
_TOLD_NUMBERS = re.compile(r"(?:size|nr_inodes|commit|mode|compress)=[0-9a-z:]{1,16}")
_CAMERA = re.compile(r"^\s*(\d+)\s*:\s*([\w-]{1,40})\s*\[(\d{1,5}x\d{1,5})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mount:
    """Its device's number, where it is mounted, the type of its file system, its source, which may name a server and
    is not to be told, and how: options of both halves of the line.
    """

    device: str
    point: str
    kind: str
    source: str
    options: tuple[str, ...]

    @property
    def told(self) -> str:
        """The options that say how it is used; not those that name servers, folders or users."""
        known = (each for each in self.options if each in _TOLD_FLAGS or _TOLD_NUMBERS.fullmatch(each))
        return ",".join(dict.fromkeys(known))

    @property
    def size(self) -> int | None:
        """Of a tmpfs, in bytes; None where it has no bound or names none."""
        found = next((each[5:] for each in self.options if each.startswith("size=")), "")
        number = re.fullmatch(r"(\d{1,15})([kmgt]?)", found.lower())
        return int(number[1]) * _SIZES[number[2]] if number else None


def mounts_in(mountinfo: str) -> Sequence[Mount]:
    """In the order of the text, proc_pid_mountinfo(5); what is no such line is left out."""
    found = []
    for line in mountinfo.split("\n"):  # and a space alone parts: other blanks stand in names as they are
        before, _, behind = line.partition(" - ")
        fields, rest = before.split(" "), behind.split(" ")
        if len(fields) > 5 and rest[0]:
            options = (*fields[5].split(","), *(rest[2].split(",") if len(rest) > 2 else ()))
            source = _unescaped(rest[1]) if len(rest) > 1 else ""
            found.append(Mount(fields[2], _unescaped(fields[4]), rest[0], source, options))
    return found


def mount_of(folder: str, mounts: Sequence[Mount]) -> Mount | None:
    """The last mounted of the longest that lead to this absolute path."""
    found: Mount | None = None
    for mount in mounts:
        leads = folder == mount.point or folder.startswith(mount.point.rstrip("/") + "/")
        if leads and (found is None or len(mount.point) >= len(found.point)):
            found = mount
    return found


def figures_in(text: str) -> Mapping[str, int]:
    """Lines like `MemTotal:  8063 kB` (proc_meminfo(5)) or `voluntary_ctxt_switches: 7`, in bytes where it says kB."""
    found = {}
    for line in text.splitlines():
        name, _, words = line.partition(":")
        figure = words.split()
        if figure and figure[0].isascii() and figure[0].isdecimal() and len(figure[0]) < 20:
            found[name.strip()] = int(figure[0]) * (KILOBYTE if figure[1:] == ["kB"] else 1)
    return found


def cpu_names(cpuinfo: str, device_tree_model: str) -> tuple[str, str, str]:
    """The board, the processor and the revision of the board, "" for what is not said; never the serial number.

    The model of /proc/device-tree ends with a NUL.  Revision codes say which board it is, not which copy of it:
    the Raspberry Pi documentation, "Raspberry Pi revision codes".
    """
    said: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            said.setdefault(name.strip(), value.strip())
    board = device_tree_model.replace("\0", "").strip() or said.get("Model", "")
    return printable(board), printable(said.get("model name", "")), printable(said.get("Revision", ""))


def os_name(os_release: str) -> tuple[str, str]:
    """The system's name for people and its code name, os-release(5)."""
    said: dict[str, str] = {}
    for line in os_release.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            said[name.strip()] = value.strip().strip("\"'")
    return printable(said.get("PRETTY_NAME", "")), printable(said.get("VERSION_CODENAME", ""))


def listed_cameras(printed: str) -> Sequence[str]:
    """`0: imx708 4608x2592` for each that `rpicam-hello --list-cameras` prints, without its place on the buses."""
    return [f"{number}: {sensor} {size}" for number, sensor, size in _CAMERA.findall(printed)][:8]


def package_versions(printed: str) -> Mapping[str, str]:
    """Name and version of each installed package, of lines `ii  NAME VERSION` as we ask dpkg-query for them."""
    found = {}
    for line in printed.splitlines():
        state, *words = line.split()[:3] or [""]
        if state.startswith("ii") and len(words) == 2:
            found[printable(words[0])] = printable(words[1])
    return found


def lock_holder(locks: str, inode: int) -> int | None:
    """Who holds the flock(2) of a file alone, as /proc/locks tells it: proc_locks(5); None where nobody does."""
    for line in locks.splitlines():
        fields = line.split()
        is_one = len(fields) > 5 and fields[1] == "FLOCK" and fields[3] == "WRITE" and fields[4].isdecimal()
        if is_one and fields[5].rpartition(":")[2] == str(inode):
            return int(fields[4])
    return None


def printable(text: str) -> str:
    """One line of at most 120 signs."""
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()[:120]


def _unescaped(point: str) -> str:
    return re.sub(r"\\([0-3][0-7]{2})", lambda found: chr(int(found[1], 8)), point)
