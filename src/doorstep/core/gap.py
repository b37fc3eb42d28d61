"""A span without recording is a row with a reason, never silence."""

from dataclasses import dataclass
from datetime import datetime

from doorstep.core.camera import CameraId


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing of this camera was kept between the two instants; `reason` is in plain words."""

    camera: CameraId
    starts_at: datetime
    ends_at: datetime
    reason: str
