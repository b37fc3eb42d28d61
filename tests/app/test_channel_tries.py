"""A channel of the page is tried over real servers, and never where a page must not send."""

import asyncio
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import pytest

from doorstep import notifiers
from doorstep.app.channel_tries import FORBIDDEN, ChannelTries
from doorstep.clock import SystemClock
from doorstep.core.errors import ConfigInvalid, NotifierRefused, NotifierUnavailable
from doorstep.notifiers import telegram_bot
from fakes.certificates import certificate
from fakes.free_port import free_port
from fakes.http_channel import http_channel
from fakes.mail_server import mail_server
from fakes.telegram import TOKEN as BOT_TOKEN
from fakes.telegram import Telegram, telegram

LINK = "http://pi:8080/"
TOKEN = "123456:" + "A" * 35


def here(address: str) -> bool:
    """As at a home whose services lie on loopback, for the tests alone."""
    return address.startswith("127.")


def tried(kind: str, keys: dict[str, object], *, guarded: bool = False) -> None:
    tries = ChannelTries(SystemClock(), LINK) if guarded else ChannelTries(SystemClock(), LINK, here)
    asyncio.run(tries.try_out(kind, keys))


def test_a_test_alert_reaches_a_mailbox() -> None:
    with mail_server() as mailbox:
        tried("email", {"smtp": f"smtp://127.0.0.1:{mailbox.port}", "from": "a@example.org", "to": ["b@example.org"]})
    [mail] = mailbox.messages
    assert "Test alert" in str(mail["subject"])


def test_what_speaks_to_mail_servers_is_not_loaded_where_cameras_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    smtp = "doorstep.notifiers.smtp"
    loaders = []

    class Watched(MetaPathFinder):
        def find_spec(self, name: str, *_: object) -> None:
            if name == smtp:
                loaders.append(threading.current_thread())

    monkeypatch.setattr(notifiers, "smtp", None, raising=False)  # put back afterwards, as the next line does
    monkeypatch.delitem(sys.modules, smtp, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Watched(), *sys.meta_path])
    with pytest.raises(NotifierUnavailable):
        tried("email", {"smtp": f"smtp://127.0.0.1:{free_port()}", "from": "a@example.org", "to": ["b@example.org"]})
    assert len(loaders) == 1
    assert loaders[0] is not threading.main_thread()


def test_a_test_alert_reaches_ntfy() -> None:
    with http_channel() as server:
        tried("apprise", {"url": f"ntfy://{server.host}/my-secret-topic"})
    assert len(server.asked) == 1
    assert b"Nobody is at the door" in server.asked[0].body


def test_a_test_alert_reaches_a_webhook() -> None:
    with http_channel() as server:
        tried("webhook", {"url": f"http://{server.host}/hook", "secret": "s" * 16})
    assert server.asked[0].path == "/hook"


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("apprise", {"url": "ntfy://127.0.0.1/topic"}),
        ("apprise", {"url": "ntfy://localhost/topic"}),
        ("apprise", {"url": "ntfy://[::1]/topic"}),
        ("apprise", {"url": "ntfy://169.254.169.254/topic"}),
        ("apprise", {"url": "jsons://127.0.0.1:9/x"}),
        ("webhook", {"url": "http://127.0.0.1:1/", "secret": "s" * 16}),
        ("webhook", {"url": "http://0.0.0.0:1/", "secret": "s" * 16}),
        ("webhook", {"url": "http://2130706433/", "secret": "s" * 16}),
        ("email", {"smtp": "smtp://127.0.0.1:25", "from": "a@example.org", "to": ["b@example.org"]}),
        ("email", {"smtp": "smtp://[::ffff:127.0.0.1]:25", "from": "a@example.org", "to": ["b@example.org"]}),
    ],
)
def test_nothing_is_sent_to_this_machine_or_its_cloud(kind: str, keys: dict[str, object]) -> None:
    with pytest.raises((NotifierRefused, ConfigInvalid)):
        tried(kind, keys, guarded=True)


