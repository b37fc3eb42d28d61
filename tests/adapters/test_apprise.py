"""`AppriseNotifier` against servers on loopback that behave as ntfy does, and as it should not."""

import asyncio
import io
import logging
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.event import EventId
from doorstep.core.notify_settings import AppriseSettings
from doorstep.notifiers.apprise import AppriseNotifier
from doorstep.notifiers.apprise_link import opened
from doorstep.notifiers.blocking_calls import MOST_RUNNING
from fakes.free_port import free_port
from fakes.http_channel import HttpChannel, http_channel

JPEG = b"\xff\xd8picture\xff\xd9"
ALERT = Alert(
    AlertId("a1"),
    EventId("e1"),
    CameraId("front-door"),
    Cause.PERSON,
    datetime(2026, 11, 21, 14, 2, 3, tzinfo=UTC),
    "Person at Front door",
    "Seen at 14:02:03 on Saturday, 21 November.",
    "http://127.0.0.1:8080/alerts/e1",
    JPEG,
)
PRESS = replace(ALERT, cause=Cause.PRESS)
TOPIC = "a-secret-topic"


@pytest.fixture
def ntfy() -> Iterator[HttpChannel]:
    with http_channel() as made:
        yield made


def notifier(ntfy: HttpChannel, topic: str = TOPIC, seconds: float = 30.0) -> AppriseNotifier:
    return AppriseNotifier(AppriseSettings("phone", f"ntfy://{ntfy.host}/{topic}"), seconds)


def send(sender: AppriseNotifier, alert: Alert = ALERT) -> None:
    asyncio.run(sender.send(alert))


def test_the_picture_goes_along_and_a_tap_opens_the_alert(ntfy: HttpChannel) -> None:
    send(notifier(ntfy))
    [asked] = ntfy.asked
    assert asked.body == JPEG
    assert "filename=snapshot.jpg" in asked.path
    assert asked.headers["x-click"] == ALERT.link


def test_a_service_that_keeps_no_pictures_gets_the_words(ntfy: HttpChannel) -> None:
    ntfy.answer = lambda asked: 400 if asked.body == JPEG else 200
    send(notifier(ntfy))
    assert [ALERT.title.encode() in asked.body for asked in ntfy.asked] == [False, True]


def test_a_press_is_loud_and_a_person_is_not(ntfy: HttpChannel) -> None:
    send(notifier(ntfy))
    send(notifier(ntfy), PRESS)
    assert [asked.headers.get("x-priority") for asked in ntfy.asked] == [None, "max"]


def test_a_press_is_an_emergency_of_pushover_for_as_long_as_somebody_waits() -> None:
    address = f"pover://{'u' * 30}@{'t' * 30}"
    assert vars(opened(address))["priority"] == 0
    loud = vars(opened(address, urgent=True))
    assert (loud["priority"], loud["interval"], loud["expire"]) == (2, 60, 300)
    assert vars(opened(f"{address}?priority=low&expire=900", urgent=True))["expire"] == 900


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
def test_what_will_never_be_taken_is_refused(ntfy: HttpChannel, status: int) -> None:
    ntfy.answer = lambda _asked: status
    with pytest.raises(NotifierRefused) as raised:
        send(notifier(ntfy))
    assert str(status) in str(raised.value)


@pytest.mark.parametrize("answer", [429, 500, 503, "cut", "garbage"])
def test_what_may_be_taken_later_is_unavailable(ntfy: HttpChannel, answer: int | str) -> None:
    ntfy.answer = lambda _asked: answer
    with pytest.raises(NotifierUnavailable):
        send(notifier(ntfy))


def test_no_redirect_is_followed_also_where_the_address_asks_for_it(ntfy: HttpChannel) -> None:
    with http_channel() as inside:
        ntfy.answer = lambda _asked: (302, {"Location": f"http://{inside.host}/admin"})
        with pytest.raises(NotifierRefused):
            send(notifier(ntfy, f"{TOPIC}?redirect=yes"))
        assert inside.asked == []


def test_where_clouds_keep_credentials_nothing_is_sent() -> None:
    with pytest.raises(NotifierRefused):
        send(AppriseNotifier(AppriseSettings("phone", "json://169.254.169.254/latest")))


def test_who_hangs_is_left_alone_in_time_and_who_was_only_slow_is_not_told_twice(ntfy: HttpChannel) -> None:
    ntfy.answer = lambda _asked: "hang"

    async def twice() -> None:
        slow = notifier(ntfy, seconds=1.0)
        with pytest.raises(NotifierUnavailable, match="1 seconds"):
            await slow.send(ALERT)
        ntfy.let_go.set()
        await slow.send(ALERT)

    asyncio.run(twice())
    assert len(ntfy.asked) == 1


