"""What a recipient wants to be told, as JSON for a row, and back.  Strict: what is unknown is an error."""

import json
from datetime import datetime
from typing import Any

from doorstep.core.alert_preferences import AlertPreferences, QuietHours
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.quiet_hours import time_of_day

BROKEN = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What `preferences_of` raises for a text that it cannot read."""


def preferences_text(preferences: AlertPreferences) -> str:
    """As one line."""
    return json.dumps(
        {
            "causes": sorted(preferences.causes),
            "cameras": None if preferences.cameras is None else sorted(preferences.cameras),
            "quiet_hours": [
                {"weekdays": sorted(one.weekdays), "begins": f"{one.begins:%H:%M}", "ends": f"{one.ends:%H:%M}"}
                for one in preferences.quiet_hours
            ],
            "troubles": preferences.troubles,
            "snoozed_until": preferences.snoozed_until.isoformat() if preferences.snoozed_until else None,
        }
    )


def preferences_of(text: str) -> AlertPreferences:
    """Raises BROKEN."""
    found: dict[str, Any] = json.loads(text)
    cameras, snoozed_until = found["cameras"], found["snoozed_until"]
    return AlertPreferences(
        causes=frozenset(map(Cause, found["causes"])),
        cameras=None if cameras is None else frozenset(map(_camera, cameras)),
        quiet_hours=tuple(map(_quiet_hours, found["quiet_hours"])),
        troubles=bool(found["troubles"]),
        snoozed_until=_instant(snoozed_until) if snoozed_until else None,
    )


def _camera(found: object) -> CameraId:
    if not isinstance(found, str):
        msg = "cameras are named"
        raise TypeError(msg)
    return CameraId(found)


def _instant(found: str) -> datetime:
    at = datetime.fromisoformat(found)
    if at.tzinfo is None:
        msg = "an instant has a zone"
        raise ValueError(msg)
    return at


def _quiet_hours(found: dict[str, Any]) -> QuietHours:
    weekdays = frozenset(map(int, found["weekdays"]))
    if not weekdays <= frozenset(range(7)):
        msg = "weekdays are 0 (Monday) to 6"
        raise ValueError(msg)
    return QuietHours(weekdays, time_of_day(found["begins"]), time_of_day(found["ends"]))
