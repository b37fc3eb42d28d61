"""The machine that becomes a hub: its system, addresses, listeners, packages and units, asked and changed by programs.

No shell: each is a list of words.  What a program says is not believed to be well-formed.
"""

import json
import os
import pwd
import re
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Protocol

from doorstep.hub_machine.reach import look_up

QUICK_SECONDS: Final = 60.0
PACKAGES_SECONDS: Final = 1800.0
SIGN_OF_LIFE_SECONDS: Final = 10.0
_PROGRAM = re.compile(r'\(\("([^"]+)",pid=([0-9]+)')


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended, and what it said on both its outputs."""

    code: int
    words: str

    @property
    def is_fine(self) -> bool:
        """It said so itself."""
        return self.code == 0

    @property
    def last_line(self) -> str:
        """What it said last, for a sentence."""
        lines = [line.strip() for line in self.words.splitlines() if line.strip()]
        return lines[-1][:200] if lines else f"it ended with {self.code}"


@dataclass(frozen=True, slots=True)
class PortHolder:
    """Somebody who listens: `unit` is systemd's, empty where it has none."""

    transport: str
    address: str
    port: int
    program: str = ""
    pid: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class MachineUser:
    """One of its users."""

    uid: int
    gid: int
    home: str


def in_silence() -> None:
    """What is done while a program takes its time, where nobody waits for a sign of life."""


class Machine(Protocol):
    """What setting up asks of a machine; the tests have one that only remembers."""

    def run(self, *words: str, seconds: float = QUICK_SECONDS, meanwhile: Callable[[], None] = in_silence) -> Outcome:
        """A program to its end; one that is not there or hangs ends badly, in words.

        `meanwhile` is called each SIGN_OF_LIFE_SECONDS that it takes.
        """
        ...

    def system(self) -> Mapping[str, str]:
        """What os-release(5) says."""
        ...

    def is_root(self) -> bool:
        """Whether this program may change the machine."""
        ...

    def user(self, name: str) -> MachineUser | None:
        """None where there is no such user."""
        ...

    def group(self, name: str) -> int | None:
        """The number of a user's own group."""
        ...

    def addresses(self) -> Sequence[str]:
        """Its own, but for the loopback's and those of one cable."""
        ...

    def look_up(self, host: str) -> Sequence[str]:
        """The addresses of a name; raises OSError."""
        ...

    def listeners(self) -> Sequence[PortHolder]:
        """Who listens on TCP or UDP."""
        ...


class DebianMachine:
    """This one."""

    def run(self, *words: str, seconds: float = QUICK_SECONDS, meanwhile: Callable[[], None] = in_silence) -> Outcome:
        """With a plain environment, without questions, without input."""
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
            "NEEDRESTART_SUSPEND": "1",
        }
        try:
            with subprocess.Popen(  # noqa: S603 - words of our own, and no shell
                words,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            ) as running:
                said = _said(running, seconds, meanwhile)
        except subprocess.TimeoutExpired:
            return Outcome(124, f"{words[0]} did not end within {seconds:.0f} seconds")
        except OSError as error:
            return Outcome(127, f"{words[0]} cannot be run ({error.strerror})")
        return Outcome(running.returncode, said.decode("utf-8", "replace"))

    def system(self) -> Mapping[str, str]:
        """Of /etc/os-release; nothing where it has none."""
        try:
            text = Path("/etc/os-release").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return {}
        pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
        return {name: value.strip("\"'") for name, _, value in pairs}

    def is_root(self) -> bool:
        """By the effective user."""
        return os.geteuid() == 0

    def user(self, name: str) -> MachineUser | None:
        """By the machine's own user database."""
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            return None
        return MachineUser(found.pw_uid, found.pw_gid, found.pw_dir)

    def group(self, name: str) -> int | None:
        """Of the user of that name."""
        found = self.user(name)
        return None if found is None else found.gid

    def addresses(self) -> Sequence[str]:
        """As `ip -json address` tells; none where it cannot be asked."""
        told = self.run("ip", "-json", "address", "show", "scope", "global")
        try:
            interfaces: Any = json.loads(told.words)
            return [one["local"] for each in interfaces for one in each.get("addr_info", []) if "local" in one]
        except (ValueError, TypeError, AttributeError, RecursionError):
            return []

    def look_up(self, host: str) -> Sequence[str]:
        """By the machine's own resolver."""
        return look_up(host)

    def listeners(self) -> Sequence[PortHolder]:
        """As `ss` tells; the unit by the process's cgroup."""
        return [found for line in self.run("ss", "-Hlntup").words.splitlines() if (found := _holder(line))]


def _said(running: subprocess.Popen[bytes], seconds: float, meanwhile: Callable[[], None]) -> bytes:
    """Until its end; raises TimeoutExpired, and leaves none behind that runs."""
    waited = 0.0
    try:
        while True:
            pause = min(SIGN_OF_LIFE_SECONDS, seconds - waited)
            try:
                return running.communicate(timeout=pause)[0]
            except subprocess.TimeoutExpired:
                waited += pause
                if waited >= seconds:
                    raise
            meanwhile()
    finally:
        running.kill()  # does nothing to one that ended


def _holder(line: str) -> PortHolder | None:
    """Of one line of ss(8): transport, state, two queues, here, there, who."""
    words = line.split(maxsplit=6)
    address, _, port = (words[4] if len(words) > 5 else "").rpartition(":")
    if not port.isdigit():
        return None
    found = _PROGRAM.search(line)
    program, pid = (found[1], int(found[2])) if found else ("", 0)
    return PortHolder(words[0], address.strip("[]").partition("%")[0], int(port), program, pid, _unit(pid))


def _unit(pid: int) -> str:
    """cgroups(7), /proc/PID/cgroup: the last part of the path that is a service's."""
    try:
        text = Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return next((part.strip() for part in reversed(text.split("/")) if part.strip().endswith(".service")), "")


def is_address(text: str) -> bool:
    """Whether it is one of IPv4 or IPv6."""
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def no_such_name(error: OSError) -> bool:
    """Whether a look-up says that there is no such name, and not that nobody could be asked."""
    return isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN
