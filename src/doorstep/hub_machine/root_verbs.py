"""The verbs of the person at the hub's terminal.  Words go to standard error, the code to standard output."""

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from doorstep.core.hub_code import HubCode, code_text
from doorstep.core.hub_names import FIRST_BOX
from doorstep.hub_machine.box import Box
from doorstep.hub_machine.box_folder import BoxFolder
from doorstep.hub_machine.first_look import (
    admin_ports,
    clock_trouble,
    looked_up,
    refuse_other_masters,
    refuse_other_systems,
    with_addresses,
)
from doorstep.hub_machine.hub_clock import HubClock
from doorstep.hub_machine.machine import Machine
from doorstep.hub_machine.one_time_key import new_one_time_key
from doorstep.hub_machine.pairing import host_for, new_code, placed
from doorstep.hub_machine.plan import settings_of
from doorstep.hub_machine.planned_files import wake, write_files
from doorstep.hub_machine.reach import ReachCheck
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.removal import remove_hub
from doorstep.hub_machine.revoking import Revoking
from doorstep.hub_machine.said import answer
from doorstep.hub_machine.setting_up import SettingUp
from doorstep.hub_machine.shape import HubShape
from doorstep.hub_machine.tunnel_session import SessionNotes

CERTIFICATE_SECONDS: Final = 60.0
_LOOK_AGAIN_SECONDS: Final = 2.0


class RootVerbs:
    """One run of the program."""

    def __init__(self, machine: Machine, clock: HubClock, say: Callable[[str], None]) -> None:
        self._machine = machine
        self._clock = clock
        self._say = say

    def init(self, shape: HubShape, *, names_checked: bool) -> None:
        """A hub, and the first box's code where no box has come yet."""
        if shape.by_systemd:
            self._say("Looking at this machine")
            refuse_other_systems(self._machine)
            refuse_other_masters(shape, self._machine)
            if trouble := clock_trouble(self._machine):
                self._say(trouble)
            shape = replace(shape, admin_ports=admin_ports(self._machine, os.environ.get("SSH_CONNECTION", "")))
        if names_checked:
            shape = self._seen(shape)
        for step in SettingUp(shape, self._machine, self._clock, self._say).steps():
            if step.words:
                self._say(step.words)
            step.take()
        if shape.by_systemd:
            self._await_certificate(shape, shape.host)
        home = self._boxes(shape).box(FIRST_BOX)
        if home is not None and home.key is not None:
            self._say(f"This hub stands. {FIRST_BOX} is paired already; for another box: sudo doorstep-hub pair NAME")
            return
        had_code = self._has_code(home)
        self._print_code(self._new_code(FIRST_BOX, shape), had_code=had_code)

    def _seen(self, shape: HubShape) -> HubShape:
        """As the world sees it: what the name led to once, is no reason to believe it now."""
        look = looked_up(shape.host, self._machine, shape.external_address if shape.address_given else "")
        if look.external and not shape.address_given:
            self._say(
                f"This machine itself has private addresses alone; {look.external}, where {shape.host} leads to, is "
                "taken for the one that the world sees it by. If it is another: the same again with --address ADDRESS"
            )
        return with_addresses(shape, look)

    def pair(self, asked: Namespace, shape: HubShape) -> None:
        """A place and a code for one box."""
        boxes = self._boxes(shape)
        host = host_for(asked.name, asked.host, shape, boxes)
        self._say(f"Making a {'place' if boxes.box(asked.name) is None else 'code'} for {asked.name}")
        if shape.names_checked and not asked.skip_name_check:
            looked_up(host, self._machine, shape.external_address)
        box = placed(asked.name, host, shape, boxes)
        had_code = self._has_code(box)
        made = self._new_code(box.name, shape)
        write_files(shape, settings_of(shape, boxes.boxes()), self._machine)
        if shape.by_systemd:
            wake(shape, self._machine)
            self._await_certificate(shape, box.host)
        if box.key is not None:
            self._say(f"{box.name} is paired already. Whoever comes with this code takes its place.")
        self._print_code(made, had_code=had_code)

    def revoke(self, asked: Namespace, shape: HubShape) -> None:
        """A box is none of this hub's any more."""
        revoking = Revoking(shape, self._machine, self._boxes(shape), SessionNotes(shape.run, self._clock))
        revoking.refuse_unknown(asked.name)
        self._say(f"Taking {asked.name}'s key away")
        for fault in revoking.take_away(asked.name):
            self._say(fault)
        self._say(f"{asked.name} is revoked: its key opens nothing, its session is over, its name shows nothing.")

    def remove(self, asked: Namespace, shape: HubShape) -> None:
        """This machine is no hub any more."""
        if not asked.yes and not _agreed(shape.host):
            nobody = "" if sys.stdin.isatty() else "Nobody is here to agree. "
            msg = f"{nobody}Nothing was changed. To undo the hub without a question: sudo doorstep-hub remove --yes"
            raise HubRefused(msg)
        left = remove_hub(shape, self._machine, self._say)
        self._say("This machine is no hub any more.")
        if left.packages:
            unmask = f" && sudo systemctl unmask {' '.join(left.masked)}" if left.masked else ""
            self._say(
                "What was installed for it stays, and does not run (unmasked, Debian would start it with its own "
                f"settings at its next update). To take it away too: sudo apt remove {' '.join(left.packages)}{unmask}"
            )
            self._say("After that, sudo apt autoremove takes what they brought along; that may stay, too.")

    def _boxes(self, shape: HubShape) -> BoxFolder:
        return BoxFolder(shape.state, shape.folders.program, self._clock)

    def _new_code(self, name: str, shape: HubShape) -> HubCode:
        return new_code(name, shape, self._boxes(shape), self._clock, new_one_time_key)

    def _has_code(self, box: Box | None) -> bool:
        return box is not None and box.ticket is not None and box.ticket.is_open(self._clock.now())

    def _print_code(self, made: HubCode, *, had_code: bool) -> None:
        if had_code:
            self._say("The code that was printed before opens nothing any more.")
        self._say("At home, within an hour, run `doorstep hub join CODE` with this code, or paste it into the app")
        self._say("(Settings, From anywhere). Whoever has it can become the box, so show it to nobody:")
        self._say("")
        answer(code_text(made))

    def _await_certificate(self, shape: HubShape, host: str) -> None:
        """It may come later, too: nothing else waits for it."""
        self._say(f"Waiting for a certificate for {host}")
        check, until = ReachCheck(shape, frozenset()), self._clock.monotonic() + CERTIFICATE_SECONDS
        while (found := check.tried(host)).certificate_ends is None:
            if self._clock.monotonic() >= until:
                self._say(
                    f"Not there yet. {found.why} Does your provider's firewall let ports {shape.ports.http} and "
                    f"{shape.ports.https} in? Caddy tries again by itself; look later: sudo doorstep-hub certificates"
                )
                return
            self._clock.sleep(_LOOK_AGAIN_SECONDS)


def _agreed(host: str) -> bool:
    """Only a person at a terminal can agree."""
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"All boxes of {host} lose their way from outside. Undo this hub? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == "y"
