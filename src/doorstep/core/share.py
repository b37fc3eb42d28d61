"""A link that shows one event to whoever has it, until it is over.  Its secret is known to the link alone."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from doorstep.core.access import SCOPES_OF_ROLE, Account, Grant, Scope
from doorstep.core.audit import AuditEntry
from doorstep.core.camera import CameraId
from doorstep.core.event import EventId
from doorstep.core.site import site_of

LEAST_HOURS, MOST_HOURS = 1, 720
DEFAULT_HOURS = 24

FEWEST_DIGITS, MOST_DIGITS = 4, 8
"""Of a PIN."""

FREE_TRIES = 5
FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(days=1)

KEPT_AFTER = timedelta(days=7)
"""How long a share that is over is remembered."""

BY_MAIL = "mail"
"""Who made the links in mails: Doorstep itself."""

BY_MACHINE = "machine"
"""Who has no account: a verb on this machine."""

_PERSON, _TOKEN = "person:", "token:"

SHARED, OPENED, ENDED = "shared an event by a link", "opened an event by a link", "ended a link to an event"


@dataclass(frozen=True, slots=True)
class Share:
    """Who made it (see `by`, BY_MAIL, BY_MACHINE), for which event, and until when it opens it.

    `opened` is how often it was, as far as that was written.  `pin_hash` is of the PIN that it asks for, None where it
    asks for none; without the link's secret it cannot be guessed from.
    """

    id: str
    event: EventId
    camera: CameraId
    made_by: str
    created_at: datetime
    expires_at: datetime
    opened: int = 0
    pin_hash: str | None = field(default=None, repr=False)

    def is_open(self, at: datetime) -> bool:
        """Whether it still shows anything, as far as time decides."""
        return at < self.expires_at

    @property
    def is_by_mail(self) -> bool:
        """Whether Doorstep made it for a mail."""
        return self.made_by == BY_MAIL

    @property
    def person(self) -> str | None:
        """The account that made it, None where no account did."""
        return self.made_by.removeprefix(_PERSON) if self.made_by.startswith(_PERSON) else None

    @property
    def token(self) -> str | None:
        """The id of the token that made it, None where none did."""
        return self.made_by.removeprefix(_TOKEN) if self.made_by.startswith(_TOKEN) else None


@dataclass(frozen=True, slots=True)
class PinVerdict:
    """Whether a PIN was right; else for how long no other is looked at."""

    right: bool
    rests_for: timedelta = timedelta(0)


def is_pin(text: str) -> bool:
    """Whether it can be one: four to eight digits of a keypad."""
    return text.isascii() and text.isdigit() and FEWEST_DIGITS <= len(text) <= MOST_DIGITS


def rest_after(wrong: int) -> timedelta:
    """How long a link rests after so many wrong PINs: five are free, then a minute, twice as long each time, a day.

    Of the ten thousand PINs of four digits whoever has a link for a week tries 22.
    """
    doubled = wrong - FREE_TRIES
    if doubled < 0:
        return timedelta(0)
    return LONGEST_REST if doubled > 10 else min(LONGEST_REST, FIRST_REST * 2**doubled)


def by(grant: Grant) -> str:
    """Who makes a share with this grant.  Never the same for an account and for anything else, however it is called."""
    return f"{_TOKEN}{grant.id}" if grant.account is None else f"{_PERSON}{grant.account}"


def outlives_account(share: Share, account: Account | None) -> bool:
    """Whether a share of an account still holds: not without it, nor once it may not see that clip any more.

    A later account of the same name is another one.
    """
    if account is None or account.created_at > share.created_at:
        return False
    scopes = SCOPES_OF_ROLE[account.role]
    if account.cameras is not None:
        may_see = share.camera in account.cameras
    else:  # another box's is the owner's alone, see `access`
        may_see = site_of(share.camera) is None or Scope.ADMIN in scopes
    return may_see and (Scope.CLIP_READ in scopes or Scope.ADMIN in scopes)


def outlives_token(share: Share, token: Grant | None) -> bool:
    """The same of a share that a token made."""
    return token is not None and token.allows(Scope.CLIP_READ, share.camera)


def may_end(share: Share, grant: Grant, maker: str) -> bool:
    """Whether the grant, which makes shares as `maker`, may see and end this one: his own, or for the owner any."""
    return grant.sees(share.camera) and (share.made_by == maker or Scope.ADMIN in grant.scopes)


def noted(share: Share, entry_id: str, at: datetime, verb: str, who: str, address: str) -> AuditEntry:
    """What was done with a share, for the audit log: made, it lasts until the share ends."""
    until = share.expires_at if verb == SHARED else None
    return AuditEntry(entry_id, at, who, address, verb, share.camera, f"link {share.id}", until)
