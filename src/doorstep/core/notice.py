"""What onlookers hear of a camera.  Nothing may depend on it: who is slow misses some.  Told by `broadcast`."""

from dataclasses import dataclass
from datetime import datetime

from doorstep.core.camera import CameraId
from doorstep.core.event import Event


@dataclass(frozen=True, slots=True)
class MotionNotice:
    """Something began to move in the picture, or nothing does any more; None while nobody looks."""

    camera: CameraId
    moving: bool | None


@dataclass(frozen=True, slots=True)
class EventNotice:
    """An event opened, got longer or another cause, or is over: then it has an end."""

    event: Event


@dataclass(frozen=True, slots=True)
class PressNotice:
    """Somebody rang, also where an event runs already."""

    camera: CameraId
    at: datetime


Notice = MotionNotice | EventNotice | PressNotice
