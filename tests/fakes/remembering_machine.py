"""A machine that becomes a hub only in its own memory: it notes what is run, and may be switched off at any call."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from doorstep.hub_machine.machine import MachineUser, Outcome, PortHolder, in_silence

FINE = Outcome(0, "")


class SwitchedOff(BaseException):
    """As when the machine loses its power: nothing catches it."""


@dataclass
class RememberingMachine:
    """`told` are programs' answers by their first words; `units` what each unit that runs was started with.

    What begins with the words `slow` takes so long that one sign of life falls due.
    """

    settings: Path
    home: str = ""
    installed: set[str] = field(default_factory=set)
    told: dict[tuple[str, ...], Outcome] = field(default_factory=dict)
    names: dict[str, Sequence[str]] = field(default_factory=dict)
    own: Sequence[str] = ("45.10.1.2",)
    here: Sequence[PortHolder] = ()
    root: bool = True
    release: Mapping[str, str] = field(default_factory=lambda: {"ID": "debian", "VERSION_ID": "12"})
    off_at: int = -1
    slow: tuple[str, ...] = ()
    calls: list[tuple[str, ...]] = field(default_factory=list)
    units: dict[str, dict[str, str]] = field(default_factory=dict)
    masked: set[str] = field(default_factory=set)
    has_user: bool = False

    def run(self, *words: str, seconds: float = 0.0, meanwhile: Callable[[], None] = in_silence) -> Outcome:
        assert seconds >= 0
        if len(self.calls) == self.off_at:
            raise SwitchedOff
        self.calls.append(words)
        if words[: len(self.slow)] == self.slow != ():
            meanwhile()
        for start, outcome in self.told.items():
            if words[: len(start)] == start:
                return outcome
        plain = tuple(word for word in words if not word.startswith("-"))
        return self._ran(plain, words)

    def _ran(self, plain: tuple[str, ...], words: tuple[str, ...]) -> Outcome:
        if plain[0] == "dpkg-query":
            return Outcome(0, "installed") if plain[-1] in self.installed else Outcome(1, "no packages found")
        if plain[0] == "apt-get" and "install" in plain:
            self.installed.update(plain[plain.index("install") + 1 :])
        elif plain[0] == "useradd":
            self.has_user = True
        elif plain[0] == "userdel":
            self.has_user = False
        elif plain[0] == "systemctl":
            return self._systemctl(plain[1], plain[2:], words)
        return FINE

    def _systemctl(self, verb: str, units: Sequence[str], words: Sequence[str]) -> Outcome:
        if verb == "mask":
            self.masked.update(units)
            for unit in units if "--now" in words else ():
                self.units.pop(unit, None)
        elif verb == "unmask":
            self.masked.difference_update(units)
        elif verb in {"restart", "reload-or-restart"} or (verb == "start" and units[0] not in self.units):
            self.units[units[0]] = self._files()
        elif verb == "disable":
            for unit in units if "--now" in words else ():
                self.units.pop(unit, None)
        elif verb == "is-active":
            return FINE if units[0] in self.units else Outcome(3, "inactive")
        elif verb == "is-enabled":
            return Outcome(1, "masked" if units[0] in self.masked else "enabled")
        return FINE

    def _files(self) -> dict[str, str]:
        return {
            path.name: path.read_text()
            for path in sorted(self.settings.iterdir())
            if path.is_file() and path.name != "made.json"
        }

    def system(self) -> Mapping[str, str]:
        return self.release

    def is_root(self) -> bool:
        return self.root

    def user(self, name: str) -> MachineUser | None:
        known = self.has_user or name in {"caddy", "turnserver"}
        return MachineUser(os.getuid(), os.getgid(), self.home) if known else None

    def group(self, name: str) -> int | None:
        found = self.user(name)
        return None if found is None else found.gid

    def addresses(self) -> Sequence[str]:
        return self.own

    def look_up(self, host: str) -> Sequence[str]:
        if host not in self.names:
            raise NoSuchName
        return self.names[host]

    def listeners(self) -> Sequence[PortHolder]:
        return self.here


class NoSuchName(OSError):
    """What a resolver says of a name that is not there."""
