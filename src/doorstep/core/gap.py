"""A span without recording is a row with a reason, never silence.  Noticing one is decided here, told in `pipeline`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from doorstep.core.camera import CameraId

SHORTEST_GAP_SECONDS = 1.5
"""What is shorter is no gap: a camera may rest that long between two pictures."""

PICTURES_LEFT_OUT = 3.0
"""A pause of so many usual ones is not the camera's own pace."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing of this camera was kept between the two instants; `reason` is in plain words."""

    camera: CameraId
    starts_at: datetime
    ends_at: datetime
    reason: str


def gap_between(camera: CameraId, kept_until: datetime, kept_again: datetime, reason: str) -> Gap | None:
    """The gap between two instants; None where it is too short to be one, or where there is none at all."""
    if kept_again - kept_until <= timedelta(seconds=SHORTEST_GAP_SECONDS):
        return None
    return Gap(camera, kept_until, kept_again, reason)


def left_out(arrived_apart: float, shown_apart: float, usually: float) -> bool:
    """Whether pictures are missing between two packets of one connection; all three in seconds.

    They are where both the arrivals and the camera's own times lie far apart.  Late packets whose times go on are
    late and nothing else, and a camera whose clock was set left nothing out; nor did one that sends a picture every
    few seconds, as `usually` tells.
    """
    missing = min(arrived_apart, shown_apart)
    return missing > SHORTEST_GAP_SECONDS and missing > PICTURES_LEFT_OUT * usually
