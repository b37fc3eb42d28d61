"""A server's part on an MQTT broker: what it shows there, what it obeys from there, alerts, and a chime by choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.notice import Notice
from doorstep.core.notify_settings import MqttSettings
from doorstep.core.outside_word import OutsideWord
from doorstep.notifiers.home_assistant import Discovery
from doorstep.notifiers.mqtt import MqttNotifier
from doorstep.notifiers.mqtt_chime import MqttChime
from doorstep.notifiers.mqtt_house import HouseWays, MqttHouse
from doorstep.notifiers.mqtt_link import MqttLink
from doorstep.pipeline.broadcast import Broadcast
from doorstep.pipeline.detection_switch import DetectionSwitch
from doorstep.pipeline.doorbell import Doorbell
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.preferences import HOUSE, PreferenceBook
from doorstep.pipeline.supervisor import Tasks
from doorstep.ports import CameraDirectory, Chime, Clock, LiveFeed

ORIGIN, BY_BROKER = "mqtt", "MQTT"
"""Who rings by the broker, and who switches and snoozes in the audit log: it does not say which of its users did."""


@dataclass(frozen=True, slots=True)
class SeenHouse:
    """What of a server is shown on the broker, and asked for there; `page` is its own address."""

    cameras: CameraDirectory
    live: LiveFeed
    doorbell: Doorbell
    preferences: PreferenceBook
    detection: DetectionSwitch
    notices: Broadcast[Notice]
    page: str


class Mqtt:
    """Made before the cameras are: alerts and chimes need the link.  Nothing is connected before it runs."""

    def __init__(self, settings: MqttSettings, health: HealthBoard, clock: Clock) -> None:
        """Raises NotifierRefused for an address that is none."""
        self._settings = settings
        self._health = health
        self._clock = clock
        self._link = MqttLink(settings, clock, self._told)
        self.notifier = MqttNotifier(self._link)

    @property
    def chimes(self) -> Sequence[Chime]:
        """One, where the owner wants it."""
        return [MqttChime(self._link)] if self._settings.chime else []

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._link.connected

    def endless(self, house: SeenHouse) -> Tasks:
        """What runs until the server stops, by its name."""
        settings = self._settings
        found = Discovery(settings.discovery, settings.prefix, house.page, settings.pictures)
        discovery = found if settings.discovery else None
        shown = MqttHouse(
            self._link, house.cameras, house.live, _ways(house), self._clock, discovery, pictures=settings.pictures
        )
        return {"mqtt": shown.run, "mqtt notices": partial(_hear, shown, house.notices)}

    def _told(self, why: str) -> None:
        if why:
            remedy = "It is tried again by itself; check the broker and notify.mqtt with `doorstep check`."
            self._health.report("mqtt", f"Home automation hears nothing of Doorstep: {why}", remedy, minor=True)
        else:
            self._health.clear("mqtt")


async def _hear(house: MqttHouse, notices: Broadcast[Notice]) -> None:
    with notices.listening() as listening:
        await house.hear(listening)


def _ways(house: SeenHouse) -> HouseWays:
    async def happened(camera: CameraId, cause: Cause, note: str) -> None:
        await house.doorbell.take(OutsideWord(camera, cause, note=note, origin=ORIGIN))

    def switch(camera: CameraId, on: bool) -> None:  # noqa: FBT001 - as the command says
        house.detection.switch(camera, BY_BROKER, "", on=on)

    def snooze(seconds: float) -> None:
        house.preferences.snooze(HOUSE, seconds, BY_BROKER)

    return HouseWays(happened, switch, snooze, partial(house.preferences.is_snoozed, HOUSE))
