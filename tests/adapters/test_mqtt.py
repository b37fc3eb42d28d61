"""Over the real Mosquitto: what it shows of the house, what it may ask of it, and what happens when it is away."""

import asyncio
import gc
import json
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from doorstep.clock import SystemClock
from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId, CameraState
from doorstep.core.cause import Cause
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.notice import EventNotice, MotionNotice, Notice, PressNotice
from doorstep.core.notify_settings import MqttSettings
from doorstep.notifiers.home_assistant import Discovery
from doorstep.notifiers.mqtt import MqttNotifier
from doorstep.notifiers.mqtt_chime import MqttChime
from doorstep.notifiers.mqtt_client import MqttClient
from doorstep.notifiers.mqtt_house import HouseWays, MqttHouse
from doorstep.notifiers.mqtt_link import MqttLink
from doorstep.pipeline.broadcast import Broadcast
from fakes.certificates import OPENSSL, certificate
from fakes.clock import FakeClock
from fakes.free_port import free_port
from fakes.house import FRONT, GARDEN, JPEG, FakeCameras, FakeFeed
from fakes.mosquitto import PASSWORD, PATIENCE, USER, Broker, broker, guarded, home, missing
from fakes.poor_network import TcpRoads

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

AT_FRONT = f"doorstep/cameras/{FRONT}"
BIRTH = "homeassistant/status"
DEVICE = f"homeassistant/device/doorstep_{FRONT}/config"
SYSTEM = SystemClock()
NOT_AUTHORIZED = 0x87
PERSON = Event(EventId("e1"), FRONT, SYSTEM.now(), SYSTEM.now(), causes=(Cause.PERSON,))


@dataclass
class Asked:
    """What the house was asked to do, and the house that it is asked of."""

    cameras: FakeCameras
    happened: list[tuple[CameraId, Cause, str]] = field(default_factory=list)
    snoozes: list[float] = field(default_factory=list)
    notices: Broadcast[Notice] = field(default_factory=Broadcast)
    reasons: list[str] = field(default_factory=list)
    link: MqttLink | None = None

    def ways(self) -> HouseWays:
        async def trigger(camera: CameraId, cause: Cause, note: str) -> None:
            self.happened.append((camera, cause, note))

        return HouseWays(trigger, self.switch, self.snoozes.append, lambda: bool(self.snoozes and self.snoozes[-1]))

    def switch(self, camera: CameraId, on: bool) -> None:
        self.change(camera, detecting=on, watching=on)

    def change(self, camera: CameraId, **changes: object) -> None:
        self.cameras.all = [
            replace(one, **changes) if one.id == camera else one  # type: ignore[arg-type]  # any field
            for one in self.cameras.all
        ]


@asynccontextmanager
async def house(at: Broker, settings: MqttSettings | None = None) -> AsyncIterator[Asked]:
    settings = settings or MqttSettings(at.url)
    asked = Asked(FakeCameras(FakeClock()))
    link = asked.link = MqttLink(settings, SYSTEM, asked.reasons.append, seconds=30.0)
    found = Discovery(settings.discovery, settings.prefix, "http://pi:8080", settings.pictures)
    discovery = found if settings.discovery else None
    feed = FakeFeed(FakeClock())
    shown = MqttHouse(link, asked.cameras, feed, asked.ways(), SYSTEM, discovery, pictures=settings.pictures)
    with asked.notices.listening() as listening:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(shown.run()), tasks.create_task(shown.hear(listening))]
            try:
                yield asked
            finally:
                for task in running:
                    task.cancel()


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Broker]:
    with broker(tmp_path) as made:
        yield made


# ------------------------------------------------------------------------------------------------------ what is shown


def test_a_broker_learns_how_each_camera_is(at: Broker) -> None:
    async def told() -> None:
        async with home(at) as there, house(at) as asked:
            await there.hears("doorstep/status", "online")
            for what, word in (("state", "live"), ("motion", "None"), ("person", "OFF"), ("detection", "ON")):
                await there.hears(f"{AT_FRONT}/{what}", word)
            asked.change(FRONT, state=CameraState.STALLED, watching=False)
            await there.hears(f"{AT_FRONT}/state", "stalled")
            await there.hears(f"{AT_FRONT}/person", "None")

    asyncio.run(told())


