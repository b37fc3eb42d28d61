"""A browser that asked to be told by Web Push (W3C Push API, RFC 8030), and whose it is.  Sending: `notifiers`."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from doorstep.core.alert_preferences import AlertPreferences

CHANNEL_PREFIX = "push:"
MOST_DEVICES = 20
"""Of one person."""


@dataclass(frozen=True, slots=True)
class NewDevice:
    """What a browser tells of itself when it asks to be told; `name` is for its person ("Chrome on Android")."""

    name: str
    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """One device of a person.  `endpoint` is a secret address: who knows it may send; never log it, nor the keys.

    `p256dh` and `auth` are base64url as the browser gives them (RFC 8291, 3).  `grant` is the id of the login that made
    it.  `preferences` None means the person's.  `accepted_at` and `acknowledged_at` are when the push service last took
    an alert, and when the device last said that it had shown one; `unshown_since` is when the service took the first of
    those that came after that.
    """

    id: str
    person: str
    grant: str
    name: str
    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)
    created_at: datetime
    preferences: AlertPreferences | None = None
    accepted_at: datetime | None = None
    acknowledged_at: datetime | None = None
    unshown_since: datetime | None = None

    @property
    def channel(self) -> str:
        """By which its deliveries are kept."""
        return f"{CHANNEL_PREFIX}{self.id}"


def after_taken(device: PushSubscription, taken_at: datetime, shown_at: datetime | None) -> PushSubscription:
    """Its push service took an alert at `taken_at`, which it showed at `shown_at`; None: not yet, as is known."""
    shown = max((at for at in (device.acknowledged_at, shown_at) if at is not None), default=None)
    unshown = device.unshown_since
    if shown_at is not None:
        unshown = None
    elif unshown is None and (shown is None or taken_at > shown):
        unshown = taken_at
    accepted = taken_at if device.accepted_at is None else max(device.accepted_at, taken_at)
    return replace(device, accepted_at=accepted, acknowledged_at=shown, unshown_since=unshown)
