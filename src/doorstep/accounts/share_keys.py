"""Links that show one event: made, opened, ended.  What they show, and their addresses, are `web`'s."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Lock

from doorstep.accounts.secret import hash_of, new_id, new_secret
from doorstep.accounts.share_pins import pin_hash_of
from doorstep.core.access import Account, Grant
from doorstep.core.event import Event, EventId
from doorstep.core.share import KEPT_AFTER, Share, outlives_account, outlives_token
from doorstep.ports import Clock, ShareRecords

COUNTED_SECONDS = 60.0
"""Who opens a link again within so long is not counted again: a stranger must not make the disk work."""

_MOST_COUNTED = 256


class ShareKeys:
    """Thread-safe; every method blocks, and raises CatalogUnavailable when the rows do.

    Only the SHA-256 of a secret is kept, and it is looked up by that: the time of a lookup says nothing about a secret.
    """

    def __init__(
        self,
        records: ShareRecords,
        clock: Clock,
        people: Callable[[], Sequence[Account]],
        token: Callable[[str], Grant | None],
    ) -> None:
        """`people` lists every account; `token` says what the token of this id opens now, None for nothing."""
        self._records = records
        self._clock = clock
        self._people = people
        self._token = token
        # Held while a row is written over, so that none that was ended meanwhile comes back.
        self._writing = Lock()
        self._counted: OrderedDict[tuple[str, str], float] = OrderedDict()

    def make(self, event: Event, made_by: str, hours: int, pin: str | None = None) -> tuple[Share, str]:
        """A share of this event from now on, which asks for a `pin` if given, and its secret, shown this once."""
        secret, now = new_secret(), self._clock.now()
        pin_hash = None if pin is None else pin_hash_of(secret, pin)
        until = now + timedelta(hours=hours)
        share = Share(new_id(), event.id, event.camera, made_by, now, until, pin_hash=pin_hash)
        self._records.save_share(share, hash_of(secret))
        return share, secret

    def opened_by(self, secret: str) -> Share | None:
        """The share that this secret opens now; alike None for one that never was, is over or was ended."""
        share = self._records.share_of(hash_of(secret))
        return share if share is not None and self._holds(share) else None

    def count(self, secret: str, address: str) -> Share | None:
        """The share as it is once somebody at this address has opened it; None where he just did, or it was ended."""
        with self._writing:
            share = self._records.share_of(hash_of(secret))
            if share is None or not self._is_news((share.id, address)):
                return None
            counted = replace(share, opened=share.opened + 1)
            self._records.save_share(counted, hash_of(secret))
            return counted

    def open_shares(self, event_id: EventId | None = None) -> list[Share]:
        """Those that still open something, of one event or of all, newest first."""
        people = {account.name: account for account in self._people()}
        return [share for share in self._records.shares(event_id) if self._holds(share, people)]

    def end(self, share_id: str) -> bool:
        """Whether there was one; it opens nothing from now on."""
        with self._writing:
            return self._records.remove_share(share_id)

    def forget(self) -> int:
        """Remove what was over long ago; how many there were."""
        return self._records.forget_shares(self._clock.now() - KEPT_AFTER)

    def _holds(self, share: Share, people: dict[str, Account] | None = None) -> bool:
        if not share.is_open(self._clock.now()):
            return False
        if share.person is not None:
            known = {account.name: account for account in self._people()} if people is None else people
            return outlives_account(share, known.get(share.person))
        return share.token is None or outlives_token(share, self._token(share.token))

    def _is_news(self, who: tuple[str, str]) -> bool:
        now = self._clock.monotonic()
        at = self._counted.get(who)
        if at is not None and now - at < COUNTED_SECONDS:
            return False
        self._counted[who] = now
        self._counted.move_to_end(who)
        if len(self._counted) > _MOST_COUNTED:
            self._counted.popitem(last=False)
        return True
