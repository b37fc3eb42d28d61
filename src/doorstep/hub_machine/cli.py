"""`doorstep-hub VERB`: finds the hub's shape, runs the verb, and turns what goes wrong into one sentence."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from doorstep import __version__
from doorstep.core.errors import DoorstepError
from doorstep.hub_machine.hub_clock import HubClock, MachineClock
from doorstep.hub_machine.looks import Looks
from doorstep.hub_machine.machine import DebianMachine, Machine, is_address
from doorstep.hub_machine.own_verbs import pair_in, serve
from doorstep.hub_machine.refused import HubRefused, StateUnreadable
from doorstep.hub_machine.root_verbs import RootVerbs
from doorstep.hub_machine.said import answer, say
from doorstep.hub_machine.shape import CertificateFrom, HubFolders, HubPorts, HubShape, read_shape, shape_below
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


def known_shape(settings: Path) -> HubShape:
    """The hub that is here.  Raises HubRefused or StateUnreadable."""
    try:
        text = settings.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        msg = f"This machine is no hub yet: there is no {settings}. Run: sudo doorstep-hub init HOST"
        raise HubRefused(msg) from error
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{settings} cannot be read. Run this with sudo; if that does not help: sudo doorstep-hub init HOST"
        raise HubRefused(msg) from error
    return read_shape(text, str(settings))


def asked_shape(asked: Namespace) -> HubShape:
    """As `init` was asked; what it was before, it stays, unless that is asked for.  Raises HubRefused."""
    folders = HubFolders().below(asked.root) if asked.root else HubFolders()
    settings = Path(folders.settings) / "hub.json"
    shape = HubShape(asked.host.lower().rstrip("."), folders=folders)
    try:
        before = known_shape(settings) if settings.exists() else shape
    except StateUnreadable:
        before = shape  # it is written anew; the boxes lie elsewhere
    if before.host != shape.host:
        msg = (
            f"This machine is the hub {before.host}. Nothing was changed. To give it another name, undo it first "
            "(sudo doorstep-hub remove), and pair the boxes anew."
        )
        raise HubRefused(msg)
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
        authority=asked.ca or before.authority,
        names_checked=not asked.skip_name_check,
        by_systemd=not asked.files_only,
        ports=_ports(asked.ports, before.ports),
    )


def _ports(text: str, before: HubPorts) -> HubPorts:
    pairs = dict(pair.split("=", 1) for pair in text.split(",") if "=" in pair)
    known = {each.name for each in fields(HubPorts)}
    if not set(pairs) <= known or not all(value.isdigit() for value in pairs.values()) or (text and not pairs):
        msg = f"--ports takes NAME=PORT with commas between, of {', '.join(sorted(known))}. Nothing was changed."
        raise HubRefused(msg)
    return replace(before, **{name: int(value) for name, value in pairs.items()})


def _shape_to_remove(settings: Path) -> HubShape:
    """Also where an earlier `remove` was killed, or the file is not ours."""
    try:
        return known_shape(settings)
    except HubRefused:
        if not settings.parent.exists() and not Path(HubFolders().program).exists():
            raise
        return shape_below(HubShape("localhost"), "")


def _refuse_strangers(shape: HubShape, machine: Machine) -> None:
    if shape.by_systemd and not machine.is_root():
        msg = "Only root may change the hub. Nothing was changed. Run the same with sudo before it."
        raise HubRefused(msg)
