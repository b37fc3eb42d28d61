"""The contract of `ports.Notifier`, held by every channel."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote_plus

import pytest

from doorstep.clock import SystemClock
from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.event import EventId
from doorstep.core.notify_settings import AppriseSettings, EmailSettings, MqttSettings, WebhookSettings
from doorstep.core.push_subscription import PushSubscription
from doorstep.notifiers.apprise import AppriseNotifier
from doorstep.notifiers.mqtt import MqttNotifier
from doorstep.notifiers.mqtt_link import MqttLink
from doorstep.notifiers.ses import SesNotifier
from doorstep.notifiers.smtp import SmtpNotifier
from doorstep.notifiers.vapid_key import vapid_key
from doorstep.notifiers.web_push import PushNotifier, PushSender
from doorstep.notifiers.webhook import WebhookNotifier
from doorstep.ports import Notifier
from fakes.certificates import certificate
from fakes.clock import FakeClock
from fakes.free_port import free_port
from fakes.http_channel import http_channel
from fakes.mosquitto import Ear, broker, missing
from fakes.post_office import post_office
from fakes.push_service import push_service, trusting
from fakes.ses import REGION, ses, taken

ALERT = Alert(
    AlertId("a1"),
    EventId("e1"),
    CameraId("front-door"),
    Cause.PRESS,
    datetime(2026, 11, 21, 14, 2, 3, tzinfo=UTC),
    "Doorbell rang at Front door",
    "Rung at 14:02:03 on Saturday, 21 November.",
    "http://127.0.0.1:8080/alerts/e1",
    b"\xff\xd8picture\xff\xd9",
)


@dataclass(frozen=True, slots=True)
class Channel:
    """A notifier whose other end works, ones whose other end is away or says no, and what people were told."""

    working: Notifier
    away: Notifier
    refusing: Notifier
    told: Callable[[], list[str]]


@contextmanager
def smtp() -> Iterator[Channel]:
    with post_office() as office:
        office.answers_to_receivers["nobody@example.org"] = "550 no such user"

        def to(port: int, receiver: str) -> Notifier:
            return SmtpNotifier(EmailSettings(f"smtp://127.0.0.1:{port}", "d@example.org", (receiver,)), seconds=5.0)

        yield Channel(
            working=to(office.port, "ann@example.org"),
            away=to(free_port(), "ann@example.org"),
            refusing=to(office.port, "nobody@example.org"),
            told=lambda: [mail.as_string() for mail in office.mails],
        )


@contextmanager
def web_push() -> Iterator[Channel]:
    with TemporaryDirectory() as folder:
        tls = certificate(Path(folder))
        with push_service(tls) as there, push_service(tls) as refusing:
            refusing.answer = lambda: 403
            away = f"https://127.0.0.1:{free_port()}/"
            key = vapid_key(Path(folder) / "push.pem")
            own = (there.base, refusing.base, away)
            sender = PushSender(key, "mailto:a@example.org", FakeClock(), own, tls=trusting(tls), seconds=20.0)
            ann = there.browser()

            def to(base: str) -> Notifier:
                at, device = FakeClock().now(), ann.device
                ids = ("0123456789ab", "ann", "g1", device.name, f"{base}x", device.p256dh, device.auth)
                return PushNotifier(PushSubscription(*ids, at), sender)

            def shown() -> list[str]:
                found = [ann.read(pushed.body) for pushed in there.pushed]
                return [f"{one['title']}: http://127.0.0.1:8080{one['link']}" for one in found]

            yield Channel(to(there.base), to(away), to(refusing.base), shown)


@contextmanager
def amazon_ses() -> Iterator[Channel]:
    with ses("d@example.org"):

        def sent_by(sender: str, endpoint: str | None = None) -> Notifier:
            return SesNotifier(EmailSettings("", sender, ("ann@example.org",), REGION), endpoint)

        away = f"http://127.0.0.1:{free_port()}"
        yield Channel(sent_by("d@example.org"), sent_by("d@example.org", away), sent_by("eve@example.org"), taken)


@contextmanager
def ntfy_by_apprise() -> Iterator[Channel]:
    with http_channel() as there, http_channel() as refusing:
        refusing.answer = lambda _asked: 403

        def to(port: int) -> Notifier:
            return AppriseNotifier(AppriseSettings("phone", f"ntfy://127.0.0.1:{port}/door"), seconds=30.0)

        def told() -> list[str]:
            return [unquote_plus(one.path) for one in there.asked]

        yield Channel(to(there.port), to(free_port()), to(refusing.port), told)


@contextmanager
def webhook() -> Iterator[Channel]:
    with http_channel() as there, http_channel() as refusing:
        refusing.answer = lambda _asked: 401

        def to(port: int) -> Notifier:
            settings = WebhookSettings("home", f"http://127.0.0.1:{port}/door", "a secret of some length")
            return WebhookNotifier(settings, FakeClock())

        yield Channel(
            to(there.port), to(free_port()), to(refusing.port), lambda: [one.body.decode() for one in there.asked]
        )


@contextmanager
def mqtt() -> Iterator[Channel]:
    if missing():
        pytest.skip(missing())
    with (
        TemporaryDirectory() as folder,
        broker(Path(folder), may_write="doorstep/#\ntopic write test/#") as at,
        Ear(at) as ear,
    ):

        def to(port: int, prefix: str = "doorstep") -> Notifier:
            return MqttNotifier(MqttLink(MqttSettings(f"mqtt://127.0.0.1:{port}", prefix=prefix), SystemClock()))

        def told() -> list[str]:
            return [payload.decode() for payload in ear.payloads("doorstep/alert")]

        yield Channel(to(at.port), to(free_port()), to(at.port, "locked"), told)


CHANNELS: dict[str, Callable[[], AbstractContextManager[Channel]]] = {
    "mqtt": mqtt,
    "smtp": smtp,
    "web push": web_push,
    "ses": amazon_ses,
    "apprise": ntfy_by_apprise,
    "webhook": webhook,
}


@pytest.fixture(params=sorted(CHANNELS))
def channel(request: pytest.FixtureRequest) -> Iterator[Channel]:
    with CHANNELS[request.param]() as made:
        yield made


def test_its_name_is_short_and_stays(channel: Channel) -> None:
    assert 0 < len(channel.working.channel) <= 40
    assert channel.working.channel == channel.away.channel


def test_sending_returns_once_people_are_told(channel: Channel) -> None:
    asyncio.run(channel.working.send(ALERT))
    [told] = channel.told()
    assert ALERT.title in told
    assert ALERT.link in told


def test_it_can_be_used_again_and_by_several_at_once(channel: Channel) -> None:
    async def three() -> None:
        await channel.working.send(ALERT)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(channel.working.send(ALERT))
            tasks.create_task(channel.working.send(ALERT))

    asyncio.run(three())
    assert len(channel.told()) == 3


def test_checking_tells_nobody(channel: Channel) -> None:
    line = asyncio.run(channel.working.check())
    assert line
    assert "\n" not in line
    assert channel.told() == []


def test_what_is_away_is_unavailable(channel: Channel) -> None:
    with pytest.raises(NotifierUnavailable):
        asyncio.run(channel.away.send(ALERT))
    with pytest.raises(NotifierUnavailable):
        asyncio.run(channel.away.check())


def test_what_says_no_refuses(channel: Channel) -> None:
    with pytest.raises(NotifierRefused):
        asyncio.run(channel.refusing.send(ALERT))


def test_it_can_be_cancelled(channel: Channel) -> None:
    async def cancelled() -> None:
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(channel.working.send(ALERT))
            await asyncio.sleep(0)
            sending.cancel()

    asyncio.run(cancelled())
