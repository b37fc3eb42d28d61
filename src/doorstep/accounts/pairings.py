"""Codes by which a phone is signed in as somebody who is already in: one phone, two minutes.  Pictures are `web`'s."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from doorstep.accounts.grants import Grants
from doorstep.accounts.remembered_records import RememberedRecords
from doorstep.accounts.secret import hash_of, new_secret
from doorstep.accounts.sign_in_delays import SignInDelays
from doorstep.core.access import Account, Grant, SignInWay
from doorstep.core.errors import AccessDenied
from doorstep.ports import Clock

LASTS_SECONDS = 120.0
_MOST = 256
_OPENS_NOTHING = "This code is used up, too old or wrong. Show a new one and scan that."


@dataclass(frozen=True, slots=True)
class _Pairing:
    """`maker` is the id of the session that made it, None where this machine did."""

    person: str
    made_at: datetime
    maker: str | None
    until: float


class Pairings:
    """In memory, found by the hash of their secret; thread-safe.  Raises CatalogUnavailable when the rows do."""

    def __init__(self, records: RememberedRecords, grants: Grants, clock: Clock, delays: SignInDelays) -> None:
        self._records = records
        self._grants = grants
        self._clock = clock
        self._delays = delays
        self._lock = Lock()
        self._open: OrderedDict[str, _Pairing] = OrderedDict()

    def make(self, person: Account, maker: Grant | None) -> tuple[str, datetime]:
        """A code that signs one phone in as this person, and until when; it ends with the session that made it.

        What the same session made before opens nothing any more.
        """
        code, now = new_secret(), self._clock.monotonic()
        pairing = _Pairing(person.name, person.created_at, maker.id if maker else None, now + LASTS_SECONDS)
        with self._lock:
            gone = [key for key, one in self._open.items() if one.until <= now or one.maker == pairing.maker]
            for key in gone:
                del self._open[key]
            self._open[hash_of(code)] = pairing
            if len(self._open) > _MOST:
                self._open.popitem(last=False)
        return code, self._clock.now() + timedelta(seconds=LASTS_SECONDS)

    def person_of(self, code: str, address: str) -> str:
        """Whom the code signs in; it stays valid.  Raises AccessDenied, alike for whatever opens nothing."""
        self._delays.begin(None, address)
        with self._lock:
            pairing = self._open.get(hash_of(code))
        account = self._account_of(pairing)
        self._delays.succeeded(None, address)
        return account.name

    def use(self, code: str, address: str, agent: str) -> str:
        """A session's secret; the code opens nothing any more.  Raises AccessDenied.

        Where only the time is not known yet the code stays.
        """
        self._delays.begin(None, address)
        with self._lock:
            pairing = self._open.get(hash_of(code))
        account = self._account_of(pairing)
        self._delays.succeeded(None, address)
        self._grants.check_time(account)
        with self._lock:
            if self._open.pop(hash_of(code), None) is not pairing:  # of two at once, one
                raise AccessDenied(_OPENS_NOTHING)
        return self._grants.begin(account, SignInWay.PAIRING, address, agent)

    def _account_of(self, pairing: _Pairing | None) -> Account:
        if pairing is None or self._clock.monotonic() >= pairing.until:
            raise AccessDenied(_OPENS_NOTHING)
        if pairing.maker is not None and self._grants.of_id(pairing.maker) is None:
            raise AccessDenied(_OPENS_NOTHING)
        account = self._records.account(pairing.person)
        if account is None or account.created_at != pairing.made_at:
            raise AccessDenied(_OPENS_NOTHING)
        return account
