"""`revoke`: a box has no place on this hub any more: key, sessions, secret and site, in the order of what they open."""

import os
import signal
from collections.abc import Sequence
from contextlib import suppress

from doorstep.hub_machine.box_folder import BoxFolder
from doorstep.hub_machine.machine import Machine
from doorstep.hub_machine.plan import settings_of
from doorstep.hub_machine.planned_files import wake, write_files
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.shape import HubShape
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
        """Answers what is wrong with other records, which did not hold it up.  Raises HubRefused.

        All sessions are ended, for one that had begun before could still take the port that another box is given
        later; the other boxes come again by themselves within seconds.
        """
        if name not in self._boxes.names():
            msg = f"There is no box {name} on this hub. It has: {', '.join(self._boxes.names()) or 'none'}."
            raise HubRefused(msg)
        with self._boxes.changing() as change:
            faults = change.take_away(name)
        self._end_sessions(name)
        readable, _ = self._boxes.readable()
        write_files(self._shape, settings_of(self._shape, readable), self._machine)
        if self._shape.by_systemd:
            wake(self._shape, self._machine)
        return faults

    def _end_sessions(self, name: str) -> None:
        if self._shape.by_systemd:
            told = self._machine.run("systemctl", "restart", SSH)
            if not told.is_fine:
                msg = f"The key of {name} opens nothing any more, but its session could not be ended: {told.last_line}."
                raise HubRefused(msg)
            return
        self._notes.end(name)
        first = self._shape.ports.first_tunnel
        for listener in self._machine.listeners():
            if listener.program.startswith("sshd") and listener.pid > 1 and listener.port >= first:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(listener.pid, signal.SIGTERM)
