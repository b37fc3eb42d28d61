"""Alerts by MQTT: one message each.  What else stands on the broker is `mqtt_house`'s, the connection `mqtt_link`'s."""

import json

from doorstep.core.alert import Alert
from doorstep.core.alert_json import alert_fields
from doorstep.notifiers.mqtt_link import MqttLink

TOPIC = "alert"


class MqttNotifier:
    """Implements `ports.Notifier` over one broker, as JSON on the topic "alert" behind the prefix."""

    def __init__(self, link: MqttLink) -> None:
        self._link = link

    @property
    def channel(self) -> str:
        """A broker is one channel, however many programs listen to it."""
        return "mqtt"

    async def send(self, alert: Alert) -> None:
        """Return when the broker has it.  Who listens there is the broker's business."""
        await self._link.publish(TOPIC, json.dumps(alert_fields(alert), ensure_ascii=False))

    async def check(self) -> str:
        """Connect, sign in and leave."""
        await self._link.check()
        return f"Reached {self._link.place}."
