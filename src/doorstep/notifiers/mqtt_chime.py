"""A chime that is whatever listens on the broker: a speaker, a lamp, an old phone in the kitchen."""

from doorstep.core.errors import ChimeUnavailable, NotifierRefused, NotifierUnavailable
from doorstep.notifiers.mqtt_link import MqttLink
from doorstep.notifiers.mqtt_topics import CHIME

RING = "RING"


class MqttChime:
    """Implements `ports.Chime`: says "RING" on the topic "chime" behind the prefix, only while it is connected.

    It never connects for that: who rings waits for no broker that is away.
    """

    def __init__(self, link: MqttLink) -> None:
        self._link = link

    @property
    def name(self) -> str:
        """For the owner."""
        return "MQTT"

    async def ring(self) -> None:
        """Return when the broker has it.  Raises ChimeUnavailable."""
        if not self._link.connected:
            msg = "The chime by MQTT cannot sound: there is no connection to the broker."
            raise ChimeUnavailable(msg)
        try:
            await self._link.publish(CHIME, RING)
        except (NotifierUnavailable, NotifierRefused) as error:
            raise ChimeUnavailable(str(error)) from error

    async def check(self) -> str:
        """Reach the broker, in silence.  Raises ChimeUnavailable."""
        try:
            await self._link.check()
        except (NotifierUnavailable, NotifierRefused) as error:
            raise ChimeUnavailable(str(error)) from error
        return f"Reached {self._link.place}."
