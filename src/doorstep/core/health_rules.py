"""When is something wrong with the house itself: nobody told, alerts that wait, silent phones, certificate, restart.

Each rule is given what is so and the time, and answers with what is wrong, or None.  The pictures' rules stand in
`picture_rules`, the disk's in `disk_state`, the clock's in `clock_state`; what of all that is told: `health_telling`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from doorstep.core.push_subscription import PushSubscription
from doorstep.core.recipient import Recipient, Turn
from doorstep.core.standing import Standing

STUCK_AFTER_SECONDS = 600.0
UNSEEN_AFTER = timedelta(days=7)
EXPIRES_WITHIN = timedelta(days=14)
STEADY_AFTER_SECONDS = 600.0
"""So long after a start that followed a crash Doorstep runs steadily again."""

TOLD_AGAIN_AFTER = timedelta(hours=1)
LIVES_AFTER_SECONDS = 300.0
"""A server that lived for so long does not crash again and again."""

MOST_SET_RIGHT, WITHIN_SECONDS = 3, 3600.0
"""So often in so long the times of a camera may be begun anew before its clock is called wrong."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong and what to do, for the owner; with a `minor` one Doorstep still sees everything.

    `person` is whose device it is, None for everybody's.
    """

    what: str
    remedy: str
    minor: bool = False
    person: str | None = None


def nobody_told(standings: Sequence[Standing]) -> Trouble | None:
    """No channel to people has ever taken an alert, or none of those that did does so now."""
    standings = [standing for standing in standings if standing.recipient.reaches_people]
    if not standings:
        what = "Nobody will be told: there is no way to tell anybody."
        return Trouble(what, "Switch notifications on with a phone, or: Settings, Notifications, Add a way to be told.")
    proven = [standing for standing in standings if standing.proven_at is not None]
    if any(not standing.trouble for standing in proven):
        return None
    if proven or all(standing.trouble for standing in standings):
        what = "Nobody will be told: no channel takes alerts at the moment."
        return Trouble(what, "Check the channels with `doorstep check`.")
    names = ", ".join(standing.recipient.name for standing in standings)
    what = f"Nobody will be told, as far as is known: no channel has been proven yet ({names})."
    return Trouble(what, "Send a test alert from Settings > Notifications.")


def outbox_stuck(standings: Sequence[Standing]) -> Trouble | None:
    """Alerts that wait, and not for somebody else's turn; worth a word once that lasts for STUCK_AFTER_SECONDS."""
    stuck = [one for one in standings if one.waiting and (one.trouble or one.recipient.turn is Turn.FIRST)]
    if not stuck:
        return None
    most = max(standing.waiting for standing in stuck)
    names = ", ".join(standing.recipient.name for standing in stuck)
    count = "An alert waits" if most == 1 else f"{most} alerts wait"
    return Trouble(f"{count} and cannot be told by {names}.", "Check the channels with `doorstep check`.")


def unknown_person(recipients: Sequence[Recipient], people: Sequence[str]) -> Trouble | None:
    """The config says of a channel that it is somebody's who has no account; `people` are who may sign in.

    Before the first account is made nobody has one.
    """
    lost = [one for one in recipients if one.person is not None and one.person not in people]
    if not lost or not people:
        return None
    words = (f"No account is called {one.person}: {one.name} follows nobody's choices." for one in lost)
    remedy = f"Spell `person` in the config as one of the accounts is: {', '.join(people)}."
    return Trouble(" ".join(words), remedy, minor=True)


def unseen_on(subscription: PushSubscription, now: datetime) -> Trouble | None:
    """The push service has taken alerts for a week of which the device showed none."""
    since = subscription.unshown_since
    if since is None or now - since < UNSEEN_AFTER:
        return None
    what = f"{subscription.name} has shown no alert for {(now - since).days} days."
    remedy = "Open Doorstep on it and send a test alert, or remove the device."
    return Trouble(what, remedy, minor=True, person=subscription.person)


def dropped(subscription: PushSubscription, why: str) -> Trouble:
    """A device is told nothing more, and its owner did not ask for that; over once it is told again."""
    what = f"{subscription.name} of {subscription.person} no longer takes alerts: {why}."
    remedy = "Open Doorstep on it, sign in, and turn notifications on again."
    return Trouble(what, remedy, minor=True, person=subscription.person)


def certificate_expires(not_after: datetime, now: datetime) -> Trouble | None:
    """Of the server; browsers and phones that were told stay away once it has expired."""
    left = not_after - now
    if left <= timedelta(0):
        return Trouble("The certificate of this server has expired: browsers refuse it.", _RENEW)
    if left > EXPIRES_WITHIN:
        return None
    days = "today" if left < timedelta(days=1) else f"in {left.days} day{'s' if left.days > 1 else ''}"
    return Trouble(f"The certificate of this server expires {days}.", _RENEW, minor=True)


_RENEW = "Renew it; it is the file that server.tls.cert names."


def restarted(alive_until: datetime, now: datetime) -> Trouble:
    """A former run ended without a word; it was alive until then at least."""
    seconds = max(0.0, (now - alive_until).total_seconds())
    away = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    what = f"Doorstep was restarted: it had ended without a word, and saw nothing for about {away}."
    return Trouble(what, "If it happens again, look for the reason in its log, and at the power supply.", minor=True)


def restart_is_told(told_at: datetime | None, began: datetime, lived: float) -> bool:
    """Whether this run, which began then and lived for so many seconds, tells that the last one ended without a word.

    One that crashes again and again is told once an hour, and as soon as it lives for a while; `told_at` is the last.
    """
    return lived >= LIVES_AFTER_SECONDS or told_at is None or abs(began - told_at) >= TOLD_AGAIN_AFTER


class DriftRule:
    """Whether the clock of a camera runs wrong: its times had to be begun anew again and again."""

    def __init__(self) -> None:
        self._set_right: list[float] = []

    def set_right(self, now: float) -> None:
        """Its times were begun anew at `now` (monotonic)."""
        self._set_right = [*self._set_right, now][-MOST_SET_RIGHT:]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is remembered, as of the last look."""
        return not self._set_right

    def trouble(self, now: float, name: str) -> Trouble | None:
        """Of the camera of that name; over once the last hour was quiet enough."""
        self._set_right = [at for at in self._set_right if now - at < WITHIN_SECONDS]
        if len(self._set_right) < MOST_SET_RIGHT:
            return None
        what = f"The clock of {name} runs wrong: its times were begun anew {MOST_SET_RIGHT} times within an hour."
        return Trouble(what, "Let the camera set its clock over the network, or update its firmware.", minor=True)