def test_who_comes_is_there_until_the_event_is_over(at: Broker) -> None:
    async def told() -> None:
        async with home(at) as there, house(at) as asked:
            await there.hears(f"{AT_FRONT}/person", "OFF")
            asked.notices.tell(MotionNotice(FRONT, moving=True))
            asked.notices.tell(EventNotice(PERSON))
            await there.hears(f"{AT_FRONT}/person", "ON")
            await there.hears(f"{AT_FRONT}/motion", "ON")
            await there.hears(f"{AT_FRONT}/snapshot", JPEG)
            asked.notices.tell(EventNotice(replace(PERSON, ended_at=SYSTEM.now())))
            asked.notices.tell(MotionNotice(FRONT, moving=False))
            await there.hears(f"{AT_FRONT}/person", "OFF")
            await there.hears(f"{AT_FRONT}/motion", "OFF")
            assert there.kept[f"doorstep/cameras/{GARDEN}/person"] == b"OFF"

    asyncio.run(told())


def test_no_picture_leaves_the_house_where_the_owner_wants_none(at: Broker) -> None:
    async def told() -> None:
        async with home(at) as there, house(at, MqttSettings(at.url, pictures=False)) as asked:
            await there.hears(f"{AT_FRONT}/person", "OFF")
            asked.notices.tell(EventNotice(PERSON))
            await there.hears(f"{AT_FRONT}/person", "ON")
            asked.notices.tell(EventNotice(replace(PERSON, ended_at=SYSTEM.now())))
            await there.hears(f"{AT_FRONT}/person", "OFF")
            await asyncio.sleep(1.5)  # longer than it takes a picture to be sent
            assert set(there.payloads(f"{AT_FRONT}/snapshot")) <= {b""}

    asyncio.run(told())


def test_a_picture_of_before_is_gone_once_the_owner_wants_none(at: Broker) -> None:
    async def told() -> None:
        async with home(at) as there, house(at) as asked:
            asked.notices.tell(EventNotice(PERSON))
            await there.hears(f"{AT_FRONT}/snapshot", JPEG)
            await there.until(lambda: b"image_topic" in there.kept.get(DEVICE, b""))
        async with home(at) as there, house(at, MqttSettings(at.url, pictures=False)):
            await there.hears(f"{AT_FRONT}/snapshot", b"")
            await there.until(lambda: b'"snapshot": {"platform": "image"}' in there.kept[DEVICE])
        async with home(at) as there:
            await there.says("test/mark", "all that is kept came before")
            await there.until(lambda: "test/mark" in there.kept)
            assert f"{AT_FRONT}/state" in there.kept
            assert f"{AT_FRONT}/snapshot" not in there.kept

    asyncio.run(told())


def test_the_doorbell_sounds_each_time_and_is_not_kept(at: Broker) -> None:
    async def told() -> None:
        async with home(at) as there, house(at) as asked:
            await there.hears("doorstep/status", "online")
            asked.notices.tell(PressNotice(FRONT, SYSTEM.now() - timedelta(minutes=5)))
            for _ in range(2):
                asked.notices.tell(PressNotice(FRONT, SYSTEM.now()))
            await there.until(lambda: len(there.payloads(f"{AT_FRONT}/doorbell")) == 2)
            assert json.loads(there.kept[f"{AT_FRONT}/doorbell"])["event_type"] == "ring"
            async with home(at) as later:
                await later.hears(f"{AT_FRONT}/state", "live")
                assert not later.payloads(f"{AT_FRONT}/doorbell")

    asyncio.run(told())


