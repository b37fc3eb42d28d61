"""People, sessions, tokens and passkeys in memory, for tests."""

from collections.abc import Sequence
from threading import Lock

from doorstep.core.access import Account, Grant
from doorstep.core.passkey import Passkey


class MemoryAccountRecords:
    """Keeps rows until the process ends.  Thread-safe; implements `ports.AccountRecords`."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._grants: dict[str, Grant] = {}
        self._passkeys: dict[str, Passkey] = {}
        self._lock = Lock()

    def accounts(self) -> Sequence[Account]:
        """Everybody, oldest first."""
        with self._lock:
            return sorted(self._accounts.values(), key=lambda account: (account.created_at, account.name.casefold()))

    def account(self, name: str) -> Account | None:
        """By name, case folded."""
        with self._lock:
            return self._accounts.get(name.casefold())

    def save_account(self, account: Account) -> None:
        """Insert or replace."""
        with self._lock:
            self._accounts[account.name.casefold()] = account

    def remove_account(self, name: str) -> bool:
        """Whether there was one, by name, case folded; its sessions and passkeys go with it."""
        with self._lock:
            gone = self._accounts.pop(name.casefold(), None)
            if gone is not None:
                self._grants = {key: kept for key, kept in self._grants.items() if kept.account != gone.name}
                self._passkeys = {key: kept for key, kept in self._passkeys.items() if kept.person != gone.name}
            return gone is not None

    def grants(self) -> Sequence[Grant]:
        """Every session and token that was not revoked, oldest first."""
        with self._lock:
            return sorted(self._grants.values(), key=lambda grant: (grant.created_at, grant.id))

    def grant(self, secret_hash: str) -> Grant | None:
        """The session or token with this hash of its secret."""
        with self._lock:
            return next((grant for grant in self._grants.values() if grant.secret_hash == secret_hash), None)

    def save_grant(self, grant: Grant, *, insert: bool = True) -> None:
        """Insert or replace, by its id; without `insert` only where it still is."""
        with self._lock:
            if insert or grant.id in self._grants:
                self._grants[grant.id] = grant

    def revoke_grant(self, grant_id: str) -> bool:
        """Whether there was one."""
        with self._lock:
            return self._grants.pop(grant_id, None) is not None

    def passkeys(self) -> Sequence[Passkey]:
        """Everybody's, oldest first."""
        with self._lock:
            return sorted(self._passkeys.values(), key=lambda passkey: (passkey.created_at, passkey.id))

    def save_passkey(self, passkey: Passkey) -> None:
        """Insert or replace, by its id."""
        with self._lock:
            self._passkeys[passkey.id] = passkey

    def remove_passkey(self, passkey_id: str) -> bool:
        """Whether there was one."""
        with self._lock:
            return self._passkeys.pop(passkey_id, None) is not None
