"""A mail server (aiosmtpd, in a thread, on loopback) that can be told to refuse, to want TLS and to want a password."""

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


@dataclass
class PostOffice:
    """What it accepted, and how it answers; `logins` are the pairs that it let in or not."""

    port: int = 0
    answers_to_receivers: dict[str, str] = field(default_factory=dict)
    answer_to_mail: str = "250 OK"
    password: tuple[str, str] | None = None
    logins: list[tuple[str, str]] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    receivers: list[list[str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's
        del server, session, options
        answer = self.answers_to_receivers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        if self.answer_to_mail.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.receivers.append(list(envelope.rcpt_tos))
            self.encrypted.append(session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None)
        return self.answer_to_mail

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
        del server, session, envelope, mechanism
        assert isinstance(login, LoginPassword)
        pair = (login.login.decode(), login.password.decode())
        self.logins.append(pair)
        return AuthResult(success=pair == self.password, handled=False)


class Door:
    """Speaks SMTP for an office in a thread of its own, and cuts no connection off when it closes."""

    def __init__(self, office: PostOffice, starttls: ssl.SSLContext | None, tls: ssl.SSLContext | None) -> None:
        self._office = office
        self._starttls = starttls
        self._tls = tls
        self._open: set[SMTP] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def open(self) -> None:
        """Returns when the office can be reached."""
        self._thread.start()
        assert self._ready.wait(60)

    def close(self) -> None:
        """Returns when every connection is over."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(60)

    async def _serve(self) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(self._connection, "127.0.0.1", 0, ssl=self._tls)
        self._office.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._closing.wait()
        for _ in range(20):  # turns of the loop: what was just accepted becomes a connection, and is ended
            await asyncio.sleep(0)
            for connection in tuple(self._open):
                if isinstance(connection.transport, asyncio.WriteTransport):
                    with suppress(AttributeError):  # Python 3.11.2: the connection is gone already
                        connection.transport.abort()
        server.close()

    def _connection(self) -> SMTP:
        wants_password = self._office.password is not None
        connection = SMTP(
            self._office,
            tls_context=self._starttls,
            authenticator=self._office.authenticate if wants_password else None,
            auth_require_tls=False,
        )
        self._open.add(connection)
        return connection


@contextmanager
def post_office(
    password: tuple[str, str] | None = None, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[PostOffice]:
    """One that runs; `starttls` is offered, `tls` is spoken from the first byte."""
    office = PostOffice(password=password)
    door = Door(office, starttls, tls)
    door.open()
    try:
        yield office
    finally:
        door.close()


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server with a certificate for 127.0.0.1 made here and now, and of a client that trusts it."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(cert, key)
    return server, ssl.create_default_context(cafile=str(cert))
