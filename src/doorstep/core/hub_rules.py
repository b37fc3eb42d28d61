"""When is the way from outside worth a word: the door is not reached, the hub's certificate ends, a clock is wrong.

Each rule is given how the link is, and the time in monotonic seconds or seconds since 1970, as it says.  None of this
stops recording, the chime or alerts, and the words say so.
"""

from collections.abc import Iterator
from typing import Final

from doorstep.core.health_rules import Trouble
from doorstep.core.hub_link import HubState, LinkView
from doorstep.core.hub_tunnel import OWNER_MUST_ACT, HubReason

UNREACHED_AFTER_SECONDS: Final = 60.0
MINOR_FOR_SECONDS: Final = 120.0
CLOCK_OFF_SECONDS: Final = 120.0
LONGEST_LIFE_SECONDS: Final = 90 * 86400.0
ENDS_SOON_PART: Final = 0.15
"""Of its life.  Caddy renews when a third is left, so by then it has failed for a while, however short lives become."""

HUB, HUB_CERTIFICATE, HUB_CLOCK = "hub", "hub-certificate", "hub-clock"
"""The keys under which these troubles are told."""

_UNTOUCHED: Final = "Recording, chime and alerts go on as ever."
_NEW_CODE: Final = (
    "On the hub, `sudo doorstep-hub pair` prints a new pairing code; paste it in Settings > From anywhere."
)
_REMEDIES: Final = {
    HubReason.REVOKED: _NEW_CODE,
    HubReason.HOST_KEY: f"If you set the hub up anew: {_NEW_CODE} If not, look at that machine first.",
    HubReason.KEY_LOST: _NEW_CODE,
    HubReason.NO_SSH: "Install it: sudo apt install openssh-client.",
    HubReason.NAME: "Check the internet here, and that the hub's name still leads to it.",
    HubReason.NO_ROUTE: "Check the internet here; it comes back by itself.",
    HubReason.NOT_A_HUB: "Sign this network in, or check where the hub's name leads; it comes back by itself.",
}
_LOOK_AT_THE_HUB: Final = "Is that machine running? On it: `sudo doorstep-hub status`. It comes back by itself."


def hub_troubles(view: LinkView, now: float, wall: float) -> Iterator[tuple[str, Trouble]]:
    """Everything that is wrong with the way from outside, by key; `now` is monotonic, `wall` seconds since 1970."""
    found = (
        (HUB, unreachable(view, now) or not_reached(view, now)),
        (HUB_CERTIFICATE, certificate_ends(view, wall)),
        (HUB_CLOCK, clock_is_off(view)),
    )
    return ((key, trouble) for key, trouble in found if trouble is not None)


def unreachable(view: LinkView, now: float) -> Trouble | None:
    """There is no tunnel; minor for two minutes, unless only a person can help."""
    if view.state is not HubState.DOWN or view.why is None:
        return None
    must_act = view.why in OWNER_MUST_ACT
    what = f"Your door cannot be reached from outside. {view.reason} {_UNTOUCHED}"
    remedy = _REMEDIES.get(view.why, _LOOK_AT_THE_HUB)
    return Trouble(what, remedy, minor=not must_act and now - view.since < MINOR_FOR_SECONDS)


def not_reached(view: LinkView, now: float) -> Trouble | None:
    """The tunnel is there, and yet the hub could not open this box's page for a minute."""
    since = view.unreached_since
    if view.state is not HubState.UP or since is None or now - since < UNREACHED_AFTER_SECONDS:
        return None
    why = f" The hub says: {view.reached_why}" if view.reached_why else ""
    what = f"Your door cannot be reached from outside, though the hub answers.{why.rstrip('.')}. {_UNTOUCHED}"
    return Trouble(what.replace("..", "."), "On the hub: `sudo doorstep-hub status` says what to do.")


def is_reached_again(view: LinkView, now: float) -> bool:
    """Whether a door that was lost surely is reached: the hub says so, or for a minute has not known otherwise."""
    waited = now - view.since >= UNREACHED_AFTER_SECONDS
    return view.state is HubState.UP and (view.reached is True or (view.reached is None and waited))


def certificate_ends(view: LinkView, wall: float) -> Trouble | None:
    """The hub renews it by itself; what is left of its life says whether that fails.  `wall` is since 1970."""
    if view.certificate_ends is None or view.state is HubState.OFF:
        return None
    left = view.certificate_ends - (wall + (view.clock_ahead or 0.0))
    if left <= 0:
        what = f"The hub's certificate is over: browsers refuse the way from outside. {_UNTOUCHED}"
        return Trouble(what, _RENEW)
    begins = view.certificate_begins
    life = LONGEST_LIFE_SECONDS if begins is None else view.certificate_ends - begins
    if left > life * ENDS_SOON_PART:
        return None
    what = f"The hub's certificate ends {_in_days(left)} and was not renewed."
    return Trouble(what, _RENEW, minor=True)


def clock_is_off(view: LinkView) -> Trouble | None:
    """Two clocks disagree; which is wrong, the owner sees."""
    ahead = view.clock_ahead
    if view.state is HubState.OFF or ahead is None or abs(ahead) < CLOCK_OFF_SECONDS:
        return None
    than = "ahead of" if ahead > 0 else "behind"
    what = f"The hub's clock is {_span(abs(ahead))} {than} this box's: one of them is wrong."
    return Trouble(
        what, "Let both set their clocks over the network: `timedatectl` on each says whether it does.", minor=True
    )


_RENEW: Final = "On the hub, `sudo doorstep-hub certificates` says why: ports 80 and 443 must be open there."


def _in_days(seconds: float) -> str:
    days = int(seconds // 86400)
    if days == 0:
        return "today"
    return f"in {days} day{'s' if days > 1 else ''}"


def _span(seconds: float) -> str:
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours" if seconds < 2 * 86400 else f"{seconds / 86400:.0f} days"