def test_however_often_it_hangs_few_threads_do(ntfy: HttpChannel) -> None:
    ntfy.answer = lambda _asked: "hang"

    async def often() -> None:
        hung = notifier(ntfy, seconds=0.2)
        for number in range(MOST_RUNNING + 3):
            with pytest.raises(NotifierUnavailable):
                await hung.send(replace(ALERT, id=AlertId(str(number))))

    before = threading.active_count()
    asyncio.run(often())
    assert len([one for one in threading.enumerate() if one.name == "apprise phone"]) <= MOST_RUNNING
    assert before > 0


@pytest.mark.parametrize("scheme", ["dbus", "gnome", "kde", "glib", "macosx", "json"])
def test_what_apprise_itself_trips_over_is_refused_in_words(scheme: str) -> None:
    with pytest.raises(NotifierRefused, match="none that Apprise understands"):
        asyncio.run(AppriseNotifier(AppriseSettings("phone", f"{scheme}://[::1/x")).check())


def test_a_name_that_no_host_can_have_is_not_reached() -> None:
    one = AppriseNotifier(AppriseSettings("phone", f"mailto://me:secret@example.org?smtp={'a' * 64}.example"))
    with pytest.raises(NotifierUnavailable, match=r"a{64}\.example cannot be reached"):
        asyncio.run(one.check())
    with pytest.raises(NotifierUnavailable):
        send(one)


def test_a_token_in_the_place_of_a_host_is_never_looked_up_or_told(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = list[object]()

    def look_up(host: object, *_more: object, **_named: object) -> list[object]:
        looked_up.append(host)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    line = asyncio.run(AppriseNotifier(AppriseSettings("room", f"matrix://{'s3cret' * 10}abcd")).check())
    assert "only a test alert shows" in line
    assert "s3cret" not in line
    assert looked_up == []


def test_mail_is_checked_where_it_goes() -> None:
    inside = AppriseNotifier(AppriseSettings("mail", "mailto://me:secret@example.org?smtp=169.254.169.254"))
    for asked in (inside.check(), inside.send(ALERT)):
        with pytest.raises(NotifierRefused, match="clouds keep credentials"):
            asyncio.run(asked)
    with http_channel() as there:
        host, port = there.host.split(":")
        line = asyncio.run(
            AppriseNotifier(AppriseSettings("mail", f"mailto://me:secret@example.org:{port}?smtp={host}")).check()
        )
    assert line.startswith(f"Reached {host} ")


@pytest.mark.parametrize("address", ["nonsense", "nope://x", "ntfy://", f"ntfy://127.0.0.1/{'x' * 10_240}/{'y' * 10}"])
def test_an_address_that_means_nothing_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises((NotifierRefused, NotifierUnavailable)) as raised:
        send(AppriseNotifier(AppriseSettings("phone", address)))
    assert "xxx" not in str(raised.value)


def test_a_topic_of_ten_kilobytes_ends_in_words(ntfy: HttpChannel) -> None:
    with pytest.raises(NotifierRefused) as raised:
        send(notifier(ntfy, "t" * 10_240))
    assert "ttt" not in str(raised.value)
    assert ntfy.asked == []


def test_so_does_one_that_only_the_service_finds_too_long(ntfy: HttpChannel) -> None:
    ntfy.answer = lambda asked: 414 if len(asked.path) > 4096 else 200
    address = f"json://{ntfy.host}/{'t' * 10_240}"
    with pytest.raises(NotifierRefused, match="414"):
        send(AppriseNotifier(AppriseSettings("phone", address)))
    assert len(ntfy.asked) == 1


def test_neither_log_nor_error_nor_repr_holds_the_address(
    ntfy: HttpChannel, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    logged = io.StringIO()
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [logging.StreamHandler(logged)])
    monkeypatch.setattr(root, "level", logging.DEBUG)
    ntfy.answer = lambda _asked: 500
    words = []
    for address in (f"ntfy://{ntfy.host}/{TOPIC}", f"ntfy://127.0.0.1:{free_port()}/{TOPIC}", f"nope://{TOPIC}"):
        one = AppriseNotifier(AppriseSettings("phone", address))
        with pytest.raises((NotifierUnavailable, NotifierRefused)) as raised:
            send(one)
        words += [str(raised.value), repr(one), repr(AppriseSettings("phone", address))]
    words += [logged.getvalue(), *capfd.readouterr()]
    assert TOPIC not in "".join(words)


def test_checking_says_what_it_cannot_know() -> None:
    bot = "tgram://123456789:ABCdefghijkl-1234567890123456789012345/12315544/"
    with http_channel() as there:
        line = asyncio.run(notifier(there).check())
        assert "127.0.0.1" in line
        assert TOPIC not in line
        assert there.asked == []
    assert "123456789" not in repr(AppriseNotifier(AppriseSettings("bot", bot)))


def test_warming_loads_the_library_and_refuses_nonsense(ntfy: HttpChannel) -> None:
    asyncio.run(notifier(ntfy).warm())
    with pytest.raises(NotifierRefused):
        asyncio.run(AppriseNotifier(AppriseSettings("phone", "nope://x")).warm())
    assert ntfy.asked == []
