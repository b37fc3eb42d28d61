"""`pair`: a place for a box on this hub, and the code with which one box may take it."""

from collections.abc import Callable

from doorstep.core.errors import HubKeyInvalid
from doorstep.core.hub_code import VALID_SECONDS, HubCode
from doorstep.core.hub_key import read_public_line
from doorstep.core.hub_names import host_of, is_box_name
from doorstep.hub_machine.box import Box, PairingTicket, new_box, new_turn_secret
from doorstep.hub_machine.box_folder import BoxFolder
from doorstep.hub_machine.hub_clock import HubClock
from doorstep.hub_machine.one_time_key import OneTimeKey
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.shape import HubShape
from doorstep.hub_machine.sshd_text import HOST_KEY


def host_for(name: str, asked: str, shape: HubShape, boxes: BoxFolder) -> str:
    """The box's public name: what was asked for, else what it has, else one below the hub's."""
    if not is_box_name(name):
        msg = f'"{name}" is no name for a box: up to 32 small letters, digits and dashes, like garage.'
        raise HubRefused(msg)
    known = boxes.box(name)
    if known is not None and asked and known.host != asked:
        msg = f"The box {name} is {known.host} already. Revoke it first (doorstep-hub revoke {name}) to rename it."
        raise HubRefused(msg)
    return asked or (host_of(name, shape.host) if known is None else known.host)


def placed(name: str, host: str, shape: HubShape, boxes: BoxFolder) -> Box:
    """The box's record, made where there was none."""
    with boxes.changing() as change:
        box = change.box(name)
        if box is None:
            box = new_box(name, host, change.boxes(), shape)
            change.put(box)
        return box


def new_code(name: str, shape: HubShape, boxes: BoxFolder, clock: HubClock, make: Callable[[], OneTimeKey]) -> HubCode:
    """A code for the box, good for an hour; the one before it opens nothing any more.  Raises HubRefused.

    Whoever comes in the place of another gets a TURN secret of its own, which coturn is to know before; the former
    box has its own until then.
    """
    host_key = _host_key(shape)
    one_time = make()
    until = int(clock.now()) + VALID_SECONDS
    with boxes.changing() as change:
        box = change.box(name)
        if box is None:
            msg = f"There is no box {name} on this hub any more. Run doorstep-hub pair {name} again."
            raise HubRefused(msg)
        change.put(
            box.with_ticket(PairingTicket(one_time.key, until, turn_secret=new_turn_secret() if box.key else ""))
        )
    return HubCode(shape.host, shape.ports.ssh, host_key, one_time.seed, until)


def _host_key(shape: HubShape) -> bytes:
    path = (shape.settings / HOST_KEY).with_suffix(".pub")
    try:
        return read_public_line(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError, HubKeyInvalid) as error:
        msg = f"The hub's own key {path} cannot be read. Nothing was changed. Run: sudo doorstep-hub init {shape.host}"
        raise HubRefused(msg) from error