def test_a_name_that_leads_to_this_machine_is_refused_and_the_home_network_is_not() -> None:
    def at(address: str) -> ChannelTries:
        def found(host: str, port: int) -> Sequence[str]:
            del host, port
            return ["192.168.1.5", address]

        return ChannelTries(SystemClock(), LINK, addresses_of=found)

    with http_channel() as server:
        keys = {"url": f"ntfy://{server.host}/topic"}
        with pytest.raises(NotifierRefused, match="this machine"):
            asyncio.run(at("127.0.0.1").try_out("apprise", keys))
        assert not server.asked
        asyncio.run(at("192.168.1.6").try_out("apprise", keys))
    assert FORBIDDEN


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("webhook", {"url": "http://door.example.org:{port}/", "secret": "s" * 16}),
        ("email", {"smtp": "smtp://door.example.org:{port}", "from": "a@example.org", "to": ["b@example.org"]}),
    ],
)
def test_a_name_that_means_this_machine_a_moment_later_leads_nowhere(
    kind: str, keys: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: judged by one answer, reached by the next."""
    answers = iter(["192.0.2.1"])
    look_up = socket.getaddrinfo

    def found(host: str | bytes | None, *asked: Any, **more: Any) -> Any:
        is_name = host in ("door.example.org", b"door.example.org")
        return look_up(next(answers, "127.0.0.1") if is_name else host, *asked, **more)

    async def arrived() -> int:
        came: list[object] = []

        def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.append(writer)
            writer.close()

        server = await asyncio.start_server(take, "127.0.0.1", 0)
        async with server:
            port = str(server.sockets[0].getsockname()[1])
            filled = {key: one.replace("{port}", port) if isinstance(one, str) else one for key, one in keys.items()}
            with pytest.raises((NotifierRefused, NotifierUnavailable)):
                await ChannelTries(SystemClock(), LINK).try_out(kind, filled)
        return len(came)

    monkeypatch.setattr(socket, "getaddrinfo", found)
    assert asyncio.run(arrived()) == 0


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("mqtt", {"url": "mqtt://192.168.1.5"}),
        ("apprise", {"url_file": "/etc/shadow"}),
        ("apprise", {"url": "nonsense"}),
        ("apprise", {}),
        ("email", {"smtp": "ftp://x", "from": "a@example.org", "to": ["b@example.org"]}),
        ("email", {"smtp": "smtp://x", "from": "not a mail", "to": ["b@example.org"]}),
        ("email", {"smtp": "smtp://x", "from": "a@example.org", "to": []}),
        ("webhook", {"url": "http://user:hunter2@x/", "secret": "s" * 16}),
        ("webhook", {"url": "http://192.168.1.5/", "secret": "hunter2"}),
    ],
)
def test_what_the_file_could_not_hold_is_refused_without_its_values(kind: str, keys: dict[str, object]) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        tried(kind, keys, guarded=True)
    assert "hunter2" not in str(refused.value)
    assert str(refused.value).endswith(".")


def test_a_host_that_nobody_knows_is_said() -> None:
    with pytest.raises(NotifierUnavailable, match="no server of that name"):
        tried("apprise", {"url": "ntfy://no-such-host.invalid/topic"}, guarded=True)


def test_an_environment_variable_stays_a_word() -> None:
    with http_channel() as server:
        tried("webhook", {"url": f"http://{server.host}/${{HOME}}", "secret": "s" * 16})
    assert server.asked[0].path == "/${HOME}"


def test_a_service_that_is_gone_or_refuses_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotifierUnavailable):
        tried("apprise", {"url": f"ntfy://127.0.0.1:{free_port()}/topic"})
    with http_channel() as server:
        server.answer = lambda _asked: 403
        with pytest.raises(NotifierRefused, match="does not accept"):
            tried("apprise", {"url": f"ntfy://{server.host}/my-secret-topic"})
    told = capsys.readouterr()
    assert "my-secret-topic" not in told.out + told.err


# ------------------------------------------------------------------------------------------------- Telegram's chats


@pytest.mark.parametrize("token", ["", "x", "123", "123:short", "123456:" + "A" * 34 + "/", "../" + TOKEN])
def test_what_is_no_token_is_not_sent_anywhere(token: str) -> None:
    with pytest.raises(NotifierRefused, match="BotFather"):
        asyncio.run(telegram_bot.chats_of(token))


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Telegram]:
    tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.certificate))
    with telegram(tls) as made:
        monkeypatch.setattr(telegram_bot, "API", made.base)
        yield made


def test_a_bot_names_itself_and_who_has_written_the_newest_first(bot: Telegram) -> None:
    assert asyncio.run(telegram_bot.chats_of(BOT_TOKEN)).chats == []
    bot.write(7, "Ann")
    bot.write(-8, "Family <b>🚪</b> " + "x" * 300)
    bot.write(7, "Ann")
    told = asyncio.run(telegram_bot.chats_of(f" {BOT_TOKEN} "))
    assert told.name == "ann_door_bot"
    assert [chat.id for chat in told.chats] == ["7", "-8"]
    assert len(told.chats[1].name) == 100


def test_a_wrong_token_is_said_without_it(bot: Telegram) -> None:
    del bot
    with pytest.raises(NotifierRefused, match="does not know this token") as refused:
        asyncio.run(telegram_bot.chats_of(TOKEN))
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    "answer",
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"ok": false}'),
        (200, b'{"ok": true, "result": 7}'),
        (200, b'{"ok": true, "result": ' + b"[" * 100_000),
        (200, b'{"ok": true, "result": "' + b"x" * (2 << 20) + b'"}'),
        (500, b"oops"),
    ],
)
def test_whatever_telegram_answers_is_said_in_plain_words(bot: Telegram, answer: tuple[int, bytes]) -> None:
    bot.answer = answer
    with pytest.raises(NotifierUnavailable, match="Telegram answered"):
        asyncio.run(telegram_bot.chats_of(TOKEN))


def test_a_bot_whose_messages_another_program_reads_is_said(bot: Telegram) -> None:
    bot.answer = (409, b"{}")
    with pytest.raises(NotifierRefused, match="Another program"):
        asyncio.run(telegram_bot.chats_of(TOKEN))


def test_a_telegram_that_is_out_of_reach_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram_bot, "API", f"https://127.0.0.1:{free_port()}")
    with pytest.raises(NotifierUnavailable, match="cannot be reached") as away:
        asyncio.run(telegram_bot.chats_of(TOKEN))
    assert away.value.__cause__ is None
