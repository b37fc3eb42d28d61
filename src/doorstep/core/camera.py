"""A configured camera and the state it is in.  How its packets are got lives in `sources`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

CameraId = NewType("CameraId", str)


class CameraState(StrEnum):
    """Exactly one holds for each camera at any time."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"
    REFUSED = "refused"
    FAULTED = "faulted"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """One camera as the owner sees it: its state, since when and why, and whether somebody is looking."""

    id: CameraId
    name: str
    state: CameraState
    since: datetime
    reason: str
    recording: bool
    watching: bool
    last_look_at: datetime | None
    looked_where: str
