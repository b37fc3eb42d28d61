"""A password set anew: by who knows the one before, or once by a link.  How a link gets to somebody is `web`'s."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

from doorstep.accounts.grants import Grants
from doorstep.accounts.passwords import Passwords
from doorstep.accounts.people import normal_name
from doorstep.accounts.remembered_records import RememberedRecords
from doorstep.accounts.secret import are_same, hash_of, new_secret
from doorstep.accounts.sign_in_delays import SignInDelays
from doorstep.core.access import Account, Grant, SignInWay
from doorstep.core.errors import AccessDenied
from doorstep.ports import Clock

RESET_LASTS = timedelta(hours=24)
_NO_RESET = "This link is not valid (any more). Ask the owner for a new one, or run doorstep users reset."
_CHANGED = "This password was changed a moment ago, somewhere else. Try again."


class NewPasswords:
    """Thread-safe.  Every method blocks, and raises CatalogUnavailable when the rows do."""

    def __init__(
        self,
        records: RememberedRecords,
        grants: Grants,
        clock: Clock,
        passwords: Passwords,
        delays: SignInDelays,
        making: Lock,
    ) -> None:
        """`making` is held while an account is written over."""
        self._records = records
        self._grants = grants
        self._clock = clock
        self._passwords = passwords
        self._delays = delays
        self._making = making

    def change(self, session: Grant, old: str, new: str, address: str) -> int:
        """Set the password of who is signed in so; how many other sessions of theirs ended.

        Raises AccessDenied.  Who has no password yet need not know it.
        """
        account = self._records.account(session.account or "")
        if account is None:
            msg = "Only a person has a password. Sign in first."
            raise AccessDenied(msg)
        if account.password_hash:
            self._delays.begin(account.name, address)
            if not self._passwords.opens(account.password_hash, old):
                msg = "The password that you have now is another one."
                raise AccessDenied(msg)
            self._delays.succeeded(account.name, address)
        self._set(account, new)
        return self._grants.end_sessions(account.name, but=session.id)

    def make_reset(self, name: str) -> tuple[str, datetime] | None:
        """A link's secret, for once, and until when it opens; the one before opens nothing any more.

        None without such a person; raises AccessDenied where his time is over.
        """
        with self._making:
            account = self._records.account(normal_name(name))
            if account is None:
                return None
            if account.is_over(self._clock.now()):
                msg = "This person's time is over. Give them more time first."
                raise AccessDenied(msg)
            secret, until = new_secret(), self._clock.now() + RESET_LASTS
            self._records.save_account(replace(account, reset_hash=hash_of(secret), reset_until=until))
        return secret, until

    def person_of(self, code: str, address: str) -> str:
        """Whose password the link sets.  Raises AccessDenied, alike for whatever opens nothing."""
        return self._account_of(code, address).name

    def reset(self, code: str, password: str, address: str, agent: str) -> str:
        """Set it and return a session's secret; all others of that person end.  Raises AccessDenied.

        A password that is not taken leaves the link valid.
        """
        account = self._account_of(code, address)
        self._grants.check_time(account)
        changed = self._set(account, password)
        self._grants.end_sessions(changed.name)
        return self._grants.begin(changed, SignInWay.RESET, address, agent)

    def _account_of(self, code: str, address: str) -> Account:
        self._delays.begin(None, address)
        found = next((one for one in self._records.accounts() if self._opens(one, code)), None)
        if found is None:
            raise AccessDenied(_NO_RESET)
        self._delays.succeeded(None, address)
        return found

    def _opens(self, account: Account, code: str) -> bool:
        if account.reset_hash is None or account.reset_until is None or self._clock.now() >= account.reset_until:
            return False
        return are_same(account.reset_hash, hash_of(code))

    def _set(self, account: Account, password: str) -> Account:
        """Raises AccessDenied where the account is not as it was: a link opens once, however many try at once."""
        password_hash = self._passwords.hashed(password)
        with self._making:
            current = self._records.account(account.name)
            if current is None or _locks(current) != _locks(account):
                raise AccessDenied(_CHANGED)
            changed = replace(current, password_hash=password_hash, reset_hash=None, reset_until=None)
            self._records.save_account(changed)
        return changed


def _locks(account: Account) -> tuple[object, ...]:
    """What is the same as long as nobody set the password meanwhile."""
    return account.created_at, account.password_hash, account.reset_hash
