"""Alerts by email, straight from the box over SMTP.  The mail's look lives in `mail`, retries in `pipeline`."""

import asyncio
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult, unquote, urlsplit

import structlog
from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from doorstep.core.alert import Alert
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.notify_settings import EmailSettings
from doorstep.notifiers.mail import address_of, addresses_of, alert_mail

log = structlog.get_logger()

ATTEMPT_SECONDS = 10.0
QUIT_SECONDS = 2.0
CONNECT_SECONDS = 4.0
_PORTS = {"smtp": 25, "smtps": 465}
_SUBMISSION = 587


class SmtpNotifier:
    """Implements `ports.Notifier` over one mail server.

    `smtp://` is upgraded by STARTTLS when the server offers it, `smtps://` is TLS from the first byte; certificates
    are checked against `tls`, by default the machine's authorities.  User and password of the address are percent-
    decoded.  Each attempt ends within `seconds`.  No message of an error holds the password or the server's words.
    """

    def __init__(
        self,
        settings: EmailSettings,
        tls: ssl.SSLContext | None = None,
        seconds: float = ATTEMPT_SECONDS,
        reached_at: Sequence[str] = (),
    ) -> None:
        """`reached_at` are addresses of the server that somebody judged: then the name is not looked up again."""
        parts = _parts_of(settings.smtp)
        self._sender = settings.sender
        self._to = settings.to
        self._host = parts.hostname or ""
        self._is_tls = parts.scheme == "smtps"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password is not None else ""
        default = _SUBMISSION if self._user and not self._is_tls else _PORTS[parts.scheme]
        self._port = parts.port or default
        self._tls = tls
        self._seconds = seconds
        self._reached_at = reached_at

    @property
    def channel(self) -> str:
        """Mail is one channel, however many people read it."""
        return "email"

    async def send(self, alert: Alert) -> None:
        """Hand the mail to the server.  A receiver that it refuses while it takes others is logged, not tried again."""
        message = alert_mail(alert, self._sender, self._to)
        receivers = addresses_of(self._to)
        client = self._client()
        with self._errors_named(client):
            async with asyncio.timeout(self._seconds):
                await self._connect(client)
                refused, _ = await client.send_message(message, sender=address_of(self._sender), recipients=receivers)
            # The mail is accepted; what happens to the farewell must not make it sent again.
            await _leave(client)
        if refused:
            log.warning("some receivers were refused", server=self._host, refused=len(refused), of=len(receivers))

    async def check(self) -> str:
        """Connect, sign in and leave."""
        client = self._client()
        with self._errors_named(client):
            async with asyncio.timeout(self._seconds):
                await self._connect(client)
            is_secret = client.get_transport_info("sslcontext") is not None
            await _leave(client)
        signed_in = " and signed in" if self._user else ""
        return f"Reached {self._host}:{self._port} {'over TLS' if is_secret else 'without encryption'}{signed_in}."

    def _client(self) -> SMTP:
        return SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._is_tls,
            start_tls=False if self._is_tls else None,
            tls_context=self._tls,
            timeout=self._seconds,
            # Without this it asks DNS for its own name, which can take longer than the whole attempt.
            local_hostname=socket.gethostname(),
        )

    async def _connect(self, client: SMTP) -> None:
        if self._reached_at:
            await client.connect(sock=await self._dialled(), port=None)
        else:
            await client.connect()
        if self._user is None:
            return
        if client.get_transport_info("sslcontext") is None and self._host not in ("localhost", "127.0.0.1", "::1"):
            log.warning("the mail server offers no encryption: the password travels in the clear", server=self._host)
        await client.login(self._user, self._password)

    async def _dialled(self) -> socket.socket:
        *others, last = self._reached_at
        for address in others:
            with suppress(OSError):  # the next one may do
                return await self._opened(address)
        return await self._opened(last)

    async def _opened(self, address: str) -> socket.socket:
        dialled = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        dialled.setblocking(False)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().sock_connect(dialled, (address, self._port))
        except BaseException:
            dialled.close()
            raise
        return dialled

    @contextmanager
    def _errors_named(self, client: SMTP) -> Iterator[None]:
        """Map the library's errors to ours, and leave no connection behind."""
        try:
            yield
        except SMTPRecipientsRefused as error:
            raise self._answered(min(refusal.code for refusal in error.recipients)) from error
        except SMTPResponseException as error:
            raise self._answered(error.code) from error
        except ssl.SSLCertVerificationError as error:
            raise self._untrusted() from error
        except (SMTPNotSupported, ValueError) as error:
            msg = f"The mail server {self._host} cannot take this mail or this way to sign in. Check notify.email."
            raise NotifierRefused(msg) from error
        except TimeoutError as error:
            msg = f"The mail server {self._host} did not answer within {self._seconds:g} seconds."
            raise NotifierUnavailable(msg) from error
        except (SMTPException, OSError) as error:
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                raise self._untrusted() from error
            msg = f"The mail server {self._host}:{self._port} cannot be reached."
            raise NotifierUnavailable(msg) from error
        finally:
            transport = client.transport
            client.close()
            _cut(transport)

    def _answered(self, code: int) -> NotifierUnavailable | NotifierRefused:
        """By the first digit of the answer (RFC 5321, 4.2.1): 4 may succeed later, 5 will not."""
        if 400 <= code < 500:
            return NotifierUnavailable(f"The mail server {self._host} asks to try again later (answer {code}).")
        if code in (530, 534, 535, 538):
            return NotifierRefused(f"The mail server {self._host} does not accept user and password (answer {code}).")
        return NotifierRefused(f"The mail server {self._host} refuses the mail (answer {code}). Check from and to.")

    def _untrusted(self) -> NotifierUnavailable:
        return NotifierUnavailable(f"The certificate of the mail server {self._host} is not trusted or has expired.")


def _parts_of(address: str) -> SplitResult:
    """The address of the mail server.  Raises NotifierRefused without repeating it, for it may hold a password."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        msg = "The mail server must be given as smtp://HOST or smtps://HOST. Check notify.email."
        raise NotifierRefused(msg)
    return parts


async def _leave(client: SMTP) -> None:
    """Say goodbye; the library forgets its transport with that, so it is remembered here."""
    transport = client.transport
    with suppress(SMTPException, OSError, TimeoutError):
        await client.quit(timeout=QUIT_SECONDS)
    _cut(transport)


def _cut(transport: asyncio.BaseTransport | None) -> None:
    """Now, for a polite end of TLS waits half a minute for a server that hangs."""
    if isinstance(transport, asyncio.WriteTransport):
        # Python 3.11.2, which is Debian 12's, fails on a TLS transport whose connection is gone already.
        with suppress(AttributeError):
            transport.abort()
