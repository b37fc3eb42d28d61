"""`remove`: undoes what `init` did.  The machine is as before, but for packages, which others may use by now."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from doorstep.hub_machine.machine import Machine
from doorstep.hub_machine.made import NAME, Made, read_made
from doorstep.hub_machine.plan import plan_of
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.setting_up import OWN_UNITS, ZIP
from doorstep.hub_machine.shape import HubShape
from doorstep.hub_machine.unit_texts import RUNNING
from doorstep.hub_machine.whole_file import remove_whole


@dataclass(frozen=True, slots=True)
class Left:
    """What stays of a hub: the packages that were installed for it, and those of their own units that are masked."""

    packages: Sequence[str]
    masked: Sequence[str]


def remove_hub(shape: HubShape, machine: Machine, say: Callable[[str], None]) -> Left:
    """May be killed and repeated anywhere."""
    made, whole = read_made(shape.settings), shape.by_systemd
    if whole:
        say("Stopping the hub: the boxes at home cannot be reached from outside any more")
        machine.run("systemctl", "--quiet", "disable", "--now", *reversed(RUNNING), seconds=120.0)
    say("Taking away its files, its keys and the boxes' records")
    for file in plan_of(shape, []):
        if whole and not file.path.startswith(f"{shape.folders.settings}/"):  # those go last, for they say what to undo
            remove_whole_if_there(Path(file.path))
    for folder in (shape.folders.state, shape.folders.web_state, shape.folders.run):
        _remove_folder(Path(folder))
    if whole:
        machine.run("systemctl", "daemon-reload")
        if machine.user(shape.user) is not None:
            machine.run("userdel", shape.user)
        _give_back(made, machine)
    remove_whole_if_there(shape.settings / NAME)
    _remove_folder(shape.settings)
    program = Path(shape.folders.program)
    for path in (program, program.with_suffix(ZIP)):
        remove_whole_if_there(path)
    return Left(made.packages, _came_with_us(made))


def remove_whole_if_there(path: Path) -> None:
    """Also where its folder is gone."""
    if path.parent.is_dir():
        remove_whole(path)


def _give_back(made: Made, machine: Machine) -> None:
    """As it was before.  What `init` installed stays masked.

    To deb-systemd-helper(1p) a unit that was masked when its package came is a new one at the next update, which
    enables and starts it: with Debian's settings, and without the hub's firewall, coturn is an open relay.
    """
    for unit in made.masked:
        if unit not in _came_with_us(made):
            machine.run("systemctl", "--quiet", "unmask", unit)
    for unit in made.ran:
        machine.run("systemctl", "start", unit)


def _came_with_us(made: Made) -> Sequence[str]:
    came = {OWN_UNITS.get(package) for package in made.packages}
    return [unit for unit in made.masked if unit in came and unit not in made.ran]


def _remove_folder(folder: Path) -> None:
    if folder.is_symlink():
        msg = (
            f"{folder} is a link, which the hub never makes. It was left; take it away yourself and run the same again."
        )
        raise HubRefused(msg)
    try:
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)
    except OSError as error:
        msg = f"{folder} could not be taken away ({error.strerror}). Run the same again."
        raise HubRefused(msg) from error
