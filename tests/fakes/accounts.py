"""Accounts without slow hashes: passwords and secrets in the clear, in memory."""

from datetime import UTC, datetime
from itertools import count

from argon2 import PasswordHasher

from doorstep.core.access import SCOPES_OF_ROLE, Account, Grant, Rights, Role, Scope
from doorstep.core.camera import CameraId
from doorstep.core.errors import AccessDenied

MADE_AT = datetime(2026, 11, 1, tzinfo=UTC)
SETUP_CODE = "abcd-efgh"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""For tests of everything but the hashes themselves."""


class FakeAccounts:
    """Implements `ports.Accounts`; a secret is "secret-N"."""

    def __init__(self) -> None:
        self.people: dict[str, tuple[Account, str]] = {}
        self.grants: dict[str, Grant] = {}
        self._numbers = count(1)

    def is_set_up(self) -> bool:
        return bool(self.people)

    def setup_code(self) -> str:
        return SETUP_CODE

    def set_up(self, code: str, name: str, password: str, address: str = "", agent: str = "") -> str:
        del address, agent
        if code != SETUP_CODE:
            msg = "This set-up code is not valid."
            raise AccessDenied(msg)
        self.add(name, password, Role.OWNER, None)
        return self.sign_in(name, password, "", "")

    def add(self, name: str, password: str, role: Role, cameras: frozenset[CameraId] | None) -> None:
        if len(password) < 12:
            msg = "A password needs at least 12 characters."
            raise AccessDenied(msg)
        self.people[name] = (Account(name, "", role, cameras, MADE_AT), password)

    def admit(self, name: str, password: str | None, rights: Rights) -> Account:
        """What `AccountBook.admit` says, without the end."""
        self.add(name, password or "no password yet", rights.role, rights.cameras)
        return self.people[name][0]

    def sign_in(self, name: str, password: str, address: str, agent: str) -> str:
        del address, agent
        account, right = self.people.get(name, (None, None))
        if account is None or password != right:
            msg = "Name or password is wrong."
            raise AccessDenied(msg)
        return self.grant(SCOPES_OF_ROLE[account.role], account.cameras, account=name)

    def sign_out(self, secret: str) -> None:
        self.grants.pop(secret, None)

    def grant_of(self, secret: str) -> Grant | None:
        return self.grants.get(secret)

    def login(self, grant_id: str) -> Grant | None:
        """What `AccountBook.login` says."""
        return next((grant for grant in self.grants.values() if grant.id == grant_id), None)

    def create_token(
        self,
        name: str,
        scopes: frozenset[Scope],
        cameras: frozenset[CameraId] | None,
        expires_at: datetime | None,
        made_by: str | None = None,
    ) -> str:
        del made_by  # the real book's business
        return self.grant(scopes, cameras, name=name, expires_at=expires_at)

    def tokens(self) -> list[Grant]:
        return [grant for grant in self.grants.values() if grant.account is None]

    def revoke(self, grant_id: str) -> bool:
        found = [secret for secret, grant in self.grants.items() if grant.id == grant_id]
        for secret in found:
            del self.grants[secret]
        return bool(found)

    def grant(
        self,
        scopes: frozenset[Scope],
        cameras: frozenset[CameraId] | None = None,
        account: str | None = None,
        name: str = "",
        expires_at: datetime | None = None,
    ) -> str:
        """A secret that opens these."""
        number = next(self._numbers)
        secret = f"secret-{number}"
        self.grants[secret] = Grant(f"g{number}", "", name, account, scopes, cameras, MADE_AT, expires_at)
        return secret

    def everybody(self) -> list[Account]:
        """What `AccountRecords.accounts` says."""
        return [account for account, _ in self.people.values()]
