"""Alerts by Web Push, to a push service on loopback that verifies who sends, and a browser that decrypts."""

import asyncio
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import http_ece  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.errors import NotifierRefused, NotifierUnavailable, StoreUnavailable
from doorstep.core.event import EventId
from doorstep.core.push_subscription import NewDevice, PushSubscription
from doorstep.notifiers.guarded_post import Answer, look_up
from doorstep.notifiers.vapid_key import VapidKey, vapid_key
from doorstep.notifiers.web_push import PushNotifier, PushSender, sealed
from fakes.certificates import Certificate, certificate
from fakes.clock import FakeClock
from fakes.free_port import free_port
from fakes.push_service import Browser, PushService, decoded, encoded, push_service, trusting

ALERT = Alert(
    AlertId("e1:press:140203000000"),
    EventId("e1"),
    CameraId("front-door"),
    Cause.PRESS,
    datetime(2026, 11, 21, 13, 0, tzinfo=UTC),
    "Doorbell rang at Front door",
    "Rung at 14:00:00 on Saturday, 21 November.",
    "http://192.0.2.1:8080/alerts/e1",
    b"\xff\xd8picture\xff\xd9",
)
CONTACT = "mailto:ada@example.org"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def service(tls: Certificate) -> Iterator[PushService]:
    with push_service(tls) as running:
        yield running


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> VapidKey:
    return vapid_key(tmp_path_factory.mktemp("data") / "keys" / "push.pem")


@pytest.fixture
def sender(service: PushService, tls: Certificate, key: VapidKey) -> PushSender:
    return PushSender(
        key,
        CONTACT,
        FakeClock(),
        (service.base,),
        lambda alert: f"/api/v1/alerts/{alert.id}/picture.jpg?key=k",
        trusting(tls),
        seconds=20.0,
    )


def subscription(device: NewDevice, clock: FakeClock | None = None) -> PushSubscription:
    now = (clock or FakeClock()).now()
    return PushSubscription("s1", "ada", "g1", device.name, device.endpoint, device.p256dh, device.auth, now)


def send(sender: PushSender, browser: Browser, alert: Alert = ALERT, gone: Callable[[], None] = lambda: None) -> None:
    asyncio.run(PushNotifier(subscription(browser.device), sender, gone).send(alert))


def test_the_phone_reads_the_alert_and_knows_who_sent_it(
    service: PushService, sender: PushSender, key: VapidKey
) -> None:
    browser = service.browser()
    send(sender, browser)
    [pushed] = service.pushed
    assert browser.read(pushed.body) == {
        "id": "e1:press:140203000000:push:s1",
        "alert": "e1:press:140203000000",
        "event": "e1",
        "camera": "front-door",
        "cause": "press",
        "title": "Doorbell rang at Front door",
        "text": "Rung at 14:00:00 on Saturday, 21 November.",
        "link": "/alerts/e1",
        "picture": "/api/v1/alerts/e1:press:140203000000/picture.jpg?key=k",
        "at": "2026-11-21T13:00:00.000Z",
        "urgent": True,
        "test": False,
    }
    assert pushed.signed_by == key.public
    now = sender.clock.now().timestamp()
    assert now < pushed.claims["exp"] <= now + 24 * 3600
    assert pushed.claims == {"aud": service.base.rstrip("/"), "exp": pushed.claims["exp"], "sub": CONTACT}


def test_headers_say_how_urgent_it_is_and_how_long_it_is_kept(service: PushService, sender: PushSender) -> None:
    send(sender, service.browser())
    send(
        sender, service.browser(), replace(ALERT, cause=None, id=AlertId("trouble"), at=ALERT.at - timedelta(hours=23))
    )
    press, trouble = (pushed.headers for pushed in service.pushed)
    assert (press["urgency"], press["ttl"]) == ("high", str(24 * 3600))
    assert (trouble["urgency"], trouble["ttl"]) == ("normal", "3600")
    assert press["content-encoding"] == "aes128gcm"
    assert press["topic"] != trouble["topic"]
    assert len(press["topic"]) == 32


