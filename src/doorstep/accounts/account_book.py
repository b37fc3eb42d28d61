"""Who may come in, and what with: the ways in, put together.  Where the rows lie is `catalog`'s business, cookies and
headers are `web`'s.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock

from doorstep.accounts.grants import Grants, label
from doorstep.accounts.new_passwords import NewPasswords
from doorstep.accounts.pairings import Pairings
from doorstep.accounts.passwords import Passwords
from doorstep.accounts.people import People, normal_name, plain_name
from doorstep.accounts.remembered_records import RememberedRecords
from doorstep.accounts.secret import are_same, hash_of, new_id, new_secret
from doorstep.accounts.sign_in_delays import SignInDelays
from doorstep.core.access import Account, Grant, Rights, Role, Scope, SignInWay
from doorstep.core.audit import RESET_MADE, AuditEntry, sign_in_entry
from doorstep.core.camera import CameraId
from doorstep.core.errors import AccessDenied
from doorstep.ports import AccountRecords, Clock

SETUP_LASTS_SECONDS = 600.0


class AccountBook:
    """Thread-safe; implements `ports.Accounts`.  Every method raises CatalogUnavailable when the rows do.

    `grant_of` answers from memory, so that who is signed in goes on while the disk of the rows stalls or fails; how
    soon what others change in the rows counts there, `remembered_records` says.
    """

    def __init__(self, records: AccountRecords, clock: Clock, passwords: Passwords | None = None) -> None:
        self.records = RememberedRecords(records, clock)
        self.delays = SignInDelays(clock)
        self._clock = clock
        self._passwords = passwords or Passwords()
        # Held while an account is made: two that ask for one name, or to be the owner, get one answer each.
        self._making = Lock()
        self._setup: tuple[str, float] | None = None
        self.grants = Grants(self.records, clock)
        self.persons = People(self.records, self.grants, clock, self._passwords, self._making)
        self.new_passwords = NewPasswords(self.records, self.grants, clock, self._passwords, self.delays, self._making)
        self.note: Callable[[AuditEntry], None] = lambda _entry: None
        """Writes into the audit log what is done without the web, which writes there itself."""
        self.pairings = Pairings(self.records, self.grants, clock, self.delays)

    # ---------------------------------------------------------------------------------------------- first user, people

    def is_set_up(self) -> bool:
        """Whether there is a first user."""
        return bool(self.records.accounts())

    def setup_code(self) -> str:
        """The one-time code of the set-up address, valid ten minutes; a new call ends the one before.

        Raises AccessDenied once there is a user.
        """
        if self.is_set_up():
            raise _closed()
        code = new_secret()
        with self._making:
            self._setup = code, self._clock.monotonic() + SETUP_LASTS_SECONDS
        return code

    def set_up(self, code: str, name: str, password: str, address: str = "", agent: str = "") -> str:
        """Make the owner and return a session's secret.  Raises AccessDenied; closes for good once it succeeded.

        A name or password that is not taken leaves the code valid.
        """
        self._refuse_wrong_code(code)
        person = plain_name(name)
        password_hash = self._passwords.hashed(password)
        with self._making:
            self._refuse_wrong_code(code)
            if self.is_set_up():
                raise _closed()
            owner = Account(person, password_hash, Role.OWNER, None, self._clock.now())
            self.persons.on_new(person)
            self.records.save_account(owner)
            self._setup = None
        return self.grants.begin(owner, SignInWay.SETUP, address, agent)

    def add(self, name: str, password: str, role: Role, cameras: frozenset[CameraId] | None) -> None:
        """Make somebody, for good.  Raises AccessDenied with the reason (name taken, password too short)."""
        self.admit(name, password, Rights(role, cameras))

    def admit(self, name: str, password: str | None, rights: Rights) -> Account:
        """The same, with an end; who has no password comes in by a link or a code first."""
        account = self.persons.add(name, password, rights)
        self._setup = None
        return account

    def people(self) -> Sequence[Account]:
        """Everybody who may sign in, oldest first.  Blocks; raises CatalogUnavailable."""
        return self.records.accounts()

    def people_now(self) -> Sequence[Account]:
        """The same, without whose time is over."""
        return [account for account in self.records.accounts() if self.grants.may_come(account)]

    def make_reset(self, name: str) -> str:
        """The secret of a link that sets this person's password, made at this machine.  Raises AccessDenied."""
        made = self.new_passwords.make_reset(name)
        if made is None:
            msg = f"There is nobody called {name}."
            raise AccessDenied(msg)
        self.note(sign_in_entry(new_id(), self._clock.now(), "this machine", "local", RESET_MADE, name))
        return made[0]

    # --------------------------------------------------------------------------------------------------------- sessions

    def sign_in(self, name: str, password: str, address: str, agent: str) -> str:
        """A session's secret.  Raises AccessDenied, alike for an unknown name and a wrong password.

        `address` is where the person comes from, `agent` what they use, to be recognised in a list.
        """
        person = normal_name(name)
        self.delays.begin(person, address)
        account = self.records.account(person)
        password_hash = account.password_hash or None if account else None
        if not self._passwords.opens(password_hash, password) or account is None:
            msg = "The name or the password is wrong."
            raise AccessDenied(msg)
        self.delays.succeeded(person, address)
        self._strengthen(account, password)
        self.grants.forget_expired()
        return self.grants.begin(account, SignInWay.PASSWORD, address, agent)

    def sign_out(self, secret: str) -> None:
        """End a session; no error if it is over.  A token stays."""
        found = self.grants.has_row(secret)
        if found is not None and found.account is not None:
            self.revoke(found.id)

    def grant_of(self, secret: str) -> Grant | None:
        """What a session's or token's secret allows, None if it allows nothing (any more)."""
        return self.grants.of_secret(secret)

    def login(self, grant_id: str) -> Grant | None:
        """The same of a session's or token's id.  Knowing it opens nothing: it says how long something else lasts."""
        return self.grants.of_id(grant_id)

    # ----------------------------------------------------------------------------------------------------------- tokens

    def create_token(
        self,
        name: str,
        scopes: frozenset[Scope],
        cameras: frozenset[CameraId] | None,
        expires_at: datetime | None,
        made_by: str | None = None,
    ) -> str:
        """A token's secret, shown this once.  Raises AccessDenied with the reason (no scope, over already).

        With `made_by` it opens no more than the grant with this id does, and ends with it.
        """
        secret, now = new_secret(), self._clock.now()
        named = label(name) or "Token"
        self.grants.create_token(
            Grant(new_id(), hash_of(secret), named, None, scopes, cameras, now, expires_at, made_by)
        )
        return secret

    def tokens(self) -> list[Grant]:
        """Every token that was not revoked, expired ones included, oldest first."""
        return self.grants.tokens()

    def revoke(self, grant_id: str) -> bool:
        """End a session or token; whether there was one."""
        return self.grants.revoke(grant_id)

    # ------------------------------------------------------------------------------------------------------------------

    @property
    def on_revoked(self) -> Callable[[], None]:
        """Called from any thread when a session or token may be over before its time."""
        return self.grants.on_revoked

    @on_revoked.setter
    def on_revoked(self, told: Callable[[], None]) -> None:
        self.grants.on_revoked = told

    @property
    def on_new(self) -> Callable[[str], None]:
        """Called from any thread right before somebody new gets this name, which may have been another's."""
        return self.persons.on_new

    @on_new.setter
    def on_new(self, told: Callable[[str], None]) -> None:
        self.persons.on_new = told

    def _refuse_wrong_code(self, code: str) -> None:
        expected = self._setup
        if expected is None or self._clock.monotonic() >= expected[1] or not are_same(code, expected[0]):
            msg = "This set-up address is not valid (any more). Restart Doorstep to get a new one."
            raise AccessDenied(msg)

    def _strengthen(self, account: Account, password: str) -> None:
        """The password is known only now: the moment to hash it as new ones are."""
        if self._passwords.is_outdated(account.password_hash):
            with self._making:
                if self.records.account(account.name) == account:
                    stronger = replace(account, password_hash=self._passwords.hashed(password))
                    self.records.save_account(stronger)


def _closed() -> AccessDenied:
    return AccessDenied("Doorstep is set up already. Sign in instead.")
