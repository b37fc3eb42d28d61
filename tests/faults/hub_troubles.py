"""What goes wrong between a box and the world through its hub: how long until it is noticed, and until all is well.

Seconds are measured from the moment in which it began, or in which it was over.  At both ends: `home` is what the page
of the house says, `phone` whether somebody outside gets to it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fakes.hub_portal import portal
from fakes.hub_rig import Away

PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.1
SETTLED_SECONDS, SAME_SECONDS = 6.0, 0.25
NOTICED_GOAL, HEALED_GOAL = 20.0, 5.0
_FILL = "head -c 1G /dev/zero > /var/fill 2>/dev/null; true"


@dataclass(frozen=True, slots=True)
class Healed:
    """`noticed` is when the page at home said so, `healed` when the phone got through again; `words` what it said."""

    trouble: str
    noticed: float
    healed: float
    words: str = ""

    @property
    def told(self) -> dict[str, object]:
        return {
            "hub trouble": self.trouble,
            "noticed_seconds": round(self.noticed, 2),
            "healed_seconds": round(self.healed, 2),
            "words": self.words,
            "met": self.noticed <= NOTICED_GOAL and self.healed <= HEALED_GOAL,
        }


def restart(away: Away) -> Healed:
    """Every process of the hub ends and begins; healed is counted from when its services are there again."""
    before = away.home.hub()
    away.hub.place.kill_all()
    began = time.monotonic()
    noticed, shown = noticing(away, before, began)
    away.hub.place.run("systemctl", "boot")
    return Healed("hub restart", noticed, until(away.reached, time.monotonic()), shown["reason"])


def forgetting(away: Away) -> Healed:
    """The NAT at home forgets all connections and says nothing.  Healed is counted from when that was noticed."""
    before, began = away.home.hub(), time.monotonic()
    away.hub.world.forget()
    noticed, shown = noticing(away, before, began)
    return Healed("NAT forgets", noticed, until(away.reached, time.monotonic()), shown["reason"])


def gone(away: Away, seconds: float = 20.0) -> Healed:
    """The hub is away without a word for so long, as behind a pulled cable; healed from when it is back."""
    before, began = away.home.hub(), time.monotonic()
    away.hub.world.cut_hub(off=True)
    try:
        noticed, _ = noticing(away, before, began)
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))
        words = away.home.hub()["reason"]
    finally:
        away.hub.world.cut_hub(off=False)
    return Healed("hub gone", noticed, until(away.reached, time.monotonic()), words)


def killed(away: Away) -> Healed:
    """The hub's tunnel service is killed and begun again, as by whoever has no memory left."""
    before = away.home.hub()
    away.hub.place.run("systemctl", "stop", "doorstep-hub-ssh")
    began = time.monotonic()
    noticed, shown = noticing(away, before, began)
    away.hub.place.run("systemctl", "start", "doorstep-hub-ssh")
    return Healed("tunnel service killed", noticed, until(away.reached, time.monotonic()), shown["reason"])


def behind_a_portal(away: Away, lose: Callable[[], object] | None = None) -> Healed:
    """The house's own line leads to a login page; healed from when somebody signed in there.

    `lose` is how the connection that there is gets lost: silently, unless it is said otherwise.
    """
    world = away.hub.world
    with portal(world.router, world.folder / "portal"):
        before, began = away.home.hub(), time.monotonic()
        world.portal(on=True)
        try:
            (lose or world.forget)()
            noticed, _ = noticing(away, before, began)
            words = settled(away)["reason"]
        finally:
            world.portal(on=False)
        return Healed("captive portal", noticed, until(away.reached, time.monotonic()), words)


@contextmanager
def full_disk(away: Away) -> Iterator[None]:
    """Nothing more can be written on the hub.  Its disk must be a small one, else this one's fills."""
    away.hub.place.run("sh", "-c", _FILL)
    try:
        yield
    finally:
        away.hub.place.run("rm", "-f", "/var/fill")


def noticing(away: Away, before: dict[str, Any], began: float) -> tuple[float, dict[str, Any]]:
    """When the page at home first said something else than before, and what."""
    found: list[dict[str, Any]] = []

    def is_other() -> bool:
        shown = away.home.hub()
        if shown["state"] != "up" or not same_moment(shown["since"], before["since"]):
            found.append(shown)
        return bool(found)

    return until(is_other, began), found[0]


def settled(away: Away) -> dict[str, Any]:
    """What the page says once it tried again and knows why it is down: its words stay the same for a while."""
    shown, since = away.home.hub(), time.monotonic()
    end = since + PATIENCE_SECONDS
    while time.monotonic() - since < SETTLED_SECONDS and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
        now = away.home.hub()
        if (now["state"], now["reason"]) != (shown["state"], shown["reason"]) or now["state"] != "down":
            shown, since = now, time.monotonic()
    return shown


def well(away: Away) -> bool:
    """The phone gets through, and at home it has been so for a moment."""
    shown = away.home.hub()
    time.sleep(1.0)
    return away.reached() and shown["state"] == "up" and same_moment(shown["since"], away.home.hub()["since"])


def same_moment(one: str, other: str) -> bool:
    """Whether a state that is told twice is the same: the page reckons its beginning from two clocks."""
    apart = datetime.fromisoformat(one) - datetime.fromisoformat(other)
    return abs(apart.total_seconds()) < SAME_SECONDS


def until(what: Callable[[], bool], began: float) -> float:
    """Seconds since `began` when it was first so."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < end, f"not within {PATIENCE_SECONDS} s"
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - began
