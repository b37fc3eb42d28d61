"""The hub, through which this house is reached from outside, as the web may use it.  Doing it: `app/hub.py`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from doorstep.core.errors import AccessDenied


@dataclass(frozen=True, slots=True)
class HubView:
    """What is so now.

    `box` is what the hub calls this house, `host` its name there and `address` what it is reached by, empty where
    it is not paired; `state` is one of "off", "connecting", "up" and "down", `since` when it began, `reason` why in
    plain words and `why` the same as a word of `core.hub_tunnel.HubReason`, empty where it is none. None stands for
    what the hub has not told. `reached` says whether the hub itself got through to this house, `seen_from` by which
    address the house goes out, `home_address` where it is found at home. `needs_restart` says that links still
    begin with the address of before.
    """

    paired: bool = False
    enabled: bool = True
    box: str = ""
    host: str = ""
    address: str = ""
    state: str = "off"
    since: datetime | None = None
    reason: str = ""
    why: str = ""
    round_trip_ms: float | None = None
    certificate_ends: datetime | None = None
    bytes_month: int | None = None
    reached: bool | None = None
    reached_why: str = ""
    seen_from: str = ""
    home_address: str = ""
    needs_restart: bool = False


async def _pairs_with_none(code: str) -> None:
    del code
    msg = "This server cannot be paired with a hub."
    raise AccessDenied(msg)


async def _leaves_none() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class HubParts:
    """`pair` joins the hub that made a code; it raises a DoorstepError in plain words, and then nothing has changed.

    `leave` says whether there was one; it raises StoreUnavailable.  `host` is the name that this server answers to
    because of its hub, empty where there is none.  All are called on the event loop.
    """

    view: Callable[[], HubView] = HubView
    pair: Callable[[str], Awaitable[None]] = _pairs_with_none
    leave: Callable[[], Awaitable[bool]] = _leaves_none
    host: Callable[[], str] = str
