"""`SmtpNotifier` against a real mail server on loopback."""

import asyncio
import shutil
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.event import EventId
from doorstep.core.notify_settings import EmailSettings
from doorstep.notifiers.mail import alert_mail, one_line
from doorstep.notifiers.smtp import SmtpNotifier
from fakes.free_port import free_port
from fakes.post_office import PostOffice, certificate, post_office

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20 + b"\xff\xd9"
ALERT = Alert(
    id=AlertId("front-door-20261121T140203000:person"),
    event=EventId("front-door-20261121T140203000"),
    camera=CameraId("front-door"),
    cause=Cause.PERSON,
    at=datetime(2026, 11, 21, 14, 2, 3, tzinfo=UTC),
    title="Person at Front door",
    text="Seen at 14:02:03 on Saturday, 21 November.",
    link="http://door.example.org:8080/alerts/front-door-1?a=1&b=2",
    snapshot=JPEG,
)
ANN = "ann@example.org"
SENDER = "Doorstep <doorstep@example.org>"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as made:
        yield made


def notifier(
    port: int,
    *to: str,
    scheme: str = "smtp",
    login: str = "",
    tls: ssl.SSLContext | None = None,
    seconds: float = 5.0,
) -> SmtpNotifier:
    settings = EmailSettings(f"{scheme}://{login}127.0.0.1:{port}", SENDER, to or (ANN,))
    return SmtpNotifier(settings, tls, seconds)


def send(sender: SmtpNotifier, alert: Alert = ALERT) -> None:
    asyncio.run(sender.send(alert))


# ---------------------------------------------------------------------------------------------------- what arrives


def test_the_mail_is_plain_text_first_then_html_with_the_picture_in_it(office: PostOffice) -> None:
    send(notifier(office.port))
    [mail] = office.mails
    assert (mail["Subject"], mail["From"], mail["To"]) == (ALERT.title, SENDER, ANN)
    assert mail.get_content_type() == "multipart/alternative"
    plain, rich = mail.iter_parts()
    assert plain.get_content_type() == "text/plain"
    assert ALERT.text in plain.get_content()
    assert ALERT.link in plain.get_content()
    assert rich.get_content_type() == "multipart/related"
    page, picture = rich.iter_parts()
    assert ALERT.link.replace("&", "&amp;") in page.get_content()
    assert picture.get_content() == JPEG
    assert picture.get_content_disposition() == "inline"
    assert f"cid:{picture['Content-ID'].strip('<>')}" in page.get_content()


def test_without_a_picture_there_is_none(office: PostOffice) -> None:
    send(notifier(office.port), replace(ALERT, snapshot=b""))
    [mail] = office.mails
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "<img" not in list(mail.iter_parts())[1].get_content()


def test_the_same_alert_has_the_same_message_id_and_date(office: PostOffice) -> None:
    send(notifier(office.port))
    send(notifier(office.port))
    send(notifier(office.port), replace(ALERT, id=AlertId("another")))
    first, second, other = office.mails
    assert first["Message-ID"] == second["Message-ID"] != other["Message-ID"]
    assert first["Message-ID"].endswith("@example.org>")
    assert first["Date"].datetime == ALERT.at


def test_names_of_any_script_arrive(office: PostOffice) -> None:
    title, text = "Person at Türe — 玄関 🚪", "Gesehen um 14 Uhr: „grüß Gott“."
    send(notifier(office.port, "Zoë Müller <zoe@example.org>", ANN), replace(ALERT, title=title, text=text))
    [mail] = office.mails
    assert mail["Subject"] == title
    assert [address.display_name for address in mail["To"].addresses] == ["Zoë Müller", ""]
    assert office.receivers == [["zoe@example.org", ANN]]
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            assert text in part.get_content()


