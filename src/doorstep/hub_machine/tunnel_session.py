"""Who serves a box now: the process of `serve` and the sshd that carries it, noted so that the next can end them.

A process is told from a later one of the same number by the moment it began and the start of the machine (proc(5)).
"""

import json
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from doorstep.hub_machine.hub_clock import HubClock, boot_id
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.session_seats import SERVED
from doorstep.hub_machine.whole_file import write_whole

GIVES_UP_AFTER: Final = 3.0
_LOOK_AGAIN_SECONDS: Final = 0.05
_LONGEST_NOTE: Final = 2048
_MOST_PIDS: Final = 2**22
"""PID_MAX_LIMIT, proc(5)."""


@dataclass(frozen=True, slots=True)
class Running:
    """One process: its number and the moment it began, in ticks since the machine's start."""

    pid: int
    began: int


@dataclass(frozen=True, slots=True)
class TunnelSession:
    """What a `serve` notes: itself, its sshd (None where none carries it), and the start of the machine."""

    serve: Running
    carrier: Running | None
    boot: str


class SessionNotes:
    """The notes in the folder `run`: one file for each seat of a box, so that none hides another's session."""

    def __init__(self, folder: Path, clock: HubClock, proc: Path = Path("/proc")) -> None:
        self._folder = folder
        self._clock = clock
        self._proc = proc

    def write(self, box: str, seat: str) -> None:
        """This process serves the box from now on, in this seat of its; noted until another takes that.

        Also when it has ended, for its sshd may have stayed.  Raises HubRefused.
        """
        session = TunnelSession(self._running(os.getpid()) or Running(os.getpid(), 0), self._carrier(), boot_id())
        write_whole(self._path(box, seat), json.dumps(asdict(session)) + "\n")

    def is_served(self, box: str) -> bool:
        """Whether a process that is noted runs."""
        return any(self._runs(session.serve) for session in self._noted(box))

    def end(self, box: str) -> bool:
        """The box's sessions are over and its port free, as far as they were noted; whether there was one.

        Only processes of the user who noted them, and never this one or its own sshd.
        """
        own = {os.getpid(), *self._ancestors()}
        each_of = [each for session in self._noted(box) for each in (session.carrier, session.serve)]
        there = [each for each in each_of if each is not None and each.pid not in own and self._runs(each)]
        self._end_all(there)
        return bool(there)

    def end_own(self) -> None:
        """The sshd that carries this process gives the port back at once.

        It would hold it for as long as visitors keep knocking at a box that is gone: what waits to be sent to the box
        hides from ClientAlive that nothing comes from there.  Only of a command that sshd ran for a key, without a
        terminal: that leads a session, or its shell does, for not every /bin/sh makes way for its last command.
        """
        is_command = os.getsid(0) in {os.getpid(), os.getppid()} and not os.isatty(0)
        carrier = self._carrier() if is_command else None
        if carrier is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(carrier.pid, signal.SIGTERM)

    def end_others(self) -> None:
        """Every session of the tunnels' user but this one's, noted or not; their boxes come again by themselves."""
        own = {os.getpid(), *self._ancestors()}
        pids = {int(path.name) for path in self._proc.iterdir() if path.name.isdigit()} - own
        user = self._own_user()
        theirs = [pid for pid in pids if self._user(pid) == user and self._name(pid).startswith("sshd")]
        self._end_all([each for each in map(self._running, theirs) if each is not None])

    def _end_all(self, noted: Sequence[Running]) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            left = [each for each in noted if self._runs(each)]
            for each in left:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(each.pid, number)
            until = self._clock.monotonic() + GIVES_UP_AFTER
            while any(map(self._runs, left)) and self._clock.monotonic() < until:
                self._clock.sleep(_LOOK_AGAIN_SECONDS)

    def _runs(self, noted: Running) -> bool:
        """It is the same process still, and of the user whose notes these are."""
        return self._user(noted.pid) == self._own_user() and self._running(noted.pid) == noted

    def _carrier(self) -> Running | None:
        """The nearest sshd above, which a shell may stand between."""
        return next((self._running(pid) for pid in self._ancestors() if self._name(pid).startswith("sshd")), None)

    def _ancestors(self) -> Sequence[int]:
        found: list[int] = []
        pid = os.getppid()
        while pid > 1 and pid not in found:
            found.append(pid)
            parts = self._stat(pid)
            pid = int(parts[1]) if parts else 0
        return found

    def _running(self, pid: int) -> Running | None:
        """None where there is no such process, or only what is left of one."""
        parts = self._stat(pid)
        return Running(pid, int(parts[19])) if parts and parts[0] not in "ZX" else None

    def _stat(self, pid: int) -> Sequence[str]:
        """The fields of /proc/PID/stat from the third on (proc_pid_stat(5)): state, parent ... began."""
        try:
            text = (self._proc / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return ()
        parts = text.rpartition(")")[2].split()
        return parts if len(parts) > 19 else ()

    def _own_user(self) -> int | None:
        try:
            return self._folder.stat().st_uid
        except OSError:
            return None

    def _user(self, pid: int) -> int | None:
        """As /proc/PID/status has it (proc_pid_status(5)): the folder's owner is root after a change of users."""
        try:
            text = (self._proc / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        found = [line.split()[1] for line in text.splitlines() if line.startswith("Uid:")]
        return int(found[0]) if found else None

    def _name(self, pid: int) -> str:
        try:
            return (self._proc / str(pid) / "comm").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def _noted(self, box: str) -> Sequence[TunnelSession]:
        """Since the start of the machine."""
        found = (self._read(self._path(box, seat)) for seat in SERVED)
        return [session for session in found if session is not None and session.boot == boot_id()]

    def _read(self, path: Path) -> TunnelSession | None:
        """None for no note, and for one that is not ours: nothing is ended for that."""
        try:
            with path.open("rb") as file:
                parts: Any = json.loads(file.read(_LONGEST_NOTE))
            serve = _running_of(parts["serve"])
            carrier = None if parts["carrier"] is None else _running_of(parts["carrier"])
            return TunnelSession(serve, carrier, str(parts["boot"]))
        except (OSError, ValueError, TypeError, KeyError, RecursionError, HubRefused):
            return None

    def _path(self, box: str, seat: str) -> Path:
        return self._folder / f"{box}.{seat}.pid"


def _running_of(parts: Any) -> Running:  # noqa: ANN401 - as JSON has it
    pid, began = parts["pid"], parts["began"]
    if type(pid) is not int or type(began) is not int or not 1 < pid <= _MOST_PIDS:
        raise TypeError
    return Running(pid, began)
