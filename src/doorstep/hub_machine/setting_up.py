"""`init`: a bare Debian becomes a hub.  Steps that each may be repeated, so who was killed begins again."""

import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from doorstep.core.hub_names import FIRST_BOX
from doorstep.hub_machine.box import new_box
from doorstep.hub_machine.box_folder import BoxFolder, make_folder
from doorstep.hub_machine.first_look import OTHERS_UNITS, is_installed
from doorstep.hub_machine.hub_clock import HubClock
from doorstep.hub_machine.machine import PACKAGES_SECONDS, Machine, MachineUser
from doorstep.hub_machine.made import read_made, write_made
from doorstep.hub_machine.one_time_key import make_key
from doorstep.hub_machine.plan import SHAPE_FILE, plan_of
from doorstep.hub_machine.planned_files import wake, write_files
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.shape import HubShape
from doorstep.hub_machine.sshd_text import HOST_KEY
from doorstep.hub_machine.whole_file import write_whole

PACKAGES: Final = ("openssh-server", "caddy", "coturn", "nftables", "unattended-upgrades")
_OWN_UNITS: Final = {**OTHERS_UNITS, "openssh-server": "ssh.service"}
"""What a package would start when it is installed, and shall not; the administrator's sshd only where he has none."""

_APT: Final = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")


@dataclass(frozen=True, slots=True)
class Step:
    """One step, and what it does in plain words."""

    words: str
    take: Callable[[], None]


