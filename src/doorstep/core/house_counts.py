"""What the metrics tell of doorbell and channels at one moment.  Who counts: the parts themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from doorstep.core.camera import CameraId
from doorstep.core.telling_tally import TellingTally


@dataclass(frozen=True, slots=True)
class ChimeCounts:
    """How often one chime sounded, and how often it could not."""

    rung: int = 0
    silent: int = 0


@dataclass(frozen=True, slots=True)
class HouseCounts:
    """Since the start.  `mqtt_connected` is None without a broker, `push_devices` without Web Push."""

    telling: TellingTally = field(default_factory=TellingTally)
    presses: Mapping[CameraId, int] = field(default_factory=dict)
    chimes: Mapping[str, ChimeCounts] = field(default_factory=dict)
    mqtt_connected: bool | None = None
    push_devices: int | None = None