def test_home_assistant_finds_each_camera_with_all_that_it_has(at: Broker) -> None:
    async def told() -> None:
        async with home(at) as there, house(at):
            await there.until(lambda: DEVICE in there.kept and "homeassistant/device/doorstep/config" in there.kept)
            device = json.loads(there.kept[DEVICE])
            assert device["device"]["name"] == "Front door"
            parts = device["components"]
            assert set(parts) == {"state", "motion", "person", "doorbell", "snapshot", "detection"}
            topics = {value for part in parts.values() for key, value in part.items() if key.endswith("_topic")}
            assert topics == {
                *(f"{AT_FRONT}/{what}" for what in (*parts, "detection/set")),
            }
            assert len({part["unique_id"] for part in parts.values()}) == len(parts)
            snooze = json.loads(there.kept["homeassistant/device/doorstep/config"])["components"]["snooze"]
            assert snooze["command_topic"] == "doorstep/snooze/set"

    asyncio.run(told())


def test_a_device_that_was_taken_away_is_told_anew_when_home_assistant_is_up_again(at: Broker) -> None:
    async def told() -> None:
        async with home(at) as there, house(at):
            await there.until(lambda: DEVICE in there.kept and "homeassistant/device/doorstep/config" in there.kept)
            await there.says(DEVICE, b"", keep=True)  # as Home Assistant does it where a person deletes a device
            await there.hears(DEVICE, b"")
            await there.says("homeassistant/status", "offline")
            await there.says("homeassistant/status", "online")
            await there.until(lambda: b"snapshot" in there.kept[DEVICE])

    asyncio.run(told())


