"""Links that show one event: as the web makes and opens them, and as mails from outside the house have them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

import structlog

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.share_keys import ShareKeys
from doorstep.accounts.share_pins import SharePins
from doorstep.app.cameras import time_zone
from doorstep.app.ground import Ground
from doorstep.catalog.sql_shares import SqlShareRecords
from doorstep.core.audit import AuditEntry
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Event
from doorstep.core.share import BY_MAIL
from doorstep.ports import Clock
from doorstep.web.share_parts import PinParts, ShareParts
from doorstep.web.shared_event import LINK

log = structlog.get_logger()

SWEEP_SECONDS = 3600.0
MAIL_LINK_HOURS = 168
"""A mail may be read days later."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Made, but not started.  `address` is what links begin with, empty where nobody said how we are reached.

    With `seals` only who is signed in may open what lies off-site.
    """

    keys: ShareKeys
    clock: Clock
    address: str
    zone: tzinfo
    may_expire: Callable[[], bool]
    seals: bool = False

    def web(self, note: Callable[[AuditEntry], None]) -> ShareParts:
        """What the web may use; `note` writes into the audit log."""
        keys, pins = self.keys, SharePins(self.clock)
        asks = PinParts(pins.try_pin, pins.new_pass, pins.admits)
        return ShareParts(
            keys.make, keys.opened_by, keys.count, keys.open_shares, keys.end, note, self.address, self.zone, asks
        )

    def share_for_mail(self, event: Event, hours: int = MAIL_LINK_HOURS) -> str:
        """The address of a new share of this event; empty where nobody outside could open it.

        It stands beside the clip off-site: where that is sealed it opens nothing by itself, or the seal were in vain.
        Blocks, from any thread; raises CatalogUnavailable.
        """
        if not self.address:
            return ""
        if self.seals:
            return f"{self.address}/alerts/{event.id}"
        _, secret = self.keys.make(event, BY_MAIL, hours)
        return f"{self.address}{LINK}{secret}"

    async def run(self) -> None:
        """Once an hour, for ever: forget what was over long ago, once the clock is right enough to know."""
        while True:
            if self.may_expire():
                try:
                    await asyncio.to_thread(self.keys.forget)
                except CatalogUnavailable as error:
                    log.warning("old links could not be forgotten", reason=str(error))
            await self.clock.sleep(SWEEP_SECONDS)


def make_shares(ground: Ground, accounts: AccountBook) -> Shares:
    """Those of this server.  Raises ConfigInvalid for a time zone that is none."""
    server = ground.settings.server
    return Shares(
        ShareKeys(SqlShareRecords(ground.engine), ground.clock, accounts.people_now, accounts.login),
        ground.clock,
        server.address.rstrip("/"),
        time_zone(server.timezone),
        ground.clock_watch.may_expire_by_age,
        seals=bool(ground.settings.store.s3 and ground.settings.store.s3.seal_key),
    )
