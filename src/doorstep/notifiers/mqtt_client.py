"""The MQTT library's client, and what it does not do by itself.  Connecting again, and errors' words: `mqtt_link`."""

import aiomqtt
from paho.mqtt.client import Client
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode


class MqttClient(aiomqtt.Client):
    """Remembers that the broker took a message and did not pass it on; and leaves nothing open that nobody waits for.

    The library connects in a thread, which goes on when whoever waits for it is cancelled or had time enough.
    """

    _refused = False
    _given_up = False

    def was_refused(self) -> bool:
        """Whether it was since the last time this was asked."""
        refused, self._refused = self._refused, False
        return refused

    def give_up(self) -> None:
        """Nobody waits for this connection any more: it is closed, also where it comes only later."""
        self._given_up = True
        self._loop.call_soon(self._close)  # behind all that the thread has asked of the loop so far

    def _client_connect(self) -> None:
        """In the library's thread."""
        super()._client_connect()
        if self._given_up:
            self._loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        """Without a word: to say goodbye, there would have to be a connection."""
        self._client._sock_close()  # noqa: SLF001 - its disconnect() needs a broker that answers

    def _on_publish(
        self, client: Client, userdata: object, mid: int, reason_code: ReasonCode, properties: Properties
    ) -> None:
        self._refused |= reason_code.is_failure
        super()._on_publish(client, userdata, mid, reason_code, properties)
