"""`doorstep-hub VERB`: finds the hub's shape, runs the verb, and turns what goes wrong into one sentence."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from doorstep import __version__
from doorstep.core.errors import DoorstepError
from doorstep.hub_machine.former_shape import before_init, known_shape, public_name
from doorstep.hub_machine.hub_clock import HubClock, MachineClock
from doorstep.hub_machine.looks import Looks
from doorstep.hub_machine.machine import DebianMachine, Machine, is_address
from doorstep.hub_machine.own_verbs import pair_in, serve
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.root_verbs import RootVerbs
from doorstep.hub_machine.said import answer, say
from doorstep.hub_machine.shape import CertificateFrom, HubFolders, HubShape, shape_below
from doorstep.hub_machine.words import parser

_FINE, _FAULT, _WRONG_USAGE, _INTERRUPTED = 0, 1, 2, 130


def main(words: Sequence[str] | None = None, machine: Machine | None = None, clock: HubClock | None = None) -> int:
    """The exit code: 0 fine, 1 a fault that it tells, 2 wrong usage."""
    asked = parser().parse_args(words)
    if asked.version:
        answer(__version__)
        return _FINE
    if asked.verb is None:
        parser().print_help(sys.stderr)
        return _WRONG_USAGE
    try:
        return _run(asked, machine or DebianMachine(), clock or MachineClock())
    except DoorstepError as fault:
        say(str(fault))
        return _FAULT
    except KeyboardInterrupt:
        say("Stopped. What was done is kept; run the same again to go on.")
        return _INTERRUPTED


def _run(asked: Namespace, machine: Machine, clock: HubClock) -> int:
    settings = Path(asked.settings)
    if asked.verb in {"serve", "pair-in"}:
        verb = serve if asked.verb == "serve" else pair_in
        return verb(asked.name, known_shape(settings), clock)
    verbs = RootVerbs(machine, clock, say)
    if asked.verb == "init":
        verbs.init(asked_shape(asked), names_checked=not asked.skip_name_check)
    elif asked.verb == "pair":
        _refuse_strangers(shape := known_shape(settings), machine)
        asked.host = public_name(asked.host) if asked.host else ""
        verbs.pair(asked, shape)
    elif asked.verb == "revoke":
        _refuse_strangers(shape := known_shape(settings), machine)
        verbs.revoke(asked, shape)
    elif asked.verb == "remove":
        _refuse_strangers(shape := _shape_to_remove(settings), machine)
        verbs.remove(asked, shape)
    else:
        _look(asked, Looks(known_shape(settings), machine, clock))
    return _FINE


def _look(asked: Namespace, looks: Looks) -> None:
    if asked.verb == "traffic" and asked.count:
        looks.count()
        return
    verbs = {
        "boxes": looks.boxes,
        "status": looks.status,
        "certificates": looks.certificates,
        "traffic": looks.traffic,
    }
    answer(verbs[asked.verb](as_parts=asked.json))


def asked_shape(asked: Namespace) -> HubShape:
    """As `init` was asked; what it was before, it stays, unless that is asked for.  Raises HubRefused."""
    shape = HubShape(public_name(asked.host))
    shape = shape_below(shape, asked.root) if asked.root else shape
    before = before_init(shape, asked.ports)
    if asked.root and not asked.files_only:
        msg = "--root goes with --files-only: systemd knows no hub in a folder of its own."
        raise HubRefused(msg)
    if asked.address and not is_address(asked.address):
        msg = f'"{asked.address}" is no IP address. Nothing was changed.'
        raise HubRefused(msg)
    internal = asked.internal_certificates or before.certificate is CertificateFrom.INTERNAL
    return replace(
        before,
        external_address=asked.address or before.external_address,
        certificate=CertificateFrom.INTERNAL if internal else CertificateFrom.ACME,
        address_given=bool(asked.address) or before.address_given,
        authority=asked.ca or before.authority,
        names_checked=not asked.skip_name_check,
        by_systemd=not asked.files_only,
    )


def _shape_to_remove(settings: Path) -> HubShape:
    """Also where an earlier `remove` was killed, or the file is not ours."""
    try:
        return known_shape(settings)
    except HubRefused:
        if not settings.parent.exists() and not Path(HubFolders().program).exists():
            raise
        return HubShape("localhost")


def _refuse_strangers(shape: HubShape, machine: Machine) -> None:
    if shape.by_systemd and not machine.is_root():
        msg = "Only root may change the hub. Nothing was changed. Run the same with sudo before it."
        raise HubRefused(msg)