def test_the_same_alert_sent_again_has_the_same_topic_and_another_body(
    service: PushService, sender: PushSender
) -> None:
    browser = service.browser()
    send(sender, browser)
    send(sender, browser)
    first, second = service.pushed
    assert first.headers["topic"] == second.headers["topic"]
    assert first.body != second.body


def test_words_of_ten_kilobytes_still_arrive(service: PushService, sender: PushSender) -> None:
    browser = service.browser()
    long = "Ä" * 10_000
    send(sender, browser, replace(ALERT, title=long, text=long, id=AlertId(long), camera=CameraId("c" * 10_000)))
    [pushed] = service.pushed
    assert len(pushed.body) <= 4096
    assert len(pushed.headers["topic"]) == 32
    assert browser.read(pushed.body)["urgent"] is True


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (404, NotifierRefused, "its browser ended that"),
        (410, NotifierRefused, "its browser ended that"),
        (400, NotifierRefused, "answer 400"),
        (401, NotifierRefused, "Doorstep's key"),
        (403, NotifierRefused, "Doorstep's key"),
        (413, NotifierRefused, "too large"),
        (429, NotifierUnavailable, "try again later"),
        (500, NotifierUnavailable, "in trouble"),
        (503, NotifierUnavailable, "in trouble"),
        ("cut", NotifierUnavailable, "without an answer"),
        ("garbage", NotifierUnavailable, "not HTTP"),
    ],
)
def test_what_the_push_service_answers_is_told_in_plain_words(
    service: PushService, sender: PushSender, answer: int | str, error: type[Exception], words: str
) -> None:
    service.answer = lambda: answer
    gone: list[bool] = []
    with pytest.raises(error, match=words) as raised:
        send(sender, service.browser(), gone=lambda: gone.append(True))
    assert gone == ([True] if answer in (404, 410) else [])
    assert "a-long-secret" not in str(raised.value)
    assert service.asked == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_push_service_that_asks_to_wait_is_heard(service: PushService, sender: PushSender, status: int) -> None:
    until = format_datetime(sender.clock.now() + timedelta(seconds=90), usegmt=True)
    for said, wait in (("120", 120), (until, 90), ("soon", 0)):
        service.answer = lambda said=said: (status, {"Retry-After": said})  # type: ignore[misc]
        with pytest.raises(NotifierUnavailable) as raised:
            send(sender, service.browser())
        assert raised.value.wait == pytest.approx(wait, abs=1)


def test_a_redirect_is_not_followed(service: PushService, sender: PushSender) -> None:
    service.answer = lambda: (307, {"Location": f"{service.base}elsewhere"})
    with pytest.raises(NotifierRefused, match="another place"):
        send(sender, service.browser())
    assert service.asked == 1


def test_a_service_that_hangs_is_given_up_in_time(service: PushService, sender: PushSender) -> None:
    service.answer = lambda: "hang"
    with pytest.raises(NotifierUnavailable, match="did not answer"):
        send(replace(sender, seconds=0.5), service.browser())


def test_a_signature_that_is_refused_because_our_clock_is_wrong_is_tried_again(
    service: PushService, sender: PushSender
) -> None:
    right = format_datetime(sender.clock.now() + timedelta(days=3), usegmt=True)
    service.answer = lambda: (403, {"Date": right})
    with pytest.raises(NotifierUnavailable, match="clock"):
        send(sender, service.browser())


def test_who_is_away_is_unavailable_and_a_stranger_s_certificate_is_not_believed(
    service: PushService, sender: PushSender, tmp_path: Path
) -> None:
    away = f"https://127.0.0.1:{free_port()}/"
    with pytest.raises(NotifierUnavailable, match="cannot be reached"):
        send(replace(sender, own=(away,)), Browser(away + "x"))
    stranger = certificate(tmp_path)
    with pytest.raises(NotifierUnavailable, match="not trusted"):
        send(replace(sender, tls=trusting(stranger)), service.browser())
    assert service.asked == 0


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fd00:ec2::254", "::ffff:192.168.0.1"]
)
def test_a_known_host_that_leads_into_the_house_is_not_connected_to(
    service: PushService, sender: PushSender, address: str
) -> None:
    def addresses_of(_host: str, _port: int) -> list[str]:
        return ["142.250.0.1", address]

    with pytest.raises(NotifierRefused, match="does not send to"):
        send(replace(sender, own=(), addresses_of=addresses_of), Browser("https://fcm.googleapis.com/fcm/send/abc"))
    assert service.asked == 0