class SettingUp:
    """Puts one hub together.  Without systemd it only writes files, for who starts the daemons otherwise."""

    def __init__(self, shape: HubShape, machine: Machine, clock: HubClock) -> None:
        self._shape = shape
        self._machine = machine
        self._clock = clock
        self._whole = shape.by_systemd
        self._boxes = BoxFolder(shape.state, shape.folders.program, clock)

    def steps(self) -> Sequence[Step]:
        """In this order."""
        system = (
            Step("Installing what is missing of " + ", ".join(PACKAGES) + " (a minute or two)", self._install),
            Step(f"Making the user {self._shape.user}, who may do nothing but hold tunnels", self._make_user),
        )
        program = (Step(f"Putting this program to {self._shape.folders.program}", self._place_program),)
        files = (
            Step("Making the folders and the hub's own key", self._make_folders),
            Step("Making room for the first box", self._make_first_box),
            Step(f"Writing the settings into {self._shape.folders.settings}", self._write),
        )
        start = (Step("Starting OpenSSH for tunnels, Caddy, coturn and the firewall", self._start),)
        return (*system, *program, *files, *start) if self._whole else (*files, *program)

    def _install(self) -> None:
        machine, settings = self._machine, self._shape.settings
        settings.mkdir(mode=0o755, parents=True, exist_ok=True)
        missing = [package for package in PACKAGES if not is_installed(machine, package)]
        write_made(settings, read_made(settings).with_packages(missing))
        for package, unit in _OWN_UNITS.items():
            if package in missing or package in OTHERS_UNITS:
                self._put_to_rest(unit)
        machine.run("dpkg", "--configure", "-a", seconds=PACKAGES_SECONDS)  # of one who was killed
        if not missing:
            return
        for words in ((*_APT, "update"), (*_APT, "install", "-y", "--no-install-recommends", *missing)):
            told = machine.run(*words, seconds=PACKAGES_SECONDS)
            if not told.is_fine and "install" in words:
                errors = [line for line in told.words.splitlines() if line.startswith("E:")]
                msg = (
                    f"Debian's packages could not be installed: {errors[0] if errors else told.last_line}. What is "
                    "installed is kept. See whether this machine reaches the internet, and run the same again."
                )
                raise HubRefused(msg)

    def _put_to_rest(self, unit: str) -> None:
        """Noted first: so that it is given back, and that it is known for ours when this is run again."""
        settings, made = self._shape.settings, read_made(self._shape.settings)
        if unit in made.masked or self._machine.run("systemctl", "is-enabled", unit).words.strip() == "masked":
            if unit in made.masked:
                self._machine.run("systemctl", "--quiet", "mask", "--now", unit)
            return
        ran = self._machine.run("systemctl", "is-active", "--quiet", unit).is_fine
        write_made(settings, made.with_masked(unit, ran=ran))
        self._machine.run("systemctl", "--quiet", "mask", "--now", unit)

    def _make_user(self) -> None:
        """With a shell, for sshd runs what it runs by that; no password opens it (`*`), and it is not locked (`!`)."""
        name, home = self._shape.user, self._shape.folders.state
        found = self._machine.user(name)
        if found is not None and found.home != home:
            msg = (
                f"There is a user {name} with the home {found.home}, who is not the hub's. Nothing was changed for him."
            )
            raise HubRefused(msg)
        if found is None:
            words = (
                "useradd",
                "--system",
                "--user-group",
                "--home-dir",
                home,
                "--no-create-home",
                "--shell",
                "/bin/sh",
            )
            self._must(*words, name)
        self._must("usermod", "--password", "*", name)

    def _place_program(self) -> None:
        archive = Path(sys.argv[0]).resolve()
        path = Path(self._shape.folders.program)
        if not self._whole:
            path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            write_whole(path, _starter(archive, self._shape), 0o755)
            return
        if not zipfile.is_zipfile(archive):
            msg = f"{archive} is not the program doorstep-hub as it is released; take the file of that name."
            raise HubRefused(msg)
        if archive != path and not (path.is_file() and path.read_bytes() == archive.read_bytes()):
            write_whole(path, archive.read_bytes(), 0o755)

    def _make_folders(self) -> None:
        folders, user = self._shape.folders, self._machine.user(self._shape.user)
        self._shape.settings.mkdir(mode=0o755, parents=True, exist_ok=True)
        state = self._shape.state
        if not state.is_symlink():
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._give(state, user)
        make_folder(state)
        if not self._whole:
            for name in (folders.run, folders.web_state, folders.web_run, folders.turn_run):
                Path(name).mkdir(mode=0o700, parents=True, exist_ok=True)
            self._give(self._shape.run, user)
        self._make_host_key()

    def _give(self, folder: Path, user: MachineUser | None) -> None:
        if user is not None and self._machine.is_root():
            os.chown(folder, user.uid, user.gid, follow_symlinks=False)

    def _make_host_key(self) -> None:
        """Beside, then moved into place: who is killed leaves none or a whole one, and its public half comes last."""
        path = self._shape.settings / HOST_KEY
        public = path.with_suffix(".pub")
        if path.is_file() and public.is_file():
            return
        beside = self._shape.settings / "new-key"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(mode=0o700)
        made = beside / HOST_KEY
        make_key(made)
        made.replace(path)
        made.with_suffix(".pub").replace(public)
        beside.rmdir()

    def _make_first_box(self) -> None:
        with self._boxes.changing() as change:
            if change.box(FIRST_BOX) is None:
                change.put(new_box(FIRST_BOX, self._shape.host, change.boxes(), self._shape))
            else:
                change.write_keys()

    def _write(self) -> None:
        files = plan_of(self._shape, self._boxes.boxes())
        own = f"{self._shape.folders.settings}/"
        write_files(self._shape, [file for file in files if self._whole or file.path.startswith(own)], self._machine)

    def _start(self) -> None:
        wake(self._shape, self._machine)

    def _must(self, *words: str) -> None:
        told = self._machine.run(*words)
        if not told.is_fine:
            msg = f'"{words[0]}" failed: {told.last_line}. What was made is kept; run the same command again.'
            raise HubRefused(msg)


def _starter(archive: Path, shape: HubShape) -> str:
    """The program of a hub that is not the machine's own: this one, by the system's Python, with that hub's file."""
    is_archive = zipfile.is_zipfile(archive)
    program = f"{archive}" if is_archive else "-m doorstep.hub_machine"
    path = "" if is_archive else f"PYTHONPATH={Path(__file__).resolve().parents[2]} "
    return f'#!/bin/sh\n{path}exec /usr/bin/python3 -B {program} --settings {shape.settings}/{SHAPE_FILE} "$@"\n'
