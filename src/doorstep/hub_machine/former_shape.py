"""What a hub is before `init` is run again, and what of that stays: nobody who came by it may lose it unasked."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Final

from doorstep.core.hub_names import FIRST_BOX, is_public_name
from doorstep.hub_machine.box import Box
from doorstep.hub_machine.box_folder import BoxFolder
from doorstep.hub_machine.hub_clock import MachineClock
from doorstep.hub_machine.plan import SHAPE_FILE
from doorstep.hub_machine.refused import HubRefused, StateUnreadable
from doorstep.hub_machine.shape import HubPorts, HubShape, read_shape

_TOLD_AT_PAIRING: Final = ("ssh", "turn")
"""The ports that a box wrote down when it came."""

_LONGEST_PORT: Final = 5


def known_shape(settings: Path) -> HubShape:
    """The hub that is here.  Raises HubRefused or StateUnreadable."""
    try:
        text = settings.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError as error:
        msg = f"This machine is no hub yet: there is no {settings}. Run: sudo doorstep-hub init HOST"
        raise HubRefused(msg) from error
    except OSError as error:
        msg = f"{settings} cannot be read. Run this with sudo; if that does not help: sudo doorstep-hub init HOST"
        raise HubRefused(msg) from error
    return read_shape(text, str(settings))


def public_name(text: str) -> str:
    """As a person writes a name, so as programs compare it.  Raises HubRefused where the world can know none such."""
    name = text.lower().removesuffix(".")
    if not is_public_name(name):
        msg = f'"{text}" is no name on the internet. Nothing was changed. Give one like door.example.org.'
        raise HubRefused(msg)
    return name


def before_init(shape: HubShape, ports: str) -> HubShape:
    """The hub that is here, or the one that is asked for, with the asked ports (NAME=PORT, commas between).

    Raises HubRefused where its name is another, or paired boxes would not find it any more.  Where its file cannot be
    read, the boxes' records still say whom that would cut off.
    """
    settings = shape.settings / SHAPE_FILE
    boxes = _boxes(shape)
    paired = ", ".join(box.name for box in boxes if box.key is not None)
    asked = _pairs(ports)
    try:
        before = known_shape(settings) if settings.exists() else None
    except StateUnreadable as fault:
        if paired and not asked.keys() >= {*_TOLD_AT_PAIRING}:
            raise HubRefused(_ports_are_lost(settings, paired)) from fault
        before = None
    host = before.host if before else next((box.host for box in boxes if box.name == FIRST_BOX), shape.host)
    if host != shape.host:
        msg = (
            f"This machine is the hub {host}. Nothing was changed. To give it another name, undo it first "
            "(sudo doorstep-hub remove), and pair the boxes anew."
        )
        raise HubRefused(msg)
    if before and paired:
        _refuse_move(before.ports, asked, paired)
    known = before or shape
    return replace(known, ports=replace(known.ports, **asked))


def _refuse_move(before: HubPorts, asked: Mapping[str, int], paired: str) -> None:
    moved = [name for name in _TOLD_AT_PAIRING if asked.get(name, getattr(before, name)) != getattr(before, name)]
    if moved:
        was = ", ".join(f"{name}={getattr(before, name)}" for name in moved)
        msg = (
            f"Boxes that are paired ({paired}) know this hub by {was}, and would not find it elsewhere. Nothing was "
            "changed. To move it all the same, revoke them first (sudo doorstep-hub revoke NAME), and pair them anew."
        )
        raise HubRefused(msg)


def _pairs(text: str) -> Mapping[str, int]:
    pairs = [pair.partition("=")[::2] for pair in text.split(",")] if text else []
    known = {each.name for each in fields(HubPorts)}
    if not all(name in known and _is_number(port) for name, port in pairs):
        msg = f"--ports takes NAME=PORT with commas between, of {', '.join(sorted(known))}. Nothing was changed."
        raise HubRefused(msg)
    return {name: int(port) for name, port in pairs}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _LONGEST_PORT


def _boxes(shape: HubShape) -> Sequence[Box]:
    """Those that can be read; none where there is no hub yet."""
    try:
        return BoxFolder(shape.state, shape.folders.program, MachineClock()).readable()[0]
    except HubRefused:
        return ()


def _ports_are_lost(where: Path, paired: str) -> str:
    usual = HubPorts()
    return (
        f"{where} is not what doorstep-hub writes, or a newer one wrote it, and boxes come to this hub by the ports in "
        f"it ({paired}). Nothing was changed. Take the newer one; or run the same again with its ports, and it is "
        f"written anew. Unless you chose others they are --ports ssh={usual.ssh},turn={usual.turn} (and give --address "
        "and --internal-certificates again, if you gave them)."
    )