def test_a_push_service_whose_name_hangs_keeps_no_other_waiting(service: PushService, sender: PushSender) -> None:
    over = threading.Event()

    def addresses_of(host: str, port: int) -> Sequence[str]:
        if host.endswith(".googleapis.com"):
            over.wait(60)
        return look_up(host, port)

    async def all_of_them() -> None:
        shared = replace(sender, addresses_of=addresses_of)
        stuck = Browser("https://fcm.googleapis.com/fcm/send/abc")
        async with asyncio.TaskGroup() as tasks:
            waiting = [
                tasks.create_task(PushNotifier(subscription(stuck.device), shared).send(ALERT)) for _ in range(8)
            ]
            await PushNotifier(subscription(service.browser().device), shared).send(ALERT)
            for task in waiting:
                assert task.cancel()

    try:
        asyncio.run(all_of_them())
    finally:
        over.set()
    assert len(service.pushed) == 1


def test_metadata_is_refused_also_behind_an_own_service(sender: PushSender, service: PushService) -> None:
    def addresses_of(_host: str, _port: int) -> list[str]:
        return ["169.254.169.254"]

    with pytest.raises(NotifierRefused, match="does not send to"):
        send(replace(sender, addresses_of=addresses_of), service.browser())


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", ""),
        ("BA" * 43, "c2l4dGVlbiBieXRlcyBvaw"),
        ("not base64!", "x"),
        (encoded(b"\4" + bytes(64)), "AAAA"),
        ("ü", "ü"),
    ],
)
def test_keys_that_are_none_are_refused(service: PushService, sender: PushSender, p256dh: str, auth: str) -> None:
    browser = service.browser()
    browser.device = replace(browser.device, p256dh=p256dh, auth=auth)
    with pytest.raises(NotifierRefused, match="keys"):
        send(sender, browser)
    assert service.asked == 0


def test_checking_reaches_the_service_and_tells_nobody(service: PushService, sender: PushSender) -> None:
    line = asyncio.run(PushNotifier(subscription(service.browser().device), sender).check())
    assert "127.0.0.1" in line
    assert service.pushed == []


def test_what_is_sealed_is_opened_with_the_keys_of_the_standard_s_example() -> None:
    """RFC 8291, appendix A: the receiver's private key and authentication secret."""
    private = derive_private_key(
        int.from_bytes(decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"), SECP256R1()
    )
    public = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    secret = "BTBZMqHH6r4Tts7J_aSIgg"
    body = sealed(b"When I grow up, I want to be a watermelon", public, secret)
    opened = http_ece.decrypt(body, private_key=private, auth_secret=decoded(secret), version="aes128gcm")
    assert opened == b"When I grow up, I want to be a watermelon"


def test_the_key_is_made_once_for_our_eyes_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "push.pem"
    made = vapid_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert vapid_key(path).public == made.public
    assert len(decoded(made.public)) == 65
    assert [child.name for child in path.parent.iterdir()] == ["push.pem"]


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_key_is_said_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "push.pem"
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable, match="damaged"):
        vapid_key(path)
    assert path.read_bytes() == content


def test_a_key_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(StoreUnavailable, match="cannot be kept"):
        vapid_key(tmp_path / "keys" / "push.pem")


def test_no_secret_is_in_what_is_shown(service: PushService) -> None:
    known = subscription(service.browser().device)
    assert known.endpoint not in repr(known)
    assert known.p256dh not in repr(known)
    assert known.endpoint not in repr(service.browser().device)


@pytest.mark.parametrize(
    "date", ["Mon, 01 Jan 2024 00:00:00 +" + "9" * 30, "Mon, 01 Jan 2024 00:00:00 -0000", "x" * 10_000]
)
def test_a_date_that_is_none_is_no_fault_of_ours(sender: PushSender, date: str) -> None:
    notifier = PushNotifier(PushSubscription("s", "a", "g", "n", "https://x.example/", "k", "a", ALERT.at), sender)
    assert not notifier._clock_is_wrong(Answer(403, {"date": date}))
