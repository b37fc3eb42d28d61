"""The contract of `ports.Notifier`, held by every channel."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.event import EventId
from doorstep.core.settings import EmailSettings
from doorstep.notifiers.smtp import SmtpNotifier
from doorstep.ports import Notifier
from fakes.free_port import free_port
from fakes.post_office import post_office

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


CHANNELS: dict[str, Callable[[], AbstractContextManager[Channel]]] = {"smtp": smtp}


@pytest.fixture(params=sorted(CHANNELS))
def channel(request: pytest.FixtureRequest) -> Iterator[Channel]:
    with CHANNELS[request.param]() as made:
        yield made


def test_its_name_is_short_and_stays(channel: Channel) -> None:
    assert 0 < len(channel.working.channel) <= 20
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
