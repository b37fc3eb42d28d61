"""`init`: a bare Debian becomes a hub.  Steps that each may be repeated, so who was killed begins again."""

import os
import shlex
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from doorstep.core.errors import HubKeyInvalid
from doorstep.core.hub_key import public_line, read_private_seed
from doorstep.core.hub_names import FIRST_BOX
from doorstep.hub_machine.box import new_box
from doorstep.hub_machine.box_folder import BoxFolder, make_folder
from doorstep.hub_machine.first_look import OTHERS_UNITS, is_installed
from doorstep.hub_machine.hub_clock import HubClock
from doorstep.hub_machine.machine import PACKAGES_SECONDS, Machine, MachineUser, Outcome
from doorstep.hub_machine.made import read_made, write_made
from doorstep.hub_machine.one_time_key import new_key_file
from doorstep.hub_machine.plan import SHAPE_FILE, plan_of
from doorstep.hub_machine.planned_files import wake, write_files
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.shape import HubFolders, HubShape
from doorstep.hub_machine.sshd_text import HOST_KEY
from doorstep.hub_machine.unit_texts import SSH
from doorstep.hub_machine.whole_file import write_whole

PACKAGES: Final = ("openssh-server", "caddy", "coturn", "nftables", "unattended-upgrades")
OWN_UNITS: Final = {**OTHERS_UNITS, "openssh-server": "ssh.service"}
"""What a package would start when it is installed, and shall not; the administrator's sshd only where he has none."""

ZIP: Final = ".zip"
"""What the program ends in where a starter stands in its place."""

_APT: Final = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")


@dataclass(frozen=True, slots=True)
class Step:
    """One step, and what it does in plain words; none where it says itself whether there is something to do."""

    words: str
    take: Callable[[], None]


class SettingUp:
    """Puts one hub together.  Without systemd it only writes files, for who starts the daemons otherwise."""

    def __init__(self, shape: HubShape, machine: Machine, clock: HubClock, say: Callable[[str], None]) -> None:
        self._shape = shape
        self._machine = machine
        self._clock = clock
        self._say = say
        self._whole = shape.by_systemd
        self._boxes = BoxFolder(shape.state, shape.folders.program, clock)

    def steps(self) -> Sequence[Step]:
        """In this order."""
        system = (
            Step("", self._install),
            Step("", self._make_user),
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
        if missing:
            self._say(f"Installing {', '.join(missing)} (a minute or two)")
        write_made(settings, read_made(settings).with_packages(missing))
        for package, unit in OWN_UNITS.items():
            if package in missing or package in OTHERS_UNITS:
                self._put_to_rest(unit)
        began = self._clock.monotonic()

        def patiently(*words: str) -> Outcome:
            return machine.run(*words, seconds=PACKAGES_SECONDS, meanwhile=lambda: self._still_installing(began))

        patiently("dpkg", "--configure", "-a")  # of one who was killed
        if not missing:
            return
        listed = patiently(*_APT, "update")
        told = patiently(*_APT, "install", "-y", "--no-install-recommends", *missing)
        if not told.is_fine:
            before = "" if listed.is_fine else f"Nor could the list of them be fetched: {_fault_of_apt(listed)}. "
            msg = (
                f"Debian's packages could not be installed: {_fault_of_apt(told)}. {before}What is installed is kept. "
                "See whether this machine reaches the internet, and run the same again."
            )
            raise HubRefused(msg)

    def _still_installing(self, began: float) -> None:
        self._say(f"Still installing: {self._clock.monotonic() - began:.0f} s")

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
            self._say(f"Making the user {name}, who may do nothing but hold tunnels")
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
        """Where the tunnels' user may read it; below a folder of its own behind a starter that names its settings."""
        archive = Path(sys.argv[0]).resolve()
        path = Path(self._shape.folders.program)
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        is_archive = zipfile.is_zipfile(archive)
        if not is_archive and self._whole:
            msg = f"{archive} is not the program doorstep-hub as it is released; take the file of that name."
            raise HubRefused(msg)
        if is_archive and (self._whole or self._shape.folders.settings == HubFolders().settings):
            _copy(archive, path)
            return
        if is_archive:
            _copy(archive, path.with_suffix(ZIP))
        write_whole(path, _starter(self._shape, is_archive=is_archive), 0o755)

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
        """Boxes know the hub by it, so what is there is kept, and its public half made of it (ssh-keygen(1), -y)."""
        path = self._shape.settings / HOST_KEY
        public = path.with_suffix(".pub")
        key = _key_in(path)
        if key is None:
            self._refuse_new_key(path)
            write_made(self._shape.settings, read_made(self._shape.settings).with_waking((SSH,)))
            text, key = new_key_file()
            write_whole(path, text, 0o600)
        line = f"{public_line(key)} doorstep-hub\n"
        if not public.is_file() or public.read_bytes() != line.encode():
            write_whole(public, line, 0o644)

    def _refuse_new_key(self, path: Path) -> None:
        """A damaged one is replaced where no box knows it; one that is gone, its owner took away."""
        known = [box.name for box in self._boxes.readable()[0] if box.key is not None]
        if path.exists() and known:
            msg = (
                f"The hub's own key {path} is damaged, and boxes know the hub by it ({', '.join(known)}). Nothing was "
                "changed. Put it back from a copy; or delete it, run the same again, and give each box a new code: "
                "sudo doorstep-hub pair NAME"
            )
            raise HubRefused(msg)

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


def _starter(shape: HubShape, *, is_archive: bool) -> str:
    """The program of a hub that is not the machine's own: this one, by the system's Python, with that hub's file."""
    program = Path(shape.folders.program).with_suffix(ZIP) if is_archive else "-m doorstep.hub_machine"
    path = "" if is_archive else f"PYTHONPATH={shlex.quote(str(Path(__file__).resolve().parents[2]))} "
    return f'#!/bin/sh\n{path}exec /usr/bin/python3 -B {program} --settings {shape.settings}/{SHAPE_FILE} "$@"\n'


def _copy(archive: Path, path: Path) -> None:
    if archive != path and not (path.is_file() and path.read_bytes() == archive.read_bytes()):
        write_whole(path, archive.read_bytes(), 0o755)


def _key_in(path: Path) -> bytes | None:
    """The public half of a private key's file; None where there is none, or what a power cut left."""
    try:
        return read_private_seed(path.read_text(encoding="ascii", errors="replace"))[1]
    except FileNotFoundError:
        return None
    except HubKeyInvalid:
        return None
    except OSError as error:
        msg = f"The hub's own key {path} cannot be read ({error.strerror}). Nothing was changed."
        raise HubRefused(msg) from error


def _fault_of_apt(told: Outcome) -> str:
    errors = [line for line in told.words.splitlines() if line.startswith("E:")]
    return errors[0] if errors else told.last_line
