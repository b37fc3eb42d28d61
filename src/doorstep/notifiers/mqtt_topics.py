"""Where things stand on the broker, and what others may ask for there.  All topics are seen from behind the prefix."""

import re
from dataclasses import dataclass

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause

STATUS, SNOOZE, CHIME = "status", "snooze", "chime"
SNOOZE_SECONDS = 3600.0
"""What "ON" means, as on the page."""

ON, OFF, UNKNOWN = "ON", "OFF", "None"
"""Home Assistant takes "None" for a state that nobody knows."""

LONGEST_SNOOZE = 24 * 3600
LARGEST_PAYLOAD = 1000
LONGEST_NOTE = 500
COMMANDS = ("cameras/+/press", "cameras/+/trigger", "cameras/+/detection/set", "snooze/set")
FORMER = "cameras/+/state"
"""By these a broker remembers cameras of a former config."""

_CAMERA = re.compile(r"cameras/([a-z0-9-]{1,40})/(press|trigger|detection/set|state)")


def of_camera(camera: CameraId, what: str) -> str:
    """The topic of what is known of a camera: state, motion, person, doorbell, snapshot, detection."""
    return f"cameras/{camera}/{what}"


KEPT_OF_CAMERA = ("state", "motion", "person", "snapshot", "detection")


@dataclass(frozen=True, slots=True)
class Happened:
    """Somebody rang, or something moved, says a program that listens there too."""

    camera: CameraId
    cause: Cause
    note: str


@dataclass(frozen=True, slots=True)
class SwitchDetection:
    """Look for persons at this camera, or no longer."""

    camera: CameraId
    on: bool


@dataclass(frozen=True, slots=True)
class Snooze:
    """The whole house for so many seconds; 0 ends it."""

    seconds: float


Command = Happened | SwitchDetection | Snooze


def command_of(topic: str, payload: bytes) -> Command | None:
    """What a message asks for; None for everything that is no command, however long or odd."""
    text, found = _text(payload), _CAMERA.fullmatch(topic)
    if text is None:
        return None
    if found is None:
        return _snooze(text) if topic == f"{SNOOZE}/set" else None
    camera = CameraId(found[1])
    match found[2], text:
        case "press" | "trigger" as what, note:
            return Happened(camera, Cause.PRESS if what == "press" else Cause.TRIGGER, note)
        case "detection/set", "ON" | "OFF":
            return SwitchDetection(camera, text == ON)
        case _:
            return None


def camera_of_state(topic: str) -> str | None:
    """Whose state it is; None for another topic."""
    found = _CAMERA.fullmatch(topic)
    return found[1] if found is not None and found[2] == "state" else None


def _snooze(text: str) -> Snooze | None:
    if text in (ON, OFF):
        return Snooze(SNOOZE_SECONDS if text == ON else 0.0)
    if not re.fullmatch(r"[0-9]{1,5}", text):
        return None
    return Snooze(float(min(int(text), LONGEST_SNOOZE)))


def _text(payload: bytes) -> str | None:
    if len(payload) > LARGEST_PAYLOAD:
        return None
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return None
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()[:LONGEST_NOTE]
