"""`remove`: undoes what `init` did.  The machine is as before, but for packages, which others may use by now."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from doorstep.hub_machine.machine import Machine
from doorstep.hub_machine.made import NAME, read_made
from doorstep.hub_machine.plan import plan_of
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.shape import HubShape
from doorstep.hub_machine.unit_texts import RUNNING
from doorstep.hub_machine.whole_file import remove_whole


def remove_hub(shape: HubShape, machine: Machine, say: Callable[[str], None]) -> Sequence[str]:
    """Answers the packages that were installed for the hub, and stay.  May be killed and repeated anywhere."""
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
        _give_back(made.masked, made.ran, machine)
    remove_whole_if_there(shape.settings / NAME)
    _remove_folder(shape.settings)
    if whole:
        remove_whole_if_there(Path(shape.folders.program))
    return made.packages


def remove_whole_if_there(path: Path) -> None:
    """Also where its folder is gone."""
    if path.parent.is_dir():
        remove_whole(path)


def _give_back(masked: Sequence[str], ran: Sequence[str], machine: Machine) -> None:
    for unit in masked:
        machine.run("systemctl", "--quiet", "unmask", unit)
    for unit in ran:
        machine.run("systemctl", "start", unit)


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