def test_a_broker_that_keeps_home_assistant_from_us_is_used_all_the_same(
    at: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe = MqttClient.subscribe

    async def all_but_one(client: MqttClient, topics: Any) -> Sequence[object]:
        answers = await subscribe(client, topics)
        refused = ReasonCode(PacketTypes.SUBACK, identifier=NOT_AUTHORIZED)
        return [refused if topic == BIRTH else answer for (topic, _), answer in zip(topics, answers, strict=True)]

    async def told() -> None:
        async with home(at) as there, house(at) as asked:
            await there.hears(f"{AT_FRONT}/state", "live")
            assert not any(asked.reasons)

    monkeypatch.setattr(MqttClient, "subscribe", all_but_one)
    asyncio.run(told())


def test_a_broker_that_hangs_up_over_home_assistant_is_used_without_it_and_asked_again_later(at: Broker) -> None:
    async def told() -> None:
        async with home(at) as there, guarded(at, BIRTH) as guard, house(replace(at, port=guard.port)) as asked:
            await _until(lambda: len(asked.reasons) == 3)
            first, why, now = asked.reasons
            assert (first, now) == ("", "")
            assert "connection" in why
            assert guard.hung_up == 1
            asked.change(FRONT, state=CameraState.STALLED)
            await there.hears(f"{AT_FRONT}/state", "stalled")
            guard.cut()
            await _until(lambda: guard.hung_up == 2 and len(asked.reasons) == 7)
            assert asked.reasons[-1] == ""

    asyncio.run(told())


def test_a_camera_that_is_gone_leaves_nothing_behind(at: Broker) -> None:
    async def told() -> None:
        async with home(at) as there:
            async with house(at) as asked:
                await there.hears(f"doorstep/cameras/{GARDEN}/state", "live")
                asked.cameras.all = [camera for camera in asked.cameras.all if camera.id == FRONT]
                await there.hears(f"doorstep/cameras/{GARDEN}/state", "")
                await there.hears(f"homeassistant/device/doorstep_{GARDEN}/config", "")
            for topic in ("state", "person"):  # of a camera that went while Doorstep was off
                await there.says(f"doorstep/cameras/cellar/{topic}", "live", keep=True)
            async with house(at):
                for topic in ("state", "person"):
                    await there.hears(f"doorstep/cameras/cellar/{topic}", "")

    asyncio.run(told())


# ------------------------------------------------------------------------------------------------------ what is asked


def test_who_rings_by_mqtt_rings(at: Broker) -> None:
    async def told() -> None:
        async with home(at) as there, house(at) as asked:
            await there.hears("doorstep/status", "online")
            await there.says(f"{AT_FRONT}/press", "the old button")
            await there.says(f"{AT_FRONT}/trigger", b"")
            await _until(lambda: len(asked.happened) == 2)
            assert asked.happened == [(FRONT, Cause.PRESS, "the old button"), (FRONT, Cause.TRIGGER, "")]

    asyncio.run(told())


def test_the_switches_work_and_show_how_they_are(at: Broker) -> None:
    async def told() -> None:
        async with home(at) as there, house(at) as asked:
            await there.hears("doorstep/snooze", "OFF")
            await there.says("doorstep/snooze/set", "ON")
            await there.hears("doorstep/snooze", "ON")
            await there.says("doorstep/snooze/set", "OFF")
            await there.hears("doorstep/snooze", "OFF")
            assert asked.snoozes == [3600.0, 0.0]
            await there.says(f"{AT_FRONT}/detection/set", "OFF")
            await there.hears(f"{AT_FRONT}/detection", "OFF")
            await there.hears(f"{AT_FRONT}/person", "None")
            assert there.kept[f"doorstep/cameras/{GARDEN}/detection"] == b"ON"

    asyncio.run(told())


def test_nothing_odd_is_obeyed_and_what_follows_still_is(at: Broker) -> None:
    odd = [
        (f"{AT_FRONT}/press", b"\xff\xfe"),
        (f"{AT_FRONT}/press", b"x" * 5000),
        (f"{AT_FRONT}/press", b"x" * 500_000),
        (f"{AT_FRONT}/detection/set", b"perhaps"),
        ("doorstep/cameras/unknown/press", b""),
        ("doorstep/cameras/" + "a" * 10_000 + "/press", b""),
        ("doorstep/snooze/set", b"-5"),
    ]

    async def told() -> None:
        async with home(at) as there:
            await there.says(f"{AT_FRONT}/press", "pressed last week", keep=True)
            async with house(at) as asked:
                await there.hears("doorstep/status", "online")
                for topic, payload in odd:
                    await there.says(topic, payload)
                await there.says(f"{AT_FRONT}/press", "now")
                await _until(lambda: bool(asked.happened))
                assert asked.happened == [(FRONT, Cause.PRESS, "now")]
                assert not asked.snoozes
                assert asked.cameras.all[0].detecting

    asyncio.run(told())


# ------------------------------------------------------------------------------------------------------ the connection


def test_it_comes_back_with_the_broker_and_says_all_again(at: Broker) -> None:
    async def told() -> None:
        async with house(at) as asked:
            async with home(at) as there:
                await there.hears(f"{AT_FRONT}/person", "OFF")
            at.stop()
            await _until(lambda: asked.reasons[-1] != "")
            asked.notices.tell(EventNotice(PERSON))
            at.start()
            async with home(at) as there:
                await there.hears(f"{AT_FRONT}/person", "ON")
                await there.hears("doorstep/status", "online")
            assert asked.reasons[-1] == ""

    asyncio.run(told())


def test_who_listens_learns_that_doorstep_is_gone(at: Broker) -> None:
    async def told() -> None:
        async with home(at) as there:
            async with house(at):
                await there.hears("doorstep/status", "online")
            await there.hears("doorstep/status", "offline")

    asyncio.run(told())


def test_who_listens_learns_that_the_connection_broke_and_that_it_is_back(at: Broker) -> None:
    """By the last will: whoever is cut off cannot say so himself."""

    async def told() -> None:
        async with home(at) as there:
            with TcpRoads(("127.0.0.1", at.port)) as roads:
                async with house(at, MqttSettings(f"mqtt://127.0.0.1:{roads.address[1]}")):
                    await there.hears(f"{AT_FRONT}/state", "live")
                    roads.cut()
                    await there.until(lambda: len(there.payloads("doorstep/status")) == 3)
                    assert there.payloads("doorstep/status") == [b"online", b"offline", b"online"]
                    await there.until(lambda: len(there.payloads(f"{AT_FRONT}/state")) == 2)

    asyncio.run(told())


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed: `make test-deps`")
def test_a_broker_with_tls_and_password_is_used_only_if_it_is_trusted(tmp_path: Path) -> None:
    made = certificate(tmp_path)
    with broker(tmp_path, password=True, tls=made) as at:
        named = f"mqtts://{USER}:{PASSWORD.replace(':', '%3A').replace('/', '%2F').replace('@', '%40')}@127.0.0.1"
        url = f"{named.replace(' ', '%20')}:{at.port}"
        asyncio.run(MqttLink(MqttSettings(url, ca=made.certificate), SYSTEM).check())
        with warnings.catch_warnings():  # paho leaves the socket of a failed handshake to be collected
            warnings.simplefilter("ignore", ResourceWarning)
            with pytest.raises(NotifierUnavailable, match="not trusted"):
                asyncio.run(MqttLink(MqttSettings(url), SYSTEM).check())
            gc.collect()
        with pytest.raises(NotifierRefused, match="does not accept user and password") as refused:
            asyncio.run(MqttLink(MqttSettings(url.replace("pass%3A", "pbss%3A"), ca=made.certificate), SYSTEM).check())
        assert "pbss" not in str(refused.value)


def test_an_alert_of_a_test_says_so(at: Broker) -> None:
    alert = Alert(AlertId("a1"), None, FRONT, Cause.PERSON, SYSTEM.now(), "Person at Front door", "Seen.", "/")

    async def told() -> None:
        async with home(at) as there:
            for one in (alert, replace(alert, is_test=True)):
                await MqttNotifier(MqttLink(MqttSettings(at.url), SYSTEM)).send(one)
            await there.until(lambda: len(there.payloads("doorstep/alert")) == 2)
            assert [json.loads(payload)["test"] for payload in there.payloads("doorstep/alert")] == [False, True]

    asyncio.run(told())


def test_a_broker_that_takes_and_loses_is_told(tmp_path: Path) -> None:
    with broker(tmp_path, may_write="other/#") as at:
        link = MqttLink(MqttSettings(at.url), SYSTEM)
        with pytest.raises(NotifierRefused, match="does not let this user write to doorstep/alert"):
            asyncio.run(link.publish("alert", "{}"))
        other = MqttLink(MqttSettings(at.url, prefix="other"), SYSTEM)
        asyncio.run(other.publish("alert", "{}"))


@pytest.mark.parametrize("ends", ["by itself", "cancelled", "cancelled at once"])
def test_a_broker_that_hangs_costs_seconds_and_no_connection(ends: str) -> None:
    async def told() -> None:
        met, left = asyncio.Event(), asyncio.Event()

        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            met.set()
            await reader.read(-1)  # until the other side has gone
            writer.close()
            left.set()

        async with await asyncio.start_server(hang, "127.0.0.1", 0) as server, asyncio.timeout(PATIENCE):
            url = f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            checking = asyncio.ensure_future(MqttLink(MqttSettings(url), SYSTEM, seconds=0.3).check())
            if ends == "by itself":
                with pytest.raises(NotifierUnavailable):
                    await checking
            else:
                await (met.wait() if ends == "cancelled" else asyncio.sleep(0))
                checking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await checking
            await met.wait()  # a thread connects, also where nobody waits for it
            await left.wait()
            await asyncio.sleep(0)  # its transport is closed in the loop's next turn

    asyncio.run(told())


def test_an_old_secret_is_in_no_word() -> None:
    link = MqttLink(MqttSettings(f"mqtt://ada:hunter2@127.0.0.1:{free_port()}"), SYSTEM, seconds=5.0)
    with pytest.raises(NotifierUnavailable) as failed:
        asyncio.run(link.check())
    assert "hunter2" not in f"{failed.value}{link.place}{MqttSettings('mqtt://ada:hunter2@h')!r}"


# ------------------------------------------------------------------------------------------------------------ a chime


def test_a_chime_on_the_broker_rings_while_it_is_connected(at: Broker) -> None:
    async def told() -> None:
        async with home(at) as there, house(at) as asked:
            await there.hears("doorstep/status", "online")
            assert asked.link is not None
            await MqttChime(asked.link).ring()
            await there.hears("doorstep/chime", "RING")

    asyncio.run(told())


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - of what nobody tells
            await asyncio.sleep(0.02)
