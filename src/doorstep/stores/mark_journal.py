"""By what is known what was acted on already, in a file in memory: it survives the end of the process.

As the journal of alerts, no disk delays it, and a reboot ends it: most of what is older than that is no news any more.
"""

import errno
import json
import os
import stat
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import structlog

log = structlog.get_logger()

NAME = "marks"
MOST_NOTED = 4096
"""Of the newest; the file has twice as many lines at most."""

Noted = tuple[float, tuple[str, ...]]


class MarkJournal:
    """Used on the event loop: a note takes microseconds.  One that cannot be written is so with all others, later."""

    def __init__(self, folder: Path | None) -> None:
        """`folder` is made where it is not there yet; it must be ours alone.  None is for a machine without one."""
        self._path = folder / NAME if folder is not None else None
        self._noted: deque[Noted] = deque(maxlen=MOST_NOTED)
        self._lines = 0
        self._is_troubled = False
        if folder is None:
            return
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            there = folder.lstat()
            if not stat.S_ISDIR(there.st_mode) or there.st_uid != os.getuid() or there.st_mode & 0o077:
                log.warning("motion that was acted on is not noted: its folder is not ours alone", folder=str(folder))
                self._path = None
                return
            self._read(folder / NAME)
            self._rewrite(folder / NAME)
        except OSError as error:
            self._say_unwritten(error)

    def noted(self) -> Sequence[Noted]:
        """By a former run and by this one, the oldest first: when, in monotonic seconds of this machine, and which."""
        return tuple(self._noted)

    def note(self, marks: Sequence[str], at: float) -> None:
        """From now on, at these monotonic seconds, they are known."""
        self._noted.append((at, tuple(marks)))
        if self._path is None:
            return
        try:
            if self._is_troubled or self._lines >= 2 * MOST_NOTED:
                self._rewrite(self._path)
            else:
                self._write(self._path, os.O_APPEND, [self._noted[-1]])
        except OSError as error:
            self._say_unwritten(error)

    def _read(self, path: Path) -> None:
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                at, *marks = json.loads(line)
                self._noted.append((float(at), tuple(str(mark) for mark in marks)))
            except (ValueError, TypeError):  # the last one may be half a line
                continue

    def _rewrite(self, path: Path) -> None:
        fresh = path.with_suffix(".new")
        self._lines = 0
        self._write(fresh, os.O_TRUNC, self._noted)
        fresh.replace(path)
        self._is_troubled = False

    def _write(self, path: Path, how: int, noted: Sequence[Noted]) -> None:
        lines = "".join(f"{json.dumps([at, *marks])}\n" for at, marks in noted).encode()
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | how, 0o600)
        try:
            if os.write(file, lines) < len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(file)
        self._lines += len(noted)

    def _say_unwritten(self, error: OSError) -> None:
        if not self._is_troubled:
            log.warning("motion that was acted on is not noted; it is tried again with the next", reason=error.strerror)
        self._is_troubled = True
