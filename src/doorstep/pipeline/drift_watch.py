"""Counts how often the times of each camera were begun anew, and pins a camera whose clock runs wrong."""

from doorstep.core.camera import CameraId
from doorstep.core.health_rules import DriftRule
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock


class DriftWatch:
    """One for all cameras; used on the event loop."""

    def __init__(self, health: HealthBoard, clock: Clock) -> None:
        self._health = health
        self._clock = clock
        self._rules: dict[CameraId, tuple[str, DriftRule]] = {}

    def set_right(self, camera: CameraId, name: str) -> None:
        """Its clock and ours disagreed, and not because ours was set: its times were begun anew."""
        _, rule = self._rules.get(camera, (name, DriftRule()))
        self._rules[camera] = name, rule
        rule.set_right(self._clock.monotonic())
        self.look()

    def forget(self, camera: CameraId) -> None:
        """It is gone for good, and what was wrong with it is nobody's business any more."""
        if self._rules.pop(camera, None) is not None:
            self._health.clear(_key(camera))

    def look(self) -> None:
        """Pin and unpin; now and then, for time alone ends it."""
        for camera, (name, rule) in list(self._rules.items()):
            key, trouble = _key(camera), rule.trouble(self._clock.monotonic(), name)
            if trouble is None:
                self._health.clear(key)
            else:
                self._health.report(key, trouble.what, trouble.remedy, minor=trouble.minor)
            if rule.is_quiet:
                del self._rules[camera]


def _key(camera: CameraId) -> str:
    return f"camera:{camera}:drift"
