"""Who may come in, and what with.  Where the rows lie is `catalog`'s business, cookies and headers are `web`'s."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

from doorstep.accounts.passwords import Passwords
from doorstep.accounts.remembered_records import RememberedRecords
from doorstep.accounts.secret import are_same, hash_of, new_id, new_secret
from doorstep.accounts.sign_in_delays import SignInDelays
from doorstep.core.access import SCOPES_OF_ROLE, Account, Grant, Role, Scope
from doorstep.core.camera import CameraId
from doorstep.core.errors import AccessDenied
from doorstep.ports import AccountRecords, Clock

SESSION_LASTS = timedelta(days=30)
SETUP_LASTS_SECONDS = 600.0
_LONGEST_NAME = 64
_LONGEST_LABEL = 200


class AccountBook:
    """Thread-safe; implements `ports.Accounts`.  Every method raises CatalogUnavailable when the rows do.

    `grant_of` answers from memory, so that who is signed in goes on while the disk of the rows stalls or fails; how
    soon what others change in the rows counts there, `remembered_records` says.
    """

    def __init__(self, records: AccountRecords, clock: Clock, passwords: Passwords | None = None) -> None:
        self._records = RememberedRecords(records, clock)
        self._clock = clock
        self._passwords = passwords or Passwords()
        self._delays = SignInDelays(clock)
        # Held while an account is made: two that ask for one name, or to be the owner, get one answer each.
        self._making = Lock()
        self._setup: tuple[str, float] | None = None
        self.on_revoked: Callable[[], None] = lambda: None
        """Called from any thread when a session or token may be over before its time."""
        self.on_new: Callable[[str], None] = lambda _person: None
        """Called from any thread right before somebody new gets this name, which may have been another's."""

    # ---------------------------------------------------------------------------------------------- first user, people

    def is_set_up(self) -> bool:
        """Whether there is a first user."""
        return bool(self._records.accounts())

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

    def set_up(self, code: str, name: str, password: str) -> str:
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
            self.on_new(person)
            self._records.save_account(owner)
            self._setup = None
        return self._new_session(owner, "Set-up")

    def add(self, name: str, password: str, role: Role, cameras: frozenset[CameraId] | None) -> None:
        """Make somebody.  Raises AccessDenied with the reason (name taken, password too short)."""
        person = plain_name(name)
        password_hash = self._passwords.hashed(password)
        with self._making:
            if self._records.account(person) is not None:
                msg = "This name is taken. Choose another."
                raise AccessDenied(msg)
            self.on_new(person)
            self._records.save_account(Account(person, password_hash, role, cameras, self._clock.now()))
            self._setup = None

    # --------------------------------------------------------------------------------------------------------- sessions

    def sign_in(self, name: str, password: str, address: str, agent: str) -> str:
        """A session's secret.  Raises AccessDenied, alike for an unknown name and a wrong password.

        `address` is where the person comes from, `agent` what they use, to be recognised in a list.
        """
        person = _normal_name(name)
        self._delays.begin(person, address)
        account = self._records.account(person)
        if not self._passwords.opens(account.password_hash if account else None, password) or account is None:
            msg = "The name or the password is wrong."
            raise AccessDenied(msg)
        self._delays.succeeded(person, address)
        self._strengthen(account, password)
        self._forget_expired()
        return self._new_session(account, agent)

    def sign_out(self, secret: str) -> None:
        """End a session; no error if it is over.  A token stays."""
        found = self._records.recall(hash_of(secret))
        if found is not None and found[0].account is not None:
            self.revoke(found[0].id)

    def grant_of(self, secret: str) -> Grant | None:
        """What a session's or token's secret allows, None if it allows nothing (any more).

        A session may what its account may now, not what it could when it began; without the account it is over.
        """
        return self._opened(self._records.recall(hash_of(secret)))

    def login(self, grant_id: str) -> Grant | None:
        """The same of a session's or token's id.  Knowing it opens nothing: it says how long something else lasts."""
        return self._opened(self._records.recall_id(grant_id))

    def _opened(self, found: tuple[Grant, Account | None] | None) -> Grant | None:
        if found is None or self._is_over(found[0]):
            return None
        grant, account = found
        if grant.account is None:
            return grant if self._has_its_maker(grant) else None
        if account is None:
            return None
        return replace(grant, scopes=SCOPES_OF_ROLE[account.role], cameras=account.cameras)

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
        now = self._clock.now()
        if not scopes:
            msg = "A token needs at least one scope."
            raise AccessDenied(msg)
        if expires_at is not None and expires_at <= now:
            msg = "This token would be over already. Choose a later day."
            raise AccessDenied(msg)
        secret = new_secret()
        label = _label(name) or "Token"
        grant = Grant(new_id(), hash_of(secret), label, None, scopes, cameras, now, expires_at, made_by)
        self._records.save_grant(grant)
        return secret

    def people(self) -> Sequence[Account]:
        """Everybody who may sign in, oldest first.  Blocks; raises CatalogUnavailable."""
        return self._records.accounts()

    def tokens(self) -> list[Grant]:
        """Every token that was not revoked, expired ones included, oldest first."""
        return [grant for grant in self._records.grants() if grant.account is None]

    def revoke(self, grant_id: str) -> bool:
        """End a session or token; whether there was one."""
        try:
            return self._records.revoke_grant(grant_id)
        finally:
            self.on_revoked()

    # ------------------------------------------------------------------------------------------------------------------

    def _has_its_maker(self, key: Grant) -> bool:
        """Whether who made it may still do all that it opens."""
        if key.made_by is None:
            return True
        maker, account = self._records.recall_id(key.made_by) or (None, None)
        if maker is None or self._is_over(maker) or (maker.account is not None and account is None):
            return False
        if account is not None:
            maker = replace(maker, scopes=SCOPES_OF_ROLE[account.role], cameras=account.cameras)
        if key.cameras is None and maker.cameras is not None:
            return False
        return all(maker.allows(scope, camera) for scope in key.scopes for camera in key.cameras or (None,))

    def _refuse_wrong_code(self, code: str) -> None:
        expected = self._setup
        if expected is None or self._clock.monotonic() >= expected[1] or not are_same(code, expected[0]):
            msg = "This set-up address is not valid (any more). Restart Doorstep to get a new one."
            raise AccessDenied(msg)

    def _new_session(self, account: Account, agent: str) -> str:
        secret, now = new_secret(), self._clock.now()
        self._records.save_grant(
            Grant(
                id=new_id(),
                secret_hash=hash_of(secret),
                name=_label(agent) or "Unknown device",
                account=account.name,
                scopes=SCOPES_OF_ROLE[account.role],
                cameras=account.cameras,
                created_at=now,
                expires_at=now + SESSION_LASTS,
            )
        )
        return secret

    def _strengthen(self, account: Account, password: str) -> None:
        """The password is known only now: the moment to hash it as new ones are."""
        if self._passwords.is_outdated(account.password_hash):
            with self._making:
                if self._records.account(account.name) == account:
                    stronger = replace(account, password_hash=self._passwords.hashed(password))
                    self._records.save_account(stronger)

    def _forget_expired(self) -> None:
        for grant in self._records.grants():
            if grant.account is not None and self._is_over(grant):
                self._records.revoke_grant(grant.id)

    def _is_over(self, grant: Grant) -> bool:
        return grant.expires_at is not None and self._clock.now() >= grant.expires_at


def plain_name(name: str) -> str:
    """The name as it is kept.  Raises AccessDenied when it is empty, too long or holds what cannot be seen."""
    normal = _normal_name(name)
    if not 1 <= len(normal) <= _LONGEST_NAME or not normal.isprintable():
        msg = f"A name needs 1 to {_LONGEST_NAME} characters that can be seen."
        raise AccessDenied(msg)
    return normal


def _normal_name(name: str) -> str:
    """One spelling for names that look the same (Unicode Standard Annex 15, form KC)."""
    return unicodedata.normalize("NFKC", name).strip()


def _label(text: str) -> str:
    """A text from outside that is only ever shown."""
    return "".join(character for character in text if character.isprintable())[:_LONGEST_LABEL].strip()


def _closed() -> AccessDenied:
    return AccessDenied("Doorstep is set up already. Sign in instead.")
