"""What the web needs of people and their ways to sign in, as protocols and plain values.  `app` fills it in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from doorstep.core.access import Account, Grant, Rights
from doorstep.core.audit import AuditEntry
from doorstep.core.passkey import Passkey, PasskeyPlace


class Persons(Protocol):
    """Implemented by `accounts.people`."""

    def find(self, name: str) -> Account | None:
        """However it is written."""
        ...

    def change(self, name: str, rights: Rights, seen: Rights | None = None) -> Account | None:
        """What they may from now on; None without such a person.  Raises LastOwner, ChangedMeanwhile."""
        ...

    def remove(self, name: str) -> bool:
        """Whether there was one; all that is theirs goes.  Raises LastOwner."""
        ...


class NewPasswords(Protocol):
    """Implemented by `accounts.new_passwords`."""

    def change(self, session: Grant, old: str, new: str, address: str) -> int:
        """How many other sessions of theirs ended.  Raises AccessDenied."""
        ...

    def make_reset(self, name: str) -> tuple[str, datetime] | None:
        """A link's secret, and until when it opens; None without such a person.  Raises AccessDenied."""
        ...

    def person_of(self, code: str, address: str) -> str:
        """Whose password the link sets.  Raises AccessDenied."""
        ...

    def reset(self, code: str, password: str, address: str, agent: str) -> str:
        """Set it and return a session's secret.  Raises AccessDenied."""
        ...


class Sessions(Protocol):
    """Implemented by `accounts.grants`."""

    def sessions(self, person: str | None = None) -> Sequence[Grant]:
        """Those of a person, or of all, the newest use first."""
        ...

    def end_sessions(self, person: str, but: str = "") -> int:
        """End all of a person's but one; how many there were."""
        ...


class Pairings(Protocol):
    """Implemented by `accounts.pairings`."""

    def make(self, person: Account, maker: Grant | None) -> tuple[str, datetime]:
        """A code that signs one phone in as this person, and until when."""
        ...

    def person_of(self, code: str, address: str) -> str:
        """Whom the code signs in; it stays valid.  Raises AccessDenied."""
        ...

    def use(self, code: str, address: str, agent: str) -> str:
        """A session's secret; the code opens nothing any more.  Raises AccessDenied."""
        ...


class Passkeys(Protocol):
    """Implemented by `accounts.passkeys`.  A dict is what a browser exchanges, as WebAuthn describes it."""

    def of_person(self, person: str) -> Sequence[Passkey]:
        """Oldest first."""
        ...

    def ask_to_make(self, session: Grant, place: PasskeyPlace) -> tuple[str, dict[str, Any]]:
        """A ticket for the browser to keep, and what it asks its device.  Raises AccessDenied."""
        ...

    def make(self, session: Grant, place: PasskeyPlace, ticket: str, credential: dict[str, Any], name: str) -> Passkey:
        """Keep what the device made.  Raises AccessDenied."""
        ...

    def ask_to_sign_in(self, place: PasskeyPlace) -> tuple[str, dict[str, Any]]:
        """A ticket, and what the browser asks its device."""
        ...

    def sign_in(self, place: PasskeyPlace, ticket: str, credential: dict[str, Any], address: str, agent: str) -> str:
        """A session's secret.  Raises AccessDenied."""
        ...

    def rename(self, person: str, passkey_id: str, name: str) -> bool:
        """Whether that person has such a one."""
        ...

    def remove(self, person: str, passkey_id: str) -> Passkey | None:
        """It opens nothing from now on; None where that person has no such one."""
        ...


def _nothing(entry: AuditEntry) -> None:
    del entry


@dataclass(frozen=True, slots=True)
class SignInParts:
    """All but `note`, which returns at once and is for the event loop, block and raise CatalogUnavailable.

    `admit` makes a person, whose password may be left for later; it raises AccessDenied.  `address` is where Doorstep
    is reached from outside, empty where nobody said; `at_home` are addresses by which a phone at home reaches it, none
    where it listens to this machine alone; `own` is how this machine reaches it.  All are like
    `https://door.example.org:8443`.
    """

    admit: Callable[[str, str | None, Rights], Account]
    persons: Persons
    new_passwords: NewPasswords
    sessions: Sessions
    pairings: Pairings
    passkeys: Passkeys
    note: Callable[[AuditEntry], None] = _nothing
    address: str = ""
    at_home: Sequence[str] = ()
    own: str = ""
