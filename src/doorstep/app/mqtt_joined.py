"""Whether a server takes part on an MQTT broker: only then is the library loaded.  What it does there: `mqtt`."""

from typing import TYPE_CHECKING

from doorstep.core.notify_settings import MqttSettings
from doorstep.core.recipient import Recipient
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock, Recipients

if TYPE_CHECKING:
    from doorstep.app.mqtt import Mqtt


def join_mqtt(
    settings: MqttSettings | None, recipients: Recipients, health: HealthBoard, clock: Clock
) -> "Mqtt | None":
    """None where the config names no broker; else alerts go there too.  Raises NotifierRefused for a wrong address."""
    if settings is None:
        return None
    from doorstep.app.mqtt import Mqtt  # noqa: PLC0415 - aiomqtt, which most do without

    mqtt = Mqtt(settings, health, clock)
    broker = Recipient(mqtt.notifier.channel, "MQTT", reaches_people=False)
    recipients.put(broker, mqtt.notifier)
    return mqtt
