"""The connection to an MQTT broker: made, kept, made again, and its errors in plain words.  What is said over it is
`mqtt_house`'s and `mqtt`'s business.
"""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import aiomqtt
import structlog
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from doorstep.core.backoff import Backoff
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.notify_settings import MqttSettings
from doorstep.notifiers.mqtt_client import MqttClient
from doorstep.ports import Clock

log = structlog.get_logger()

ATTEMPT_SECONDS = 10.0
GOODBYE_SECONDS = 2.0
KEEP_ALIVE_SECONDS = 30
STEADY_SECONDS = 60.0
MOST_WAITING = 100
LARGEST_PACKET = 16 * 1024
"""What may come in; the broker keeps back what is larger (MQTT 5.0, section 3.1.2.11.4)."""

ONLINE, OFFLINE = "online", "offline"
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_NO_SIGN_IN = (0x86, 0x87, 0x8C)  # section 2.4: bad user name or password, not authorized, bad authentication method
_OLD_BROKER = (0x84, 0x01)  # section 3.2.2.2, and the answer of a broker that knows MQTT 3.1.1 alone
_REFUSED = 0x80  # section 2.4: from here on a reason code says no


@dataclass(frozen=True, slots=True)
class Message:
    """What the broker passed on; `kept` says that it lay there before, and nobody sends it now."""

    topic: str
    payload: bytes
    kept: bool


Session = Callable[[AsyncIterator[Message]], Awaitable[None]]
"""What is done while connected; ends by its errors only."""


