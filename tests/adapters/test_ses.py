"""`SesNotifier` against moto's SES, and against servers that are no SES."""

import asyncio
import builtins
from email import message_from_string, policy
from typing import Any

import pytest

from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.event import EventId
from doorstep.core.notify_settings import EmailSettings
from doorstep.core.paid_call import Payee
from doorstep.core.prices import mailed_by_ses
from doorstep.notifiers.ses import EXTRA_IS_MISSING, SesNotifier
from fakes.http_channel import Asked, http_channel
from fakes.ses import KEYS, REGION, ses, taken
from ports.test_notifier import ALERT

SENDER = "Doorstep <door@example.org>"


def notifier(endpoint: str | None = None, seconds: float = 30.0) -> SesNotifier:
    return SesNotifier(EmailSettings("", SENDER, ("Ann <ann@example.org>",), REGION), endpoint, seconds)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def test_the_mail_is_the_one_that_smtp_would_send() -> None:
    with ses("door@example.org"):
        asyncio.run(notifier().send(ALERT))
        [raw] = taken()
    mail = message_from_string(raw, policy=policy.default)
    assert (mail["Subject"], mail["From"], mail["To"]) == (ALERT.title, SENDER, "Ann <ann@example.org>")
    assert ALERT.link in raw


def test_checking_says_whether_the_sender_may_send() -> None:
    with ses("example.org"):
        assert "example.org may send" in asyncio.run(notifier().check())
    with ses(), pytest.raises(NotifierRefused, match="has not verified door@example"):
        asyncio.run(notifier().check())


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "MessageRejected", NotifierRefused),
        (403, "InvalidClientTokenId", NotifierRefused),
        (403, "AccessDeniedException", NotifierRefused),
        (429, "TooManyRequestsException", NotifierUnavailable),
        (400, "LimitExceededException", NotifierUnavailable),
        (503, "ServiceUnavailable", NotifierUnavailable),
        (302, "", NotifierRefused),
    ],
)
@pytest.mark.usefixtures("keys")
def test_each_answer_is_later_or_never(status: int, code: str, error: type[Exception]) -> None:
    with http_channel() as there, http_channel() as inside:
        more = {"x-amzn-ErrorType": code, "Location": f"http://{inside.host}/"}
        there.answer = lambda _asked: (status, more)
        with pytest.raises(error) as raised:
            asyncio.run(notifier(f"http://{there.host}").send(ALERT))
        assert "ann@" not in str(raised.value)
        assert (len(there.asked), inside.asked) == (1, [])


@pytest.mark.usefixtures("keys")
def test_who_hangs_is_left_alone_and_not_told_twice() -> None:
    with http_channel() as there:
        there.answer = lambda _asked: "hang"

        async def twice() -> None:
            slow = notifier(f"http://{there.host}", seconds=2.0)
            with pytest.raises(NotifierUnavailable):
                await slow.send(ALERT)
            there.let_go.set()
            await slow.send(ALERT)

        asyncio.run(twice())
        assert len(there.asked) == 1


@pytest.mark.usefixtures("keys")
def test_a_check_that_may_not_ask_says_so() -> None:
    def denied(_asked: Asked) -> tuple[int, dict[str, str]]:
        return 403, {"x-amzn-ErrorType": "AccessDeniedException"}

    with http_channel() as there:
        there.answer = denied
        assert "may not ask" in asyncio.run(notifier(f"http://{there.host}").check())


def test_without_keys_it_says_where_they_go(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(NotifierRefused, match="AWS_ACCESS_KEY_ID"):
        asyncio.run(notifier("http://127.0.0.1:9").send(ALERT))


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] in ("boto3", "botocore"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NotifierRefused) as raised:
        asyncio.run(notifier().send(ALERT))
    assert str(raised.value) == EXTRA_IS_MISSING


def test_each_mail_is_counted_and_none_is_sent_beyond_the_cap() -> None:
    counted: list[tuple[Payee, str, int]] = []

    class Once:
        def note(
            self,
            payee: Payee,
            operation: str,
            billionths: int,
            size: int = 0,
            event: EventId | None = None,
            count: int = 1,
        ) -> None:
            assert (size > 0, event, count) == (True, ALERT.event, 1)
            counted.append((payee, operation, billionths))

        def affords(self, payee: Payee) -> bool:
            return payee is Payee.SES and not counted

    settings = EmailSettings("", SENDER, ("Ann <ann@example.org>", "bo@example.org"), REGION)
    paid = SesNotifier(settings, seconds=30.0, payments=Once())
    with ses("door@example.org"):
        asyncio.run(paid.send(ALERT))
        with pytest.raises(NotifierRefused, match="monthly_cap_usd"):
            asyncio.run(paid.send(ALERT))
        assert len(taken()) == 1
    assert [(payee, operation) for payee, operation, _ in counted] == [(Payee.SES, "mail")]
    assert counted[0][2] > 2 * mailed_by_ses(0)
