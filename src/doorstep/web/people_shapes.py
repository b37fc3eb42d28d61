"""The JSON of people, where they are signed in, and their passkeys.  Times are RFC 3339 in UTC."""

from collections.abc import Sequence

from pydantic import BaseModel

from doorstep.core.access import Account, Grant
from doorstep.core.passkey import Passkey
from doorstep.web.instants import rfc3339, rfc3339_or_none
from doorstep.web.shapes import SessionShape


class UserShape(BaseModel):
    """A person of the house: `until` null is for good, `over` says that it is past.

    Who has no password never came in yet, or by a phone's code.  `sessions` counts where they are signed in.
    """

    name: str
    role: str
    cameras: list[str] | None
    created_at: str
    until: str | None
    over: bool
    has_password: bool
    sessions: int
    last_seen_at: str | None


class UsersShape(BaseModel):
    """Everybody."""

    users: list[UserShape]


class ResetShape(BaseModel):
    """The address of a link that sets somebody's password, once; shown this once."""

    href: str
    expires_at: str


class LoginShape(BaseModel):
    """Where somebody is signed in: what they used, from where, how, and about when last.

    `name` is what the browser called itself; `how` is null for sessions of before that was known.
    """

    id: str
    name: str
    person: str
    created_at: str
    last_seen_at: str | None
    address: str
    current: bool
    how: str | None


class LoginsShape(BaseModel):
    """The newest use first."""

    sessions: list[LoginShape]


class EndedShape(BaseModel):
    """How many other sessions ended."""

    ended: int


class NewPasswordShape(EndedShape):
    """And how many passkeys of this person still open."""

    passkeys: int


class AfterResetShape(SessionShape):
    """The session that began, and how many passkeys of this person still open."""

    passkeys: int


class PersonShape(BaseModel):
    """Whom a code is for."""

    name: str


class ResetPersonShape(PersonShape):
    """Whose password a link sets; `is_first`: they never had one."""

    is_first: bool


class PairingWayShape(BaseModel):
    """One address with the code in it, and its picture (QR, SVG as a data: address)."""

    href: str
    host: str
    qr: str


class PairingShape(BaseModel):
    """A code for one phone.  `ways` are more addresses than one where it is not sure by which the phone reaches us.

    `only_here`: Doorstep listens to this machine alone, so no phone reaches it by any.
    """

    code: str
    name: str
    href: str
    expires_at: str
    ways: list[PairingWayShape]
    warning: str
    only_here: bool


class PasskeyShape(BaseModel):
    """`here` says whether it opens at the address that was asked."""

    id: str
    name: str
    host: str
    here: bool
    created_at: str
    last_used_at: str | None


class PasskeysShape(BaseModel):
    """What one signs in with; `why_not` says in a sentence why no passkey can be made at this address."""

    possible: bool
    why_not: str
    has_password: bool
    passkeys: list[PasskeyShape]


def user_shape(account: Account, sessions: Sequence[Grant], *, over: bool) -> UserShape:
    """As `GET /users` shows it."""
    own = [session for session in sessions if session.account == account.name]
    return UserShape(
        name=account.name,
        role=account.role,
        cameras=None if account.cameras is None else sorted(account.cameras),
        created_at=rfc3339(account.created_at),
        until=rfc3339_or_none(account.until),
        over=over,
        has_password=account.password_hash != "",
        sessions=len(own),
        last_seen_at=rfc3339_or_none(max((one.last_seen_at for one in own if one.last_seen_at), default=None)),
    )


def login_shape(session: Grant, asker: Grant) -> LoginShape:
    """As `GET /sessions` shows it."""
    return LoginShape(
        id=session.id,
        name=session.name,
        person=session.account or "",
        created_at=rfc3339(session.created_at),
        last_seen_at=rfc3339_or_none(session.last_seen_at),
        address=session.address,
        current=session.id == asker.id,
        how=session.how,
    )


def passkey_shape(passkey: Passkey, host: str) -> PasskeyShape:
    """As `GET /passkeys` shows it, asked by the name `host`."""
    return PasskeyShape(
        id=passkey.id,
        name=passkey.name,
        host=passkey.host,
        here=passkey.host == host,
        created_at=rfc3339(passkey.created_at),
        last_used_at=rfc3339_or_none(passkey.last_used_at),
    )