def test_no_title_smuggles_in_a_header_or_markup(office: PostOffice) -> None:
    title = 'Person\r\nBcc: eve@evil.example\r\n\r\n<script>alert("x")</script>'
    text = "<img src=x onerror=y>"
    send(notifier(office.port), replace(ALERT, title=title, text=text, link='http://x/"><b>\r\nTo: eve@evil.example'))
    [mail] = office.mails
    assert mail["Bcc"] is None
    assert mail.get_all("To") == [ANN]
    assert office.receivers == [[ANN]]
    page = mail.get_body(("html",))
    assert page is not None
    assert "<script>" not in page.get_content()
    assert "<img src=x" not in page.get_content()
    assert '"><b>' not in page.get_content()


@given(st.text(st.characters(codec="utf-8"), max_size=80), st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_alert_can_be_written(title: str, text: str) -> None:
    encodable = text.encode("utf-8", "replace").decode()
    mail = alert_mail(
        replace(ALERT, title=title.encode("utf-8", "replace").decode(), text=encodable, id=AlertId(title)),
        SENDER,
        (ANN,),
    )
    head = mail.as_bytes().partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert len(set(names)) == len(names) == 8
    assert "\n" not in one_line(title)


# --------------------------------------------------------------------------------------------- signing in and TLS


def test_user_and_password_are_percent_decoded() -> None:
    with post_office(password=("ann@example.org", "p@ss:/wörd%")) as office:
        send(notifier(office.port, login="ann%40example.org:p%40ss%3A%2Fw%C3%B6rd%25@"))
        assert office.logins[-1] == ("ann@example.org", "p@ss:/wörd%")
        assert len(office.mails) == 1


def test_a_wrong_password_is_refused_and_not_told() -> None:
    with post_office(password=("ann", "right")) as office:
        with pytest.raises(NotifierRefused) as refused:
            send(notifier(office.port, login="ann:hunter2@"))
        assert "hunter2" not in str(refused.value)
        assert "password" in str(refused.value)
        assert office.mails == []


def test_a_server_without_sign_in_is_an_error_of_ours(office: PostOffice) -> None:
    with pytest.raises((NotifierRefused, NotifierUnavailable)):
        send(notifier(office.port, login="ann:hunter2@"))


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")


@needs_openssl
def test_starttls_is_used_when_it_is_offered(tmp_path: Path) -> None:
    server, client = certificate(tmp_path)
    with post_office(password=("ann", "right"), starttls=server) as office:
        send(notifier(office.port, login="ann:right@", tls=client))
        assert office.encrypted == [True]


@needs_openssl
def test_smtps_is_tls_from_the_first_byte(tmp_path: Path) -> None:
    server, client = certificate(tmp_path)
    with post_office(tls=server) as office:
        send(notifier(office.port, scheme="smtps", tls=client))
        assert office.encrypted == [True]
        assert "over TLS" in asyncio.run(notifier(office.port, scheme="smtps", tls=client).check())


@needs_openssl
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_nobody_trusts_gets_no_mail(tmp_path: Path, scheme: str) -> None:
    server, _ = certificate(tmp_path)
    is_tls = scheme == "smtps"
    with post_office(tls=server if is_tls else None, starttls=None if is_tls else server) as office:
        with pytest.raises(NotifierUnavailable, match="certificate"):
            send(notifier(office.port, scheme=scheme))
        assert office.mails == []


# ------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("answer", "error"),
    [("451 try later", NotifierUnavailable), ("550 no such user", NotifierRefused), ("452 full", NotifierUnavailable)],
)
def test_a_refused_receiver_is_tried_again_only_if_that_may_help(
    office: PostOffice, answer: str, error: type[Exception]
) -> None:
    office.answers_to_receivers[ANN] = answer
    with pytest.raises(error):
        send(notifier(office.port))


@pytest.mark.parametrize(("answer", "error"), [("451 later", NotifierUnavailable), ("554 spam", NotifierRefused)])
def test_a_refused_mail_is_tried_again_only_if_that_may_help(
    office: PostOffice, answer: str, error: type[Exception]
) -> None:
    office.answer_to_mail = answer
    with pytest.raises(error):
        send(notifier(office.port))


