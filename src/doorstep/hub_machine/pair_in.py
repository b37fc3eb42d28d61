"""What a pairing code's key runs on the hub: `pair-in`.  One line in, one line out, and the code is used."""

import os
import selectors
from typing import Final

from doorstep.core.errors import HubWordInvalid
from doorstep.core.hub_pairing import Pairing, PairingFault, pair_answer, pair_refusal, read_pair_request
from doorstep.core.hub_status import LONGEST_LINE
from doorstep.hub_machine.box import Box
from doorstep.hub_machine.box_folder import BoxFolder
from doorstep.hub_machine.hub_clock import HubClock
from doorstep.hub_machine.refused import HubFull, HubRefused
from doorstep.hub_machine.shape import HubShape

WAITS_SECONDS: Final = 15.0


def paired_in(name: str, line: bytes, shape: HubShape, boxes: BoxFolder, clock: HubClock) -> tuple[bytes, bool]:
    """The answer to a box that came with this box's code, and whether its key is another than before.

    The same box may ask again within the hour, for the answer can be lost on its way; any other is told that the code
    was used, and later nobody is told anything: the key that it names is public.
    """
    try:
        key = read_pair_request(line)
    except HubWordInvalid:
        return pair_refusal(PairingFault.BAD), False
    try:
        with boxes.changing() as change:
            box = change.box(name)
            fault = PairingFault.BAD if box is None else _fault(box, key, clock.now())
            if box is None or fault is not None:
                return pair_refusal(fault or PairingFault.BAD), False
            is_another = box.key is not None and box.key != key
            if box.key == key and box.ticket is not None and box.ticket.used:
                change.write_keys()  # of one who was killed before he had written them
            else:
                box = box.paired(key, clock.now())
                change.put(box)
    except HubFull:
        return pair_refusal(PairingFault.FULL), False
    except HubRefused:
        return pair_refusal(PairingFault.BAD), False
    return pair_answer(_pairing(box, shape)), is_another


def read_request(descriptor: int, clock: HubClock) -> bytes:
    """The first line that comes within a quarter of a minute, without its end; empty where none does."""
    until, line = clock.monotonic() + WAITS_SECONDS, b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while b"\n" not in line and len(line) <= LONGEST_LINE:
            left = until - clock.monotonic()
            if left <= 0 or not selector.select(left):
                return b""
            chunk = os.read(descriptor, LONGEST_LINE)
            if not chunk:
                break
            line += chunk
    return line.partition(b"\n")[0]


def _fault(box: Box, key: bytes, now: float) -> PairingFault | None:
    ticket = box.ticket
    if ticket is None:
        return PairingFault.USED
    if ticket.used and box.key != key:
        return PairingFault.USED
    return PairingFault.EXPIRED if ticket.is_over(now) else None


def _pairing(box: Box, shape: HubShape) -> Pairing:
    return Pairing(
        box=box.name,
        host=box.host,
        hub=shape.host,
        ssh_port=shape.ports.ssh,
        port=box.port,
        turn_secret=box.turn_secret,
        turn_port=shape.ports.turn,
    )
