"""The verbs that a key runs: `serve` and `pair-in`.  As the tunnels' user, with standard input and output from afar."""

import os
import sys
from ipaddress import ip_address
from typing import Final

from doorstep.core.hub_names import LET_GO, is_box_name
from doorstep.hub_machine.box_folder import BoxFolder
from doorstep.hub_machine.hub_clock import HubClock
from doorstep.hub_machine.machine import DebianMachine
from doorstep.hub_machine.pair_in import paired_in, read_request
from doorstep.hub_machine.reach import ReachCheck
from doorstep.hub_machine.reach_watch import ReachWatch
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.said import answer, say
from doorstep.hub_machine.serving import ServedBox, Serving
from doorstep.hub_machine.session_seats import LETTING_GO, SERVED, held_seat
from doorstep.hub_machine.shape import HubShape
from doorstep.hub_machine.traffic import bytes_this_month
from doorstep.hub_machine.tunnel_session import SessionNotes

ASKED: Final = "SSH_ORIGINAL_COMMAND"
CAME: Final = "SSH_CONNECTION"
_INPUT, _OUTPUT = 0, 1
_LET_GO_ANSWER: Final = '{{"v":1,"let_go":{done}}}'


def serve(name: str, shape: HubShape, clock: HubClock) -> int:
    """One session of a box, or the end of its former ones; the exit code."""
    boxes = BoxFolder(shape.state, shape.folders.program, clock)
    asked = os.environ.get(ASKED, "").strip()
    if not is_box_name(name) or not _is_paired(boxes, name):
        return _no(f"This hub has no box {name[:40]} that was paired.")
    if asked not in {"", LET_GO}:
        return _no("This key can hold its tunnel, and nothing else.")
    with held_seat(shape.run, name, LETTING_GO if asked else SERVED) as seat:
        if seat is None:
            return _no(f"{name} has as many connections as it may; those that are broken end within seconds.")
        if asked:
            done = SessionNotes(shape.run, clock).end(name)
            answer(_LET_GO_ANSWER.format(done=str(done).lower()))
            return 0
        return _served(name, seat, shape, boxes, clock)


def _served(name: str, seat: str, shape: HubShape, boxes: BoxFolder, clock: HubClock) -> int:
    notes, box = SessionNotes(shape.run, clock), boxes.box(name)
    if box is None:
        return _no("The box was revoked.")
    _note(notes, name, seat)
    check = ReachCheck(shape, _own_addresses(shape))
    served = ServedBox(
        seen_from=seen_from(os.environ.get(CAME, "")),
        bytes_month=lambda: bytes_this_month(shape.state, clock.now()),
        is_known=lambda: _is_paired(boxes, name),
    )
    try:
        return _no(Serving(served, ReachWatch(lambda: check.tried(box.host)), clock, (_INPUT, _OUTPUT)).run())
    finally:
        notes.end_own()


def pair_in(name: str, shape: HubShape, clock: HubClock) -> int:
    """One box comes with the code; the exit code."""
    boxes = BoxFolder(shape.state, shape.folders.program, clock)
    line = read_request(_INPUT, clock)
    said, is_another = paired_in(name, line, shape, boxes, clock)
    if is_another:
        SessionNotes(shape.run, clock).end_others()  # whoever had the key before is not served any more
    sys.stdout.buffer.write(said)
    sys.stdout.buffer.flush()
    return 0


def seen_from(connection: str) -> str:
    """The box's address as this hub sees it, of SSH_CONNECTION (sshd(8)); empty where it says none."""
    first = connection.split()[:1]
    try:
        found = ip_address(first[0].partition("%")[0]) if first else None
    except ValueError:
        found = None
    if found is None:
        return ""
    return str(getattr(found, "ipv4_mapped", None) or found)


def _is_paired(boxes: BoxFolder, name: str) -> bool:
    """A record that cannot be read does not end who is connected: the box would be shut out for a full disk."""
    try:
        box = boxes.box(name)
    except HubRefused:
        return True
    return box is not None and box.key is not None


def _note(notes: SessionNotes, name: str, seat: str) -> None:
    try:
        notes.write(name, seat)
    except HubRefused as fault:
        say(str(fault))  # served all the same; only let-go will not find it


def _own_addresses(shape: HubShape) -> frozenset[str]:
    if not shape.names_checked:
        return frozenset()
    return frozenset({*DebianMachine().addresses(), shape.external_address} - {""})


def _no(words: str) -> int:
    say(words)
    return 1
