"""Brings a plan onto the disk and its daemons to run with it; writes what differs, wakes what changed, and no more."""

import os
from collections.abc import Sequence
from pathlib import Path

from doorstep.hub_machine.daemons import daemons
from doorstep.hub_machine.machine import Machine
from doorstep.hub_machine.made import read_made, write_made
from doorstep.hub_machine.plan import PlannedFile
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.shape import HubShape
from doorstep.hub_machine.unit_texts import RUNNING, WEB
from doorstep.hub_machine.whole_file import write_whole

_CHECKS = {"sshd_test": "OpenSSH's sshd", "caddy_test": "Caddy", "nft_test": "nftables"}


def write_files(shape: HubShape, files: Sequence[PlannedFile], machine: Machine) -> None:
    """Raises HubRefused.  What is to be woken is noted first, so that who is killed here does not forget it."""
    changed = [file for file in files if _differs(file, machine)]
    woken = {unit for file in changed for unit in file.wakes}
    if not changed:
        return
    shape.settings.mkdir(mode=0o755, parents=True, exist_ok=True)
    write_made(shape.settings, read_made(shape.settings).with_waking(sorted(woken)))
    for file in changed:
        path = Path(file.path)
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        write_whole(path, file.text, file.mode & ~0o077 if file.group else file.mode)
        if file.group:
            _give_to_group(path, file, machine)


def wake(shape: HubShape, machine: Machine) -> None:
    """All units run, with the files that there are.  Raises HubRefused with what a program said against its file."""
    made = read_made(shape.settings)
    _must(machine, "systemd-tmpfiles", "--create", f"{shape.folders.tmpfiles}/doorstep-hub.conf")
    if made.to_wake:  # sshd looks at its file only where its folder in /run is
        refuse_bad_files(shape, machine)
    _must(machine, "systemctl", "daemon-reload")
    _must(machine, "systemctl", "--quiet", "enable", *RUNNING)
    for unit in RUNNING:
        verb = "start" if unit not in made.to_wake else "reload-or-restart" if unit == WEB else "restart"
        _must(machine, "systemctl", verb, unit)
    write_made(shape.settings, read_made(shape.settings).awake())


def refuse_bad_files(shape: HubShape, machine: Machine) -> None:
    """Each program looks at its own file first; what runs goes on with what it has."""
    for name, program in _CHECKS.items():
        told = machine.run(*daemons(shape)[name])
        if not told.is_fine:
            msg = (
                f"{program} does not take its new settings in {shape.folders.settings}: {told.last_line}. What runs "
                "was left running. This is a fault of doorstep-hub: please report it with that sentence."
            )
            raise HubRefused(msg)


def _differs(file: PlannedFile, machine: Machine) -> bool:
    path = Path(file.path)
    try:
        found = path.lstat()
        if path.is_symlink() or found.st_mode & 0o7777 != file.mode:
            return True
        group = machine.group(file.group) if file.group else None
        return (group is not None and found.st_gid != group) or path.read_bytes() != file.text.encode()
    except OSError:
        return True


def _give_to_group(path: Path, file: PlannedFile, machine: Machine) -> None:
    """First the group, then the rights: at no moment does another group read it."""
    group = machine.group(file.group)
    try:
        if group is not None and os.geteuid() == 0:
            os.chown(path, -1, group, follow_symlinks=False)
        path.chmod(file.mode)
    except OSError as error:
        msg = f"{path} could not be given to {file.group} ({error.strerror}). Run the same command again."
        raise HubRefused(msg) from error


def _must(machine: Machine, *words: str) -> None:
    told = machine.run(*words, seconds=120.0)
    if not told.is_fine:
        told_by = f"Look with: sudo journalctl -u {words[-1]}" if words[-1].startswith("doorstep-hub") else ""
        msg = f'"{" ".join(words)}" failed: {told.last_line}. What was written is kept. {told_by}'
        raise HubRefused(msg.strip())
