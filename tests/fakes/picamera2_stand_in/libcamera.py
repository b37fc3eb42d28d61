"""What `picamera_child` takes from libcamera."""

from dataclasses import dataclass
from enum import IntEnum


@dataclass
class Transform:
    """How a picture is turned."""

    hflip: bool = False
    vflip: bool = False


class controls:  # noqa: N801 - a module there
    """The values that are used."""

    class AfModeEnum(IntEnum):
        Manual = 0
        Auto = 1
        Continuous = 2

    class AfTriggerEnum(IntEnum):
        Start = 0

    class HdrModeEnum(IntEnum):
        Off = 0
        SingleExposure = 4