def test_when_all_are_refused_but_one_may_be_taken_later_it_is_tried_again(office: PostOffice) -> None:
    office.answers_to_receivers = {ANN: "550 no", "bob@example.org": "451 later"}
    with pytest.raises(NotifierUnavailable):
        send(notifier(office.port, ANN, "bob@example.org"))


def test_one_refused_receiver_does_not_keep_the_mail_from_the_others(office: PostOffice) -> None:
    office.answers_to_receivers[ANN] = "550 no such user"
    send(notifier(office.port, ANN, "bob@example.org"))
    assert office.receivers == [["bob@example.org"]]


def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(NotifierUnavailable, match="cannot be reached"):
        send(notifier(free_port()))


def test_a_server_that_hangs_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NotifierUnavailable, match="did not answer"):
        send(notifier(silent.getsockname()[1], seconds=0.3))


def test_a_server_that_talks_without_end_is_given_up_in_time() -> None:
    gone = asyncio.Event()

    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        with suppress(ConnectionError):
            while True:
                writer.write(b"220-hello\r\n")
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        gone.set()

    async def run() -> None:
        server = await asyncio.start_server(chatter, "127.0.0.1", 0)
        async with server:
            with pytest.raises((NotifierUnavailable, NotifierRefused)):
                await notifier(server.sockets[0].getsockname()[1], seconds=0.5).send(ALERT)
            await gone.wait()

    asyncio.run(run())


@pytest.mark.parametrize("greeting", [b"", b"nonsense\r\n", b"554 go away\r\n", b"421 busy\r\n", b"\xff\xfe\x00\r\n"])
def test_a_server_that_hangs_up_is_an_error_of_ours(greeting: bytes) -> None:
    gone = asyncio.Event()

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        writer.write(greeting)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        gone.set()

    async def run() -> None:
        server = await asyncio.start_server(rude, "127.0.0.1", 0)
        async with server:
            with pytest.raises((NotifierUnavailable, NotifierRefused)):
                await notifier(server.sockets[0].getsockname()[1]).send(ALERT)
            await gone.wait()

    asyncio.run(run())


def test_a_server_that_forgets_to_say_goodbye_has_taken_the_mail() -> None:
    taken: list[bytes] = []
    gone = asyncio.Event()

    async def forgetful(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers = {b"EHLO": b"250 ok\r\n", b"MAIL": b"250 ok\r\n", b"RCPT": b"250 ok\r\n", b"DATA": b"354 go\r\n"}
        writer.write(b"220 hello\r\n")
        while (line := await reader.readline()) and not line.startswith(b"QUIT"):
            writer.write(answers.get(line[:4], b"500 what\r\n"))
            if line.startswith(b"DATA"):
                taken.append(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 taken\r\n")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        gone.set()

    async def run() -> None:
        server = await asyncio.start_server(forgetful, "127.0.0.1", 0)
        async with server:
            await notifier(server.sockets[0].getsockname()[1]).send(ALERT)
            await gone.wait()

    asyncio.run(run())
    assert len(taken) == 1


# ---------------------------------------------------------------------------------------------------------- check


def test_checking_signs_in_and_tells_nobody() -> None:
    with post_office(password=("ann", "right")) as office:
        line = asyncio.run(notifier(office.port, login="ann:right@").check())
        assert "signed in" in line
        assert "right" not in line
        assert office.mails == []
        with pytest.raises(NotifierRefused):
            asyncio.run(notifier(office.port, login="ann:wrong@").check())


@pytest.mark.parametrize("address", ["http://x", "smtp://", "mail.example.org", "smtp://[::1", "smtp://h:99999"])
def test_an_address_that_is_no_mail_server_is_refused(address: str) -> None:
    with pytest.raises(NotifierRefused):
        SmtpNotifier(EmailSettings(address, SENDER, (ANN,)))
