"""The plan of a hub: every file that makes one, with text, rights and group.  Pure; who writes them: `planned_files`.

The same shape and boxes give the same plan, so what is to be done is what differs from the disk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from doorstep.hub_machine.box import Box
from doorstep.hub_machine.caddy_text import caddy_text
from doorstep.hub_machine.daemons import CADDY_FILE, FIREWALL_FILE, SSHD_FILE, TURN_FILE
from doorstep.hub_machine.firewall_text import firewall_text
from doorstep.hub_machine.shape import HubShape, shape_text
from doorstep.hub_machine.sshd_text import sshd_text
from doorstep.hub_machine.turn_text import turn_text
from doorstep.hub_machine.unit_texts import FIREWALL, SSH, TRAFFIC_TIMER, TURN, WEB, unit_texts

SHAPE_FILE: Final = "hub.json"
TMPFILES_NAME: Final = "doorstep-hub.conf"
APT_NAME: Final = "52doorstep-hub"
AFTER_UPDATES: Final = "after-updates"

_TMPFILES: Final = """\
# Written by doorstep-hub, tmpfiles.d(5): who runs now, and the folder that sshd wants.
d {run} 0700 {user} {user} -
d /run/sshd 0755 root root -
"""

_APT: Final = """\
// Written by doorstep-hub, apt.conf(5): security updates by themselves, each day.  It never restarts the machine;
// for that, in a file of your own: Unattended-Upgrade::Automatic-Reboot "true";
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
// Debian restarts its own units only; this restarts the hub's that still run what was replaced.
DPkg::Post-Invoke {{ "if [ -x {program} ]; then {program}; fi"; }};
"""

# What runs keeps the file that it began with, which is deleted once dpkg put another in its place (proc(5), maps).
# That tells of the program and of each library, and of nothing else that was installed: a unit that watches paths would
# have to know them all, and would restart in the middle of an update.
_AFTER_UPDATES: Final = """\
#!/bin/sh
# Written by doorstep-hub, which apt runs this for, after each change: units that run a program or a library which was
# replaced begin anew.
for unit in {units}; do
    for pid in $(cat /sys/fs/cgroup/system.slice/$unit/cgroup.procs 2>/dev/null); do
        if grep -Eqs ' r-xp .* /usr/.* \\(deleted\\)$' /proc/$pid/maps; then
            echo "doorstep-hub: restarts $unit, which runs what was updated"
            systemctl try-restart $unit
            break
        fi
    done
done
exit 0
"""
_UPDATED: Final = (WEB, TURN, SSH)


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file as it shall be.  `group` may read it besides root, empty for root's own; `wakes` are its units."""

    path: str
    text: str
    mode: int = 0o644
    group: str = ""
    wakes: tuple[str, ...] = ()


def plan_of(shape: HubShape, boxes: Sequence[Box]) -> Sequence[PlannedFile]:
    """All of it, in the order in which it is written: settings before what reads them."""
    folders = shape.folders
    return [
        PlannedFile(f"{folders.settings}/{SHAPE_FILE}", shape_text(shape)),
        *settings_of(shape, boxes),
        PlannedFile(f"{folders.tmpfiles}/{TMPFILES_NAME}", _TMPFILES.format(run=folders.run, user=shape.user)),
        PlannedFile(f"{folders.settings}/{AFTER_UPDATES}", _AFTER_UPDATES.format(units=" ".join(_UPDATED)), 0o755),
        PlannedFile(f"{folders.apt}/{APT_NAME}", _APT.format(program=f"{folders.settings}/{AFTER_UPDATES}")),
        *(PlannedFile(f"{folders.units}/{unit}", text, wakes=_woken(unit)) for unit, text in unit_texts(shape).items()),
    ]


def settings_of(shape: HubShape, boxes: Sequence[Box]) -> Sequence[PlannedFile]:
    """The daemons' own files; what a new or revoked box changes is among them."""
    where = shape.folders.settings
    return [
        PlannedFile(f"{where}/{SSHD_FILE}", sshd_text(shape), wakes=(SSH,)),
        PlannedFile(f"{where}/{CADDY_FILE}", caddy_text(shape, boxes), wakes=(WEB,)),
        PlannedFile(f"{where}/{TURN_FILE}", turn_text(shape, boxes), 0o640, shape.turn_user, (TURN,)),
        PlannedFile(f"{where}/{FIREWALL_FILE}", firewall_text(shape), wakes=(FIREWALL,)),
    ]


def _woken(unit: str) -> tuple[str, ...]:
    return (unit,) if unit in {SSH, WEB, TURN, FIREWALL, TRAFFIC_TIMER} else ()
