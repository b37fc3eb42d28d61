"""The verbs that only look: `boxes`, `status`, `certificates`, `traffic`."""

from collections.abc import Mapping, Sequence

from doorstep.hub_machine.box_folder import BoxFolder
from doorstep.hub_machine.hub_clock import HubClock, boot_id
from doorstep.hub_machine.machine import Machine
from doorstep.hub_machine.reach import Reach, ReachCheck
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.shape import HubShape
from doorstep.hub_machine.telling import (
    ToldBox,
    as_json,
    boxes_parts,
    boxes_words,
    bytes_words,
    certificates_words,
    moment,
    told_box,
    traffic_words,
)
from doorstep.hub_machine.traffic import counted, counters_now, read_traffic, write_traffic
from doorstep.hub_machine.tunnel_session import SessionNotes
from doorstep.hub_machine.unit_texts import RUNNING


class Looks:
    """Each answers what is to be printed."""

    def __init__(self, shape: HubShape, machine: Machine, clock: HubClock) -> None:
        self._shape = shape
        self._machine = machine
        self._clock = clock

    def boxes(self, *, as_parts: bool) -> str:
        """Who has a place on this hub."""
        told, faults = self._told()
        return (
            as_json({"boxes": boxes_parts(told), "faults": list(faults)})
            if as_parts
            else _with(boxes_words(told), faults)
        )

    def certificates(self, *, as_parts: bool) -> str:
        """Of each name."""
        found = self._reached()
        return as_json(_ends(found)) if as_parts else certificates_words(found, self._clock.now())

    def traffic(self, *, as_parts: bool) -> str:
        """Of each month."""
        traffic = read_traffic(self._shape.state)
        if not as_parts:
            return traffic_words(traffic)
        return as_json({month: {"received": both[0], "sent": both[1]} for month, both in traffic.months.items()})

    def count(self) -> None:
        """What went since the last look; each minute, by a timer.  Raises HubRefused where it cannot be written."""
        seen = counters_now(boot_id())
        if seen is None:
            msg = "The kernel does not tell its counters, so bytes are not counted."
            raise HubRefused(msg)
        write_traffic(self._shape.state, counted(read_traffic(self._shape.state), seen, self._clock.now()))

    def status(self, *, as_parts: bool) -> str:
        """All of it at once."""
        told, faults = self._told()
        units = {unit: self._machine.run("systemctl", "is-active", unit).words.strip() for unit in self._units()}
        found, now = self._reached(), self._clock.now()
        received, sent = read_traffic(self._shape.state).month(now)
        if as_parts:
            parts = {"host": self._shape.host, "units": units, "boxes": boxes_parts(told), "faults": list(faults)}
            month = {"received": received, "sent": sent}
            reached = {host: reach.reached for host, reach in found.items()}
            return as_json({**parts, "certificates": _ends(found), "reached": reached, "bytes_this_month": month})
        running = "\n".join(f"{unit:<32} {state}" for unit, state in units.items())
        total = f"This month: received {bytes_words(received)}, sent {bytes_words(sent)}"
        parts_of_it = [f"Hub {self._shape.host}", running, boxes_words(told), certificates_words(found, now), total]
        return _with("\n\n".join(part for part in parts_of_it if part), faults)

    def _units(self) -> Sequence[str]:
        return RUNNING if self._shape.by_systemd else ()

    def _told(self) -> tuple[Sequence[ToldBox], Sequence[str]]:
        boxes, faults = BoxFolder(self._shape.state, self._shape.folders.program, self._clock).readable()
        notes, now = SessionNotes(self._shape.run, self._clock), self._clock.now()
        return [told_box(box, is_served=notes.is_served(box.name), now=now) for box in boxes], list(faults.values())

    def _reached(self) -> Mapping[str, Reach]:
        check = ReachCheck(self._shape, frozenset())
        boxes, _ = BoxFolder(self._shape.state, self._shape.folders.program, self._clock).readable()
        return {host: check.tried(host) for host in sorted({self._shape.host, *(box.host for box in boxes)})}


def _ends(found: Mapping[str, Reach]) -> Mapping[str, str | None]:
    ends = {host: reach.certificate_ends for host, reach in found.items()}
    return {host: None if end is None else moment(end) for host, end in ends.items()}


def _with(words: str, faults: Sequence[str]) -> str:
    return "\n".join([words, *faults])
