"""People and their ways in, as the web may use them; what follows when somebody may no longer watch."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

import structlog

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.passkeys import Passkeys
from doorstep.app.address import LOOPBACK, lan_address
from doorstep.core.audit import AuditEntry
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.settings import ServerSettings
from doorstep.live.session_book import SessionBook
from doorstep.pipeline.supervisor import Tasks
from doorstep.ports import Clock
from doorstep.web.reach import is_loopback
from doorstep.web.sign_in_parts import SignInParts

log = structlog.get_logger()

WRITE_SEEN_SECONDS = 600.0


def sign_in_parts(
    accounts: AccountBook,
    clock: Clock,
    note: Callable[[AuditEntry], None],
    settings: ServerSettings | None = None,
    base: str = "",
) -> SignInParts:
    """`base` is what links begin with, see `address.link_address`; `note` writes into the audit log."""
    return SignInParts(
        admit=accounts.admit,
        persons=accounts.persons,
        new_passwords=accounts.new_passwords,
        sessions=accounts.grants,
        pairings=accounts.pairings,
        passkeys=Passkeys(accounts.records, accounts.grants, clock, accounts.delays),
        note=note,
        address=settings.address.rstrip("/") if settings else "",
        at_home=_at_home(settings, base) if settings else (),
        own=base,
    )


def _at_home(settings: ServerSettings, base: str) -> tuple[str, ...]:
    """By its name where it has one, and by its number; none where it listens to this machine alone."""
    if is_loopback(settings.host):
        return ()
    told = urlsplit(base)
    scheme, port = ("https" if settings.tls else "http"), settings.port or told.port
    hosts = [*settings.names[:1], lan_address()] if not settings.address else [lan_address()]
    return tuple(f"{scheme}://{host}:{port}" for host in hosts if host != LOOPBACK and port)


class SignIns:
    """What runs beside the account book.  Used on the event loop; `tell` from any thread."""

    def __init__(self, accounts: AccountBook, sessions: SessionBook, clock: Clock) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._clock = clock
        self._revoked = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        told = accounts.on_revoked

        def both() -> None:
            told()
            with suppress(RuntimeError):  # the loop is closed: nobody watches any more
                self._loop.call_soon_threadsafe(self._revoked.set)

        accounts.on_revoked = both

    def endless(self) -> Tasks:
        """What runs until the server stops, by its name."""
        return {"ended sign-ins": self._end_viewing, "used sign-ins": self._write_seen}

    async def _end_viewing(self) -> None:
        """For ever: whoever watches and may not any more is cut off at once, not at the next round."""
        while True:
            await self._revoked.wait()
            self._revoked.clear()
            await self._sessions.ask_all()

    async def _write_seen(self) -> None:
        """For ever, seldom: when sessions were used."""
        while True:
            await self._clock.sleep(WRITE_SEEN_SECONDS)
            try:
                await asyncio.to_thread(self._accounts.grants.write_seen)
            except CatalogUnavailable as error:
                log.debug("when sessions were used could not be written", reason=str(error))
