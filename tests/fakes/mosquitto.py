"""The real Mosquitto on a free port of this machine, and somebody who listens and speaks there, as others do."""

import asyncio
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import aiomqtt
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from fakes.certificates import Certificate
from fakes.free_port import free_port

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
USER, PASSWORD = "doorstep", "a pass:word/with@signs"
READY_SECONDS = 60.0
PATIENCE = 20.0
MARK = "test/mark"


def missing() -> str:
    """Why there can be no broker here; empty if there can."""
    return "" if MOSQUITTO else "mosquitto is not installed: `make test-deps`"


@dataclass
class Broker:
    """It can be stopped and come back on the same port; `kept` messages are lost with it."""

    folder: Path
    port: int
    config: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        written = self.folder / "mosquitto.conf"
        written.write_text(self.config, encoding="utf-8")
        log = (self.folder / "mosquitto.log").open("ab")
        with log:
            self.process = subprocess.Popen([str(MOSQUITTO), "-c", str(written)], stdout=log, stderr=log)
        _wait_until_open(self.port)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(60)
            self.process = None


@contextmanager
def broker(
    folder: Path, *, password: bool = False, tls: Certificate | None = None, may_write: str = ""
) -> Iterator[Broker]:
    """With a `password` only USER may come in; with `may_write` everybody reads all and writes that topic alone."""
    port = free_port()
    lines = ["user root", f"listener {port} 127.0.0.1", f"allow_anonymous {'false' if password else 'true'}"]
    if password:
        kept = folder / "passwords"
        kept.touch(0o600)
        words = [str(shutil.which("mosquitto_passwd")), "-b", str(kept), USER, PASSWORD]
        subprocess.run(words, check=True, capture_output=True, timeout=60)
        lines.append(f"password_file {kept}")
    if tls is not None:
        lines += [f"certfile {tls.certificate}", f"keyfile {tls.key}"]
    if may_write:
        rules = folder / "rules"
        rules.write_text(f"topic read #\ntopic write {may_write}\n", encoding="utf-8")
        lines.append(f"acl_file {rules}")
    made = Broker(folder, port, "\n".join(lines) + "\n")
    made.start()
    try:
        yield made
    finally:
        made.stop()


@dataclass
class Guard:
    """Before a broker, at `port`: hangs up on who names a topic, as EMQX with `deny_action = disconnect`."""

    broker: Broker
    forbidden: bytes
    port: int = 0
    hung_up: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Whatever connection there is."""
        for writer in self._open:
            writer.transport.abort()

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.broker.port)
        both = {writer, far_writer}
        self._open |= both
        with suppress(OSError):
            await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
        self._open -= both

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(1 << 16):
                if self.forbidden in piece:
                    self.hung_up += 1
                    self.cut()
                writer.write(piece)
        finally:
            writer.close()


@asynccontextmanager
async def guarded(broker: Broker, forbidden: str) -> AsyncIterator[Guard]:
    made = Guard(broker, forbidden.encode())
    async with await asyncio.start_server(made.meet, "127.0.0.1", 0) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made
        made.cut()


@dataclass
class Home:
    """Somebody at the same broker: hears everything, and speaks."""

    client: aiomqtt.Client
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    """The last message of each topic, also those that are not kept."""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def listen(self) -> None:
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            async with self.changed:
                self.heard.append((str(message.topic), message.payload))
                self.kept[str(message.topic)] = message.payload
                self.changed.notify_all()

    def payloads(self, topic: str) -> list[bytes]:
        return [payload for heard, payload in self.heard if heard == topic]

    async def hears(self, topic: str, payload: bytes | str) -> None:
        """Wait until that is the last word on this topic."""
        wanted = payload.encode() if isinstance(payload, str) else payload
        await self.until(lambda: self.kept.get(topic) == wanted)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(is_so)

    async def says(self, topic: str, payload: bytes | str, *, keep: bool = False) -> None:
        await self.client.publish(topic, payload, qos=1, retain=keep)


class Ear:
    """Hears everything at a broker in a thread of its own, so that a blocking test can ask what it heard."""

    def __init__(self, at: Broker) -> None:
        self._at = at
        self._heard: list[tuple[str, bytes]] = []
        self._changed = threading.Condition()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._hear
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *_: self._note("subscribed", b"")

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._at.port)
        self._client.loop_start()
        self._wait_for("subscribed", 1)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def payloads(self, topic: str) -> list[bytes]:
        """All that the broker took on this topic before now: what it hears goes the same way, behind it."""
        asked = len(self._of(MARK)) + 1
        self._client.publish(MARK, b"", qos=1)
        self._wait_for(MARK, asked)
        return self._of(topic)

    def kept(self) -> dict[str, bytes]:
        """The last message of each topic before now, also those that are not kept."""
        self.payloads(MARK)
        return dict(self._heard)

    def says(self, topic: str, payload: str, *, keep: bool = False) -> None:
        """Return when the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=keep).wait_for_publish(PATIENCE)

    def _of(self, topic: str) -> list[bytes]:
        return [payload for heard, payload in self._heard if heard == topic]

    def _wait_for(self, topic: str, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._of(topic)) >= count, PATIENCE)

    def _subscribe(self, client: Client, *_: object) -> None:
        """Also at a broker that is back."""
        client.subscribe("#", qos=1)

    def _hear(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        self._note(message.topic, bytes(message.payload))

    def _note(self, topic: str, payload: bytes) -> None:
        with self._changed:
            self._heard.append((topic, payload))
            self._changed.notify_all()


@asynccontextmanager
async def home(at: Broker) -> AsyncIterator[Home]:
    async with aiomqtt.Client("127.0.0.1", at.port) as client:
        made = Home(client)
        await client.subscribe("#", qos=1)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(made.listen())
            try:
                yield made
            finally:
                listening.cancel()


def _wait_until_open(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    msg = "mosquitto does not listen"
    raise TimeoutError(msg)
