"""`WebhookNotifier` against a server on loopback: what is signed, and what a bad other end leads to."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.event import EventId
from doorstep.core.notify_settings import WebhookSettings
from doorstep.notifiers.guarded_post import look_up
from doorstep.notifiers.webhook import WebhookNotifier, signed
from fakes.certificates import certificate
from fakes.clock import FakeClock
from fakes.http_channel import HttpChannel, http_channel
from fakes.push_service import push_service

SECRET = "a secret of some length"
ALERT = Alert(
    AlertId("front-door-1:press"),
    EventId("front-door-1"),
    CameraId("front-door"),
    Cause.PRESS,
    datetime(2026, 11, 21, 14, 2, 3, tzinfo=UTC),
    "Doorbell rang at Türe",
    "Rung at 14:02:03 on Saturday, 21 November.",
    "http://127.0.0.1:8080/alerts/front-door-1",
    b"\xff\xd8picture\xff\xd9",
)


@pytest.fixture
def hook() -> Iterator[HttpChannel]:
    with http_channel() as made:
        yield made


def notifier(
    hook: HttpChannel, seconds: float = 10.0, *, host: str = "", addresses: Sequence[str] = (), picture: bool = False
) -> WebhookNotifier:
    settings = WebhookSettings("home", f"http://{host or hook.host}/door?key=K", SECRET, picture=picture)
    find = (lambda _host, _port: addresses) if addresses else look_up
    return WebhookNotifier(settings, FakeClock(), seconds=seconds, addresses_of=find)


def send(sender: WebhookNotifier, alert: Alert = ALERT) -> None:
    asyncio.run(sender.send(alert))


def test_what_is_posted_says_all_and_is_signed_with_the_moment(hook: HttpChannel) -> None:
    send(notifier(hook))
    [asked] = hook.asked
    assert (asked.method, asked.path) == ("POST", "/door?key=K")
    assert json.loads(asked.body) == {
        "id": "front-door-1:press",
        "event": "front-door-1",
        "camera": "front-door",
        "cause": "press",
        "at": "2026-11-21T14:02:03.000Z",
        "title": ALERT.title,
        "text": ALERT.text,
        "link": ALERT.link,
        "urgent": True,
        "test": False,
        "picture": None,
    }
    stamp = asked.headers["doorstep-timestamp"]
    assert int(stamp) == int(FakeClock().now().timestamp())
    wanted = hmac.new(SECRET.encode(), f"{stamp}.".encode() + asked.body, hashlib.sha256).hexdigest()
    assert asked.headers["doorstep-signature"] == f"v1={wanted}"
    assert asked.headers["idempotency-key"] == ALERT.id
    assert asked.headers["content-type"] == "application/json"


def test_another_secret_body_or_moment_makes_another_signature() -> None:
    first = signed(SECRET, "1", b"body")
    assert (
        len({first, signed("another", "1", b"body"), signed(SECRET, "2", b"body"), signed(SECRET, "1", b"bode")}) == 4
    )


def test_the_picture_goes_along_where_that_is_wanted(hook: HttpChannel) -> None:
    send(notifier(hook, picture=True))
    assert json.loads(hook.asked[0].body)["picture"] == "/9hwaWN0dXJl/9k="


def test_a_word_about_doorstep_itself_has_neither_event_nor_cause(hook: HttpChannel) -> None:
    send(notifier(hook), replace(ALERT, event=None, camera=None, cause=None))
    found = json.loads(hook.asked[0].body)
    assert (found["event"], found["camera"], found["cause"], found["urgent"]) == (None, None, None, False)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422])
def test_what_will_never_be_taken_is_refused(hook: HttpChannel, status: int) -> None:
    hook.answer = lambda _asked: status
    with pytest.raises(NotifierRefused) as raised:
        send(notifier(hook))
    assert str(status) in str(raised.value)


@pytest.mark.parametrize("answer", [408, 429, 500, 503, "cut", "garbage"])
def test_what_may_be_taken_later_is_unavailable(hook: HttpChannel, answer: int | str) -> None:
    hook.answer = lambda _asked: answer
    with pytest.raises(NotifierUnavailable) as raised:
        send(notifier(hook))
    assert raised.value.wait == 0


def test_whoever_asks_to_wait_is_heard(hook: HttpChannel) -> None:
    until = format_datetime(FakeClock().now() + timedelta(seconds=90), usegmt=True)
    for said, wait in (("120", 120), (until, 90), ("soon", 0), ("-5", 0), ("9" * 400, 999_999_999)):
        hook.answer = lambda _asked, said=said: (429, {"Retry-After": said})  # type: ignore[misc]
        with pytest.raises(NotifierUnavailable) as raised:
            send(notifier(hook))
        assert raised.value.wait == pytest.approx(wait, abs=1)


def test_who_hangs_is_left_alone_in_time(hook: HttpChannel) -> None:
    hook.answer = lambda _asked: "hang"
    with pytest.raises(NotifierUnavailable, match=r"0\.5 seconds"):
        send(notifier(hook, seconds=0.5))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(hook: HttpChannel, status: int) -> None:
    with http_channel() as inside:
        hook.answer = lambda _asked: (status, {"Location": f"http://{inside.host}/admin"})
        with pytest.raises(NotifierRefused):
            send(notifier(hook))
        assert inside.asked == []


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "100.100.100.200"])
def test_where_clouds_keep_credentials_nothing_is_sent_whatever_its_name(hook: HttpChannel, address: str) -> None:
    with pytest.raises(NotifierRefused):
        send(notifier(hook, host="home.example.org", addresses=["127.0.0.1", address]))
    assert hook.asked == []


def test_a_private_address_is_fine_for_the_owner_wrote_it(hook: HttpChannel) -> None:
    send(notifier(hook, host=f"nas.local:{hook.port}", addresses=["127.0.0.1"]))
    assert hook.asked[0].headers["host"] == f"nas.local:{hook.port}"


def test_a_certificate_that_nobody_trusts_is_said(tmp_path: Path) -> None:
    with push_service(certificate(tmp_path)) as there:
        settings = WebhookSettings("home", f"{there.base}x", SECRET)
        with pytest.raises(NotifierUnavailable, match="certificate"):
            asyncio.run(WebhookNotifier(settings, FakeClock()).send(ALERT))
        assert there.asked == 0


@pytest.mark.parametrize("address", ["nonsense", "ftp://host/x", "https://", "http://host:port/"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(NotifierRefused):
        WebhookNotifier(WebhookSettings("home", address, SECRET), FakeClock())


def test_an_id_of_any_letters_is_no_second_header(hook: HttpChannel) -> None:
    send(notifier(hook), replace(ALERT, id=AlertId("a\r\nX-Evil: 1")))
    assert "x-evil" not in hook.asked[0].headers
    assert hook.asked[0].headers["idempotency-key"] == "aX-Evil: 1"


def test_neither_error_nor_repr_holds_address_or_secret(hook: HttpChannel) -> None:
    hook.answer = lambda _asked: 500
    sender = notifier(hook)
    with pytest.raises(NotifierUnavailable) as raised:
        send(sender)
    words = f"{raised.value} {sender!r} {WebhookSettings('home', 'http://h/door?key=K', SECRET)!r}"
    assert "key=K" not in words
    assert SECRET not in words
