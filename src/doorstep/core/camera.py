"""A configured camera and the state it is in.  How its packets are got lives in `sources`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from doorstep.core.zone import Zone

CameraId = NewType("CameraId", str)


class StreamKind(StrEnum):
    """Which of a camera's streams: the one that is recorded, or the smaller one that is looked at (`detect`)."""

    MAIN = "main"
    SUB = "sub"


class CameraState(StrEnum):
    """Exactly one holds for each camera at any time."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"
    REFUSED = "refused"
    FAULTED = "faulted"
    OFF = "off"


REMEDIES: Mapping[CameraState, str] = {
    CameraState.CONNECTING: "Check its power, its network and its address in the config.",
    CameraState.LIVE: "",
    CameraState.STALLED: "Check its power, its network and its address in the config.",
    CameraState.REFUSED: "Check its address, user name and password in the config. It is tried again once a minute.",
    CameraState.FAULTED: (
        "Restart the camera or update its firmware. It is tried again every five minutes, and when Doorstep reloads."
    ),
    CameraState.OFF: "",
}
"""What the owner can do about each state, in plain words; nothing where nothing is wrong."""


@dataclass(frozen=True, slots=True)
class CameraCounts:
    """What one camera has done since Doorstep started; `last_packet_seconds` is the newest packet's age."""

    packets: int = 0
    bytes: int = 0
    connections: int = 0
    gaps: int = 0
    looks: int = 0
    overruns: int = 0
    lost_segments: int = 0
    buffer_seconds: float = 0.0
    buffer_bytes: int = 0
    last_packet_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """One camera as the owner sees it: its state, since when and why, and whether somebody is looking.

    `hint` is what would make looking cheaper, in plain words; nothing is wrong while it is there.  `detecting` is the
    owner's switch: while it is off nobody is looked for.
    """

    id: CameraId
    name: str
    state: CameraState
    since: datetime
    reason: str
    recording: bool
    watching: bool
    last_look_at: datetime | None
    looked_where: str
    counts: CameraCounts = CameraCounts()
    zones: tuple[Zone, ...] = ()
    hint: str = ""
    detecting: bool = True

    @property
    def remedy(self) -> str:
        """What the owner can do about its state."""
        return REMEDIES[self.state]
