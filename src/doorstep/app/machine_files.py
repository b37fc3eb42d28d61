"""Reads the small files by which Linux tells of the machine, below a root that tests make up; and asks programs.

Nothing here raises, writes, opens a device or waits for longer than a few seconds.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from doorstep.stores.disk_kind import Machine

MOST_BYTES = 1_000_000
PROGRAM_SECONDS = 5.0
PROGRAMS = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


@dataclass(frozen=True, slots=True)
class MachineFiles:
    """The machine whose files lie below `root`."""

    root: Path = Path("/")

    def at(self, path: str) -> Path:
        """Where an absolute path of that machine lies here."""
        return self.root / path.lstrip("/")

    def text(self, path: str) -> str:
        """What stands there, "" where nothing can be read; at most MOST_BYTES."""
        try:
            with self.at(path).open("rb") as file:
                return file.read(MOST_BYTES).decode("utf-8", errors="replace")
        except OSError:
            return ""

    def line(self, path: str) -> str:
        """A file that holds one line."""
        return self.text(path).replace("\0", "").strip()

    def figure(self, path: str) -> int | None:
        """A file that holds one whole number."""
        try:
            return int(self.line(path))
        except ValueError:
            return None

    def names(self, path: str, beginning: str = "") -> Sequence[str]:
        """What lies in a folder and is called so, in the order of people: video2 before video10."""
        try:
            found = [each.name for each in self.at(path).iterdir() if each.name.startswith(beginning)]
        except OSError:
            return ()
        return sorted(found, key=lambda name: (len(name), name))

    def exists(self, path: str) -> bool:
        """Also a device, which is not opened."""
        return os.path.lexists(self.at(path))

    @property
    def disks(self) -> Machine:
        """The same machine, for `disk_kind`."""
        return Machine(self.at("proc/self/mountinfo"), self.at("sys/dev/block"), self.at("sys/class/block"))


@dataclass(frozen=True, slots=True)
class MachinePrograms:
    """The programs in the folders of `path`, which may be missing, fail, or hang."""

    path: str = PROGRAMS
    seconds: float = PROGRAM_SECONDS

    def printed(self, name: str, *words: str) -> str | None:
        """Its standard output; None where it is missing or took too long.  Its exit code tells nothing here."""
        program = next((each for each in self._places(name) if os.access(each, os.X_OK)), None)
        if program is None:
            return None
        try:
            done = subprocess.run(  # noqa: S603 - a program of the system by its whole path, constant words, no shell
                [program, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self.seconds,
                check=False,
                env={"PATH": self.path, "LC_ALL": "C.UTF-8"},
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout[:MOST_BYTES].decode("utf-8", errors="replace")

    def _places(self, name: str) -> Sequence[Path]:
        return [Path(folder) / name for folder in self.path.split(":") if folder]
