"""Who lives here and who visits: added, changed, removed.  What they come in with lies beside."""

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Lock

from doorstep.accounts.grants import Grants
from doorstep.accounts.passwords import Passwords
from doorstep.accounts.remembered_records import RememberedRecords
from doorstep.core.access import Account, Rights, is_in_hands
from doorstep.core.errors import AccessDenied, ChangedMeanwhile, LastOwner
from doorstep.ports import Clock

_LONGEST_NAME = 64


class People:
    """Thread-safe.  Every method blocks, and raises CatalogUnavailable when the rows do."""

    def __init__(
        self, records: RememberedRecords, grants: Grants, clock: Clock, passwords: Passwords, making: Lock
    ) -> None:
        """`making` is held while an account is written: two that ask for one name get one answer each."""
        self._records = records
        self._grants = grants
        self._clock = clock
        self._passwords = passwords
        self._making = making
        self.on_new: Callable[[str], None] = lambda _person: None
        """Called from any thread right before somebody new gets this name, which may have been another's."""

    def add(self, name: str, password: str | None, rights: Rights) -> Account:
        """Make somebody; without a password they come in by a link or a code first.

        Raises AccessDenied with the reason (name taken, password too short).
        """
        person = plain_name(name)
        password_hash = "" if password is None else self._passwords.hashed(password)
        account = Account(person, password_hash, rights.role, rights.cameras, self._clock.now(), rights.until)
        with self._making:
            if self._records.account(person) is not None:
                msg = "This name is taken. Choose another."
                raise AccessDenied(msg)
            self.on_new(person)
            self._records.save_account(account)
        return account

    def find(self, name: str) -> Account | None:
        """However it is written."""
        return self._records.account(normal_name(name))

    def change(self, name: str, rights: Rights, seen: Rights | None = None) -> Account | None:
        """What they may from now on, also where they watch already; None without such a person.

        Raises LastOwner where nobody would be left who may do everything, and ChangedMeanwhile where they may not what
        was `seen` any more.
        """
        with self._making:
            account = self.find(name)
            if account is None:
                return None
            if seen is not None and not _are_those(seen, account):
                msg = "Somebody else changed what this person may meanwhile. Look at it, then change it again."
                raise ChangedMeanwhile(msg)
            changed = replace(account, role=rights.role, cameras=rights.cameras, until=rights.until)
            self._refuse_without_owner(account, changed)
            self._records.save_account(changed)
        self._grants.on_revoked()
        return changed

    def remove(self, name: str) -> bool:
        """Whether there was such a person; sessions, passkeys, devices and choices go too.  Raises LastOwner."""
        with self._making:
            account = self.find(name)
            if account is None:
                return False
            self._refuse_without_owner(account, None)
            removed = self._records.remove_account(account.name)
        self._grants.on_revoked()
        return removed

    def _refuse_without_owner(self, account: Account, changed: Account | None) -> None:
        before = list(self._records.accounts())
        after = [one for one in before if one.name != account.name] + ([changed] if changed else [])
        if is_in_hands(before) and not is_in_hands(after):
            msg = "The house needs an owner with a password, all cameras and no end. Make somebody else one first."
            raise LastOwner(msg)


def _are_those(seen: Rights, account: Account) -> bool:
    """Whether these are the account's; a time that the web told has whole milliseconds."""
    return (seen.role, seen.cameras, _told(seen.until)) == (account.role, account.cameras, _told(account.until))


def _told(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(microsecond=at.microsecond // 1000 * 1000)


def plain_name(name: str) -> str:
    """The name as it is kept.  Raises AccessDenied when it is empty, too long or holds what cannot be seen."""
    normal = normal_name(name)
    if not 1 <= len(normal) <= _LONGEST_NAME or not normal.isprintable():
        msg = f"A name needs 1 to {_LONGEST_NAME} characters that can be seen."
        raise AccessDenied(msg)
    if "/" in normal or not normal.strip("."):
        msg = "A name stands in addresses: it can have no slash, and not be dots alone."
        raise AccessDenied(msg)
    return normal


def normal_name(name: str) -> str:
    """One spelling for names that look the same (Unicode Standard Annex 15, form KC)."""
    return unicodedata.normalize("NFKC", name).strip()
