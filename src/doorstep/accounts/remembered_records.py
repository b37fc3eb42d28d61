"""What opens the house, kept in memory beside its rows: it is asked with each request, and the rows' disk may stall.
Whether a grant is over, and what a role may, is `account_book`'s business.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from doorstep.core.access import Account, Grant
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.passkey import Passkey
from doorstep.ports import AccountRecords, Clock

REREAD_SECONDS = 5.0
"""What another process changed in the rows counts so soon, as far as the rows can be read at all."""

PATIENCE_SECONDS = 0.5
FIRST_PATIENCE_SECONDS = 10.0


class _Reading:
    """One reading of all rows, in a thread of its own; `slow` once somebody waited for it in vain."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.slow = False


class RememberedRecords:
    """`ports.AccountRecords` in front of others, and `recall`, which goes on while those do not answer.  Thread-safe.

    What is changed through it counts at once: a grant or an account that goes is forgotten before its row goes, one
    that comes is known once its row is written.  What others change in the rows counts REREAD_SECONDS later: with a
    request that comes then, all rows are read anew, by one thread however many ask.  While that is not possible the
    memory goes on answering; nobody can have changed rows that nobody can reach.

    The memory holds what the rows hold and nothing of what strangers ask for.  Grants are found by the hash of their
    secret, so the time that takes tells nothing of the secret.
    """

    def __init__(self, records: AccountRecords, clock: Clock, patience: float = PATIENCE_SECONDS) -> None:
        self._records = records
        self._clock = clock
        self._patience = patience
        self._lock = threading.Lock()  # never held while the rows are asked
        self._accounts: dict[str, Account] = {}
        self._grants: dict[str, Grant] = {}
        self._revoked: set[str] = set()
        self._changes = 0
        self._changing = 0
        self._known = False
        self._asked_at: float | None = None
        self._reading: _Reading | None = None

    def recall(self, secret_hash: str) -> tuple[Grant, Account | None] | None:
        """The session or token with this hash and its account, without waiting for a disk for longer than a moment.

        Raises CatalogUnavailable while the rows could not be read even once.
        """
        self._reread_if_due()
        with self._lock:
            if self._known:
                return _with_account(self._grants.get(secret_hash), lambda name: self._accounts.get(name.casefold()))
        return _with_account(self._records.grant(secret_hash), self._records.account)

    def recall_id(self, grant_id: str) -> tuple[Grant, Account | None] | None:
        """The same, of the session or token with this id."""
        self._reread_if_due()
        with self._lock:
            if self._known:
                found = next((grant for grant in self._grants.values() if grant.id == grant_id), None)
                return _with_account(found, lambda name: self._accounts.get(name.casefold()))
        found = next((grant for grant in self._records.grants() if grant.id == grant_id), None)
        return _with_account(found, self._records.account)

    # ------------------------------------------------------------------------------------------------- as the rows are

    def accounts(self) -> Sequence[Account]:
        """Everybody.  Who asks this at the start has the memory filled before anybody waits for it."""
        if not self._known:
            self._reread_if_due()
        return self._records.accounts()

    def account(self, name: str) -> Account | None:
        """By name, case folded."""
        return self._records.account(name)

    def grants(self) -> Sequence[Grant]:
        """Every session and token that was not revoked."""
        return self._records.grants()

    def grant(self, secret_hash: str) -> Grant | None:
        """The session or token with this hash of its secret."""
        return self._records.grant(secret_hash)

    def passkeys(self) -> Sequence[Passkey]:
        """Everybody's."""
        return self._records.passkeys()

    # --------------------------------------------------------------------------------------------------------- changes

    def save_account(self, account: Account) -> None:
        """Insert or replace."""
        with self._change():
            self._records.save_account(account)
            with self._lock:
                self._accounts[account.name.casefold()] = account

    def remove_account(self, name: str) -> bool:
        """Whether there was one; its sessions and passkeys go with it."""
        with self._change():
            with self._lock:
                gone = self._accounts.pop(name.casefold(), None)
                if gone is not None:
                    self._grants = {key: one for key, one in self._grants.items() if one.account != gone.name}
            return self._records.remove_account(name)

    def save_grant(self, grant: Grant, *, insert: bool = True) -> None:
        """Insert or replace, by its id; without `insert` only where it still is."""
        with self._change():
            self._records.save_grant(grant, insert=insert)
            with self._lock:
                if self._forget(grant.id) or insert:
                    self._grants[grant.secret_hash] = grant

    def revoke_grant(self, grant_id: str) -> bool:
        """Whether there was one.  It opens nothing from now on, also where its row cannot be removed yet."""
        with self._change():
            with self._lock:
                known = self._forget(grant_id)
                if known:
                    self._revoked.add(grant_id)
            found = self._records.revoke_grant(grant_id)
            self._revoked.discard(grant_id)
            return found or known

    def save_passkey(self, passkey: Passkey) -> None:
        """Insert or replace, by its id."""
        self._records.save_passkey(passkey)

    def remove_passkey(self, passkey_id: str) -> bool:
        """Whether there was one."""
        return self._records.remove_passkey(passkey_id)

    def _forget(self, grant_id: str) -> bool:
        """Under the lock; whether it was there."""
        found = [key for key, grant in self._grants.items() if grant.id == grant_id]
        for key in found:
            del self._grants[key]
        return bool(found)

    @contextmanager
    def _change(self) -> Iterator[None]:
        """A reading that any change touches is thrown away: it may hold what is no longer so."""
        with self._lock:
            self._changing += 1
        try:
            yield
        finally:
            with self._lock:
                self._changing -= 1
                self._changes += 1

    # --------------------------------------------------------------------------------------------------------- reading

    def _reread_if_due(self) -> None:
        reading = self._due_reading()
        if reading is None or (self._known and reading.slow):
            return
        if reading.over.wait(self._patience if self._known else FIRST_PATIENCE_SECONDS):
            return
        reading.slow = True
        if not self._known:
            msg = "The catalog does not answer. Try again later."
            raise CatalogUnavailable(msg)

    def _due_reading(self) -> _Reading | None:
        """The one that runs, or a new one where the last was begun too long ago; None where that is young enough."""
        now = self._clock.monotonic()
        with self._lock:
            if self._reading is not None:
                return self._reading
            if self._known and self._asked_at is not None and now - self._asked_at < REREAD_SECONDS:
                return None
            self._asked_at, self._reading = now, _Reading()
            reading = self._reading
        threading.Thread(target=self._read, args=(reading,), name="accounts", daemon=True).start()
        return reading

    def _read(self, reading: _Reading) -> None:
        """A daemon thread of its own: rows that never answer keep no pool's thread, and no process, from going on."""
        try:
            with suppress(CatalogUnavailable):
                self._learn()
        finally:
            with self._lock:
                self._reading = None
            reading.over.set()

    def _learn(self) -> None:
        self._make_up_for_revoked()
        with self._lock:
            before, quiet = self._changes, self._changing == 0
        accounts, grants = self._records.accounts(), self._records.grants()
        with self._lock:
            if not (quiet and self._changing == 0 and self._changes == before):
                self._asked_at = None  # the next request reads again
                return
            self._accounts = {account.name.casefold(): account for account in accounts}
            self._grants = {grant.secret_hash: grant for grant in grants if grant.id not in self._revoked}
            self._known = True

    def _make_up_for_revoked(self) -> None:
        """Remove the rows that could not be removed when it was asked for."""
        with suppress(CatalogUnavailable):
            for grant_id in tuple(self._revoked):
                self._records.revoke_grant(grant_id)
                self._revoked.discard(grant_id)


def _with_account(grant: Grant | None, account: Callable[[str], Account | None]) -> tuple[Grant, Account | None] | None:
    if grant is None:
        return None
    return grant, account(grant.account) if grant.account is not None else None
