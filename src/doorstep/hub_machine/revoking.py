"""`revoke`: a box has no place on this hub any more: key, sessions, secret and site, in the order of what they open."""

import os
import signal
from collections.abc import Sequence
from contextlib import suppress

from doorstep.core.hub_line import LISTENS_AT
from doorstep.hub_machine.box_folder import BoxFolder, not_wholly
from doorstep.hub_machine.machine import Machine
from doorstep.hub_machine.plan import settings_of
from doorstep.hub_machine.planned_files import wake, write_files
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.shape import MOST_BOXES, HubShape
from doorstep.hub_machine.tunnel_session import SessionNotes
from doorstep.hub_machine.unit_texts import SSH


class Revoking:
    """Takes boxes away."""

    def __init__(self, shape: HubShape, machine: Machine, boxes: BoxFolder, notes: SessionNotes) -> None:
        self._shape = shape
        self._machine = machine
        self._boxes = boxes
        self._notes = notes

    def take_away(self, name: str) -> Sequence[str]:
        """Answers what is wrong with other records, which did not hold it up.  Raises HubRefused; may be repeated.

        The record is the last to go: until then the port is nobody else's, and who was killed begins again.  All
        sessions are ended, for one that had begun before could still take the port that another box is given later;
        the other boxes come again by themselves within seconds.
        """
        self.refuse_unknown(name)
        with self._boxes.changing() as change:
            change.shut_out(name)
        try:
            self._end_sessions(name)
            self._write()
            with self._boxes.changing() as change:
                change.forget(name)
        except HubRefused as fault:
            msg = f"{fault} {not_wholly(name)}"
            raise HubRefused(msg) from fault
        _, faults = self._boxes.readable()
        return list(faults.values())

    def refuse_unknown(self, name: str) -> None:
        """Changes nothing.  Raises HubRefused."""
        if name not in {*self._boxes.names(), *self._boxes.leaving()}:
            msg = f"There is no box {name} on this hub. It has: {', '.join(self._boxes.names()) or 'none'}."
            raise HubRefused(msg)

    def _write(self) -> None:
        readable, _ = self._boxes.readable()
        write_files(self._shape, settings_of(self._shape, readable), self._machine)
        if self._shape.by_systemd:
            wake(self._shape, self._machine)

    def _end_sessions(self, name: str) -> None:
        if self._shape.by_systemd:
            told = self._machine.run("systemctl", "restart", SSH)
            if not told.is_fine:
                msg = f"The sessions could not be ended: {told.last_line}."
                raise HubRefused(msg)
            return
        self._notes.end(name)
        first = self._shape.ports.first_tunnel
        tunnels = range(first, first + MOST_BOXES)
        for holder in self._machine.listeners():
            is_tunnel = holder.address == LISTENS_AT and holder.port in tunnels
            if is_tunnel and holder.program.startswith("sshd") and holder.pid > 1:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(holder.pid, signal.SIGTERM)
