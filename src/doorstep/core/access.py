"""Who may do what: roles, scopes, and the rule that joins them.  Passwords and cookies live in `accounts`, `web`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from doorstep.core.camera import CameraId
from doorstep.core.site import site_of


class Role(StrEnum):
    """What a person is to the house."""

    OWNER = "owner"
    FAMILY = "family"
    GUEST = "guest"


class Scope(StrEnum):
    """What a route asks for and a token grants; ADMIN opens everything."""

    EVENTS_READ = "events:read"
    CLIP_READ = "clip:read"
    LIVE_READ = "live:read"
    MOTION_WRITE = "motion:write"
    PRESS_WRITE = "press:write"
    STATUS_READ = "status:read"
    EVENTS_WRITE = "events:write"
    ADMIN = "admin"


class SignInWay(StrEnum):
    """How a session began."""

    PASSWORD = "password"  # noqa: S105 - a word, not one
    PASSKEY = "passkey"
    PAIRING = "pairing"
    SETUP = "setup"
    RESET = "reset"


READ_SCOPES = frozenset({Scope.EVENTS_READ, Scope.CLIP_READ, Scope.LIVE_READ})

SCOPES_OF_ROLE: dict[Role, frozenset[Scope]] = {
    Role.OWNER: frozenset(Scope),
    Role.FAMILY: READ_SCOPES | {Scope.EVENTS_WRITE, Scope.STATUS_READ},
    Role.GUEST: frozenset({Scope.LIVE_READ}),
}


@dataclass(frozen=True, slots=True)
class Account:
    """A person; `cameras` None means all of this box, and to an owner what other boxes share with it besides.

    `until` is when he may no longer come in, None for never.  An empty `password_hash` is opened by no password.
    `reset_hash` is that of the secret that sets the password anew, once, until `reset_until`.
    """

    name: str
    password_hash: str = field(repr=False)
    role: Role
    cameras: frozenset[CameraId] | None
    created_at: datetime
    until: datetime | None = None
    reset_hash: str | None = field(default=None, repr=False)
    reset_until: datetime | None = None

    def is_over(self, at: datetime) -> bool:
        """Whether his time is up."""
        return self.until is not None and at >= self.until


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may: `cameras` None means all, `until` None for good."""

    role: Role
    cameras: frozenset[CameraId] | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A session or a token: the hash of its secret, and what it opens.  `cameras` None means all of this box.

    A camera of another box, "front-door@cabin", has to be among them by name, but for the owner's own login.
    `made_by` is the id of the grant on whose behalf a key was made: it opens no more than that does, and ends with it.
    `how`, `address` and `last_seen_at` are a session's: how and where it began, and about when it was used last.
    """

    id: str
    secret_hash: str
    name: str
    account: str | None
    scopes: frozenset[Scope]
    cameras: frozenset[CameraId] | None
    created_at: datetime
    expires_at: datetime | None
    made_by: str | None = None
    how: SignInWay | None = None
    address: str = ""
    last_seen_at: datetime | None = None

    @property
    def person(self) -> str:
        """What limits for one person count by: the account, else the login that it was made with, else itself."""
        return self.account or self.made_by or self.id

    def allows(self, scope: Scope, camera: CameraId | None = None) -> bool:
        """Whether this opens a route that asks for `scope`, about `camera` if it is about one."""
        if scope not in self.scopes and Scope.ADMIN not in self.scopes:
            return False
        return camera is None or self.sees(camera)

    def is_play_key(self) -> bool:
        """Whether it may stand in an address: the live picture of one camera, for a while, and nothing else."""
        one_camera = self.cameras is not None and len(self.cameras) == 1
        is_token = self.account is None and self.expires_at is not None
        return is_token and one_camera and self.scopes == {Scope.LIVE_READ}

    @property
    def sees_elsewhere(self) -> bool:
        """Whether no bound means what other boxes share, too: to an owner who signed in, never to a token."""
        return self.cameras is None and self.account is not None and Scope.ADMIN in self.scopes

    def sees(self, camera: CameraId) -> bool:
        """Whether this camera exists as far as the holder may know; of another box it is whatever that shares."""
        if self.cameras is not None:
            return camera in self.cameras
        return self.sees_elsewhere or site_of(camera) is None


def is_in_hands(accounts: Iterable[Account]) -> bool:
    """Whether one of them is an owner who may do everything for good, and can sign in by himself."""
    return any(
        one.role is Role.OWNER and one.cameras is None and one.until is None and one.password_hash != ""
        for one in accounts
    )


def may_act_for(asker: Grant, account: Account) -> bool:
    """Whether the asker sees all that this person sees: else he could give himself what he has not."""
    if asker.cameras is None:
        return True
    return account.cameras is not None and account.cameras <= asker.cameras
