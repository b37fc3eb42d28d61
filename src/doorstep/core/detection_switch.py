"""Which cameras are looked at for persons and motion, by the owner's switch, and how that is written down.

While it is off for a camera, nobody is looked for there: presses, reports from outside, live pictures and recordings
that never stop go on.  It stays off over a restart, until somebody switches it on.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from doorstep.core.camera import CameraId

_FORMAT = 1
MOST_KEPT = 1000


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """Since when nobody is looked for, and who wanted that."""

    since: datetime
    by: str


Switches = Mapping[CameraId, SwitchedOff]
"""The cameras where it is off."""


def switched(switches: Switches, camera: CameraId, off: SwitchedOff | None) -> Switches:
    """With this camera's off, or on with None; one that is off already stays so since it was."""
    if off is not None and camera in switches:
        return switches
    kept = {known: what for known, what in switches.items() if known != camera}
    return kept if off is None else {**kept, camera: off}


def to_json(switches: Switches) -> bytes:
    """As it is kept."""
    off = {camera: {"since": off.since.isoformat(), "by": off.by} for camera, off in switches.items()}
    return json.dumps({"format": _FORMAT, "off": off}, indent=1).encode()


def from_json(content: bytes) -> Switches:
    """What was kept.  Raises ValueError for anything else: then nothing is off."""
    try:
        read = json.loads(content)
        if read["format"] != _FORMAT or len(read["off"]) > MOST_KEPT:
            raise ValueError(_WRONG)
        return {CameraId(str(camera)): _off(off) for camera, off in read["off"].items()}
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(_WRONG) from error


_WRONG = "these are no detection switches"


def _off(read: Mapping[str, str]) -> SwitchedOff:
    since = datetime.fromisoformat(read["since"])
    if since.tzinfo is None:
        raise ValueError(_WRONG)
    return SwitchedOff(since, str(read["by"]))