class MqttLink:
    """One for a server, used on the event loop; speaks MQTT 5.

    `tls` is for mqtts://, by default what the settings say.  No message of an error holds user or password.
    """

    def __init__(
        self,
        settings: MqttSettings,
        clock: Clock,
        told: Callable[[str], None] = lambda _why: None,
        seconds: float = ATTEMPT_SECONDS,
    ) -> None:
        """`told` hears why there is no connection, and an empty text once there is one; `seconds` bound each call.

        Raises NotifierRefused for an address that is none.
        """
        parts = _parts_of(settings.url)
        self._host = parts.hostname or ""
        self._is_tls = parts.scheme == "mqtts"
        self._port = parts.port or _PORTS[parts.scheme]
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password is not None else None
        self._ca = settings.ca
        self._clock = clock
        self._told = told
        self._seconds = seconds
        self._client: MqttClient | None = None
        self._publishing = asyncio.Lock()
        self._may_hint = True
        self.prefix = settings.prefix

    @property
    def place(self) -> str:
        """Where the broker is, for the owner."""
        return f"{self._host}:{self._port} {'over TLS' if self._is_tls else 'without encryption'}"

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._client is not None

    async def publish(self, topic: str, payload: str | bytes, *, keep: bool = False) -> None:
        """Return when the broker has it; the topic goes behind the prefix, and `keep` is for who comes later.

        Where no connection is kept one is made for this alone.  Raises NotifierUnavailable, NotifierRefused.
        """
        if self._client is not None:
            await self._publish(self._client, f"{self.prefix}/{topic}", payload, keep=keep)
            return
        async with self._opened(None) as client:
            await self._publish(client, f"{self.prefix}/{topic}", payload, keep=keep)

    async def keep_at(self, whole_topic: str, payload: str | bytes) -> None:
        """As `publish` and kept, at a topic that need not be behind the prefix, and only while connected."""
        if self._client is None:
            msg = "There is no connection to the MQTT broker."
            raise NotifierUnavailable(msg)
        await self._publish(self._client, whole_topic, payload, keep=True)

    async def show(self, topic: str, picture: bytes) -> None:
        """Keep a picture there, as far as that is easily had: nobody waits for it, and it may be lost."""
        if self._client is not None:
            with self._errors_named():
                await self._client.publish(f"{self.prefix}/{topic}", picture, qos=0, retain=True, timeout=self._seconds)

    async def check(self) -> None:
        """Connect, sign in and leave.  Raises as `publish` does."""
        async with self._opened(None):
            pass

    async def run(self, session: Session, topics: Sequence[str], hints: Sequence[str] = ()) -> None:
        """For ever: connect, subscribe to these topics behind the prefix, and be in session until the link breaks.

        `hints` are whole topics that are good to hear, and may be kept from us by the broker's rules: also by one that
        ends the connection over them, which is made again without.
        While it is up the topic "status" holds "online", else "offline": the broker says so where we cannot.
        """
        backoff = Backoff()
        while True:
            began = self._clock.monotonic()
            try:
                await self._session(session, topics, hints)
            except* (NotifierUnavailable, NotifierRefused) as errors:
                why = str(_first(errors))
                log.warning("no connection to the MQTT broker", reason=why)
                self._told(why)
            if self._clock.monotonic() - began > STEADY_SECONDS:
                backoff.reset()
            await self._clock.sleep(backoff.next(random.random()))  # noqa: S311 - jitter, not a secret

    async def _session(self, session: Session, topics: Sequence[str], hints: Sequence[str]) -> None:
        status = f"{self.prefix}/status"
        will = aiomqtt.Will(status, OFFLINE, qos=1, retain=True)
        async with self._opened(will) as client:
            await self._subscribe(client, topics)
            await self._publish(client, status, ONLINE, keep=True)
            self._client = client
            self._told("")
            log.info("connected to the MQTT broker", broker=self._host)
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._ask_for_hints(client, hints))
                    await session(self._messages(client))
            finally:
                self._client = None
                with suppress(NotifierUnavailable, NotifierRefused, TimeoutError):
                    async with asyncio.timeout(GOODBYE_SECONDS):
                        await self._publish(client, status, OFFLINE, keep=True)

    async def _publish(self, client: MqttClient, topic: str, payload: str | bytes, *, keep: bool) -> None:
        with self._errors_named():
            async with asyncio.timeout(self._seconds), self._publishing:  # one at a time, to know what is refused
                client.was_refused()
                await client.publish(topic, payload, qos=1, retain=keep)
        if client.was_refused():
            msg = f"The MQTT broker {self._host} does not let this user write to {topic}."
            raise NotifierRefused(msg)

    async def _subscribe(self, client: MqttClient, topics: Sequence[str]) -> None:
        with self._errors_named():
            wanted = [(f"{self.prefix}/{one}", SubscribeOptions(qos=1)) for one in topics]
            answers: Sequence[object] = await client.subscribe(wanted)
        if any(answer.value >= _REFUSED for answer in answers if isinstance(answer, ReasonCode)):
            msg = f"The MQTT broker {self._host} does not let this user read below {self.prefix}/."
            raise NotifierRefused(msg)

    async def _ask_for_hints(self, client: MqttClient, hints: Sequence[str]) -> None:
        """Unless the last connection that asked ended before there was an answer; the next one asks again."""
        if not hints or not self._may_hint:
            self._may_hint = True
            return
        self._may_hint = False
        with self._errors_named():
            await client.subscribe([(whole, SubscribeOptions(qos=1)) for whole in hints])
        self._may_hint = True

    async def _messages(self, client: MqttClient) -> AsyncIterator[Message]:
        with self._errors_named():
            async for message in client.messages:
                topic = str(message.topic).removeprefix(f"{self.prefix}/")
                yield Message(topic, message.payload, message.retain)

    @asynccontextmanager
    async def _opened(self, will: aiomqtt.Will | None) -> AsyncIterator[MqttClient]:
        """Connected and signed in; leaves politely."""
        tls = await asyncio.to_thread(_context, self._ca) if self._is_tls else None
        client = self._made(will, tls)
        try:
            with self._errors_named():
                await client.__aenter__()
        except BaseException:
            client.give_up()
            raise
        try:
            yield client
        finally:
            with suppress(aiomqtt.MqttError, OSError):
                await client.__aexit__(None, None, None)

    def _made(self, will: aiomqtt.Will | None, tls: ssl.SSLContext | None) -> MqttClient:
        asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
        asked.MaximumPacketSize = LARGEST_PACKET
        return MqttClient(
            self._host,
            self._port,
            username=self._user,
            password=self._password,
            protocol=aiomqtt.ProtocolVersion.V5,
            will=will,
            timeout=self._seconds,
            keepalive=KEEP_ALIVE_SECONDS,
            clean_start=MQTT_CLEAN_START_FIRST_ONLY,
            max_queued_incoming_messages=MOST_WAITING,
            properties=asked,
            tls_context=tls,
        )

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """Map the library's errors to ours, and heed a cancellation that it swallowed."""
        before = _cancellations()
        try:
            yield
            if _cancellations() > before:
                raise asyncio.CancelledError
        except aiomqtt.MqttError as error:
            raise self._named(error) from error
        except TimeoutError as error:
            msg = f"The MQTT broker {self._host} did not answer within {self._seconds:g} seconds."
            raise NotifierUnavailable(msg) from error
        except OSError as error:
            msg = f"The MQTT broker {self._host}:{self._port} cannot be reached."
            raise NotifierUnavailable(msg) from error

    def _named(self, error: aiomqtt.MqttError) -> NotifierUnavailable | NotifierRefused:
        code = getattr(getattr(error, "rc", None), "value", None)
        if isinstance(error.__context__, ssl.SSLCertVerificationError):
            return NotifierUnavailable(
                f"The certificate of the MQTT broker {self._host} is not trusted or has expired."
            )
        if isinstance(error, MqttConnectError) and code in _NO_SIGN_IN:
            return NotifierRefused(f"The MQTT broker {self._host} does not accept user and password.")
        if isinstance(error, MqttConnectError) and code in _OLD_BROKER:
            return NotifierRefused(f"The MQTT broker {self._host} does not speak MQTT 5. Update it.")
        if self._client is not None:
            return NotifierUnavailable(f"The connection to the MQTT broker {self._host} broke.")
        return NotifierUnavailable(f"The MQTT broker {self._host}:{self._port} cannot be reached.")


def _cancellations() -> int:
    """Of this task so far.  The library waits by asyncio.wait_for, which before Python 3.12 may swallow one."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def _parts_of(address: str) -> SplitResult:
    """Raises NotifierRefused without repeating it, for it may hold a password."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        msg = "The MQTT broker must be given as mqtt://HOST or mqtts://HOST. Check notify.mqtt."
        raise NotifierRefused(msg)
    return parts


def _context(ca: Path | None) -> ssl.SSLContext:
    """Blocks.  Raises NotifierRefused where the file is none."""
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:
        msg = "The file of notify.mqtt.ca cannot be read, or holds no certificate."
        raise NotifierRefused(msg) from error


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
