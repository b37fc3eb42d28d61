"""Says of each browser that is told nothing more though nobody asked for that, until it is told again."""

from doorstep.core.health_rules import dropped
from doorstep.core.push_subscription import PushSubscription
from doorstep.pipeline.health import HealthBoard

TOLD_FOR_SECONDS = 7 * 24 * 3600.0


class EndedDevices:
    """Used on the event loop.  Two devices may bear one name: each has a word of its own."""

    def __init__(self, health: HealthBoard) -> None:
        self._health = health
        self._ended: dict[str, PushSubscription] = {}

    def say(self, device: PushSubscription, why: str) -> None:
        """It ended, for this reason."""
        trouble = dropped(device, why)
        minor, person = trouble.minor, trouble.person
        if self._health.report(
            _key(device), trouble.what, trouble.remedy, TOLD_FOR_SECONDS, minor=minor, person=person
        ):
            self._ended[device.id] = device

    def is_told(self, device: PushSubscription) -> None:
        """Notifications were turned on there: if it is one of those that ended, that is over.

        It has another id then.  Its address says which it was; a browser that got another one is known by its name.
        """
        own = [one for one in self._ended.values() if one.person == device.person]
        same = [one for one in own if one.endpoint == device.endpoint] or [
            one for one in own if one.name == device.name
        ]
        for one in same:
            del self._ended[one.id]
            if self._health.clear(_key(one)):  # else nobody speaks of it any more
                break


def _key(device: PushSubscription) -> str:
    return f"push:{device.id}:ended"
