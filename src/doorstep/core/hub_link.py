"""How the way to the hub is, by what happened to it: the state, its reason, and when to try again.  Pure.

    CONNECTING ──a line──▶ UP ──ended──▶ DOWN ──a line──▶ UP

OFF is a house without a hub, or with one that its owner does not use, and has no link.  CONNECTING is only ever the
first try: once it is known that the way is not there, DOWN stays so while it is tried again.  The times given are
monotonic seconds but where it is said otherwise.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from doorstep.core.backoff import delay_after
from doorstep.core.hub_status import ASKED_EVERY_SECONDS, SILENT_AFTER_SECONDS, HubStatus
from doorstep.core.hub_tunnel import LEAVES_A_SESSION, OWNER_MUST_ACT, HubReason, reason_words

FIRST_DELAY_SECONDS: Final = 0.5
OFTEN_FOR_SECONDS: Final = 600.0
LONGEST_OFTEN_SECONDS: Final = 3.0
LONGEST_LATER_SECONDS: Final = 60.0
FIRST_DELAY_IF_REFUSED: Final = 5.0
STEADY_SECONDS: Final = 30.0
"""A way that held so long is no part of the outage before it; one that did not, is: it only came and went."""

FIRST_LINE_SECONDS: Final = 20.0
"""So long a connection may take to be made: ssh tries each address of the hub's name, five seconds each."""

_NEVER: Final = float("-inf")


class HubState(StrEnum):
    """What a page shows."""

    OFF = "off"
    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class LinkView:
    """What is so.  `since` is monotonic, while it is DOWN when that began, for whatever came and went meanwhile;
    `reason` is a plain sentence, empty where there is nothing to explain.

    `round_trip_ms` is of the newest answer.  What the hub said of itself is kept while the way is down, but for
    `reached`, which then is not known.  `clock_ahead` is by how many seconds the hub's clock is ahead of this one's.
    """

    state: HubState
    since: float
    reason: str = ""
    why: HubReason | None = None
    round_trip_ms: float | None = None
    certificate_ends: int | None = None
    certificate_begins: int | None = None
    reached: bool | None = None
    reached_why: str = ""
    unreached_since: float | None = None
    bytes_month: int | None = None
    seen_from: str = ""
    clock_ahead: float | None = None


class HubLink:
    """One for the house; not thread-safe.  Who holds the tunnel feeds it and asks what to do."""

    def __init__(self, hub: str, now: float) -> None:
        self._hub = hub
        self._view = LinkView(HubState.CONNECTING, now)
        self._failures = 0
        self._lost_at: float | None = None
        self._reason: HubReason | None = None
        self._last_sign, self._has_spoken = _NEVER, False
        self._asked_at = _NEVER
        self._asked: dict[int, float] = {}
        self._number = 0

    @property
    def view(self) -> LinkView:
        """What is so now."""
        return self._view

    def started(self, now: float) -> None:
        """A connection is being made."""
        self._last_sign, self._has_spoken = now, False
        self._asked_at = _NEVER
        self._asked.clear()

    def heard(self, status: HubStatus, now: float, wall: float) -> None:
        """A line came; `wall` is this box's clock in seconds since 1970."""
        self._last_sign, self._has_spoken = now, True
        self._reason = None
        since = self._view.since if self._view.state is HubState.UP else now
        unreached = None
        if status.reached is False:
            unreached = now if self._view.unreached_since is None else self._view.unreached_since
        self._view = LinkView(
            HubState.UP,
            since,
            round_trip_ms=self._round_trip(status.echo, now),
            certificate_ends=status.certificate_ends,
            certificate_begins=status.certificate_begins,
            reached=status.reached,
            reached_why=status.why,
            unreached_since=unreached,
            bytes_month=status.bytes_month,
            seen_from=status.seen_from or self._view.seen_from,
            clock_ahead=status.at - wall,
        )

    def question(self, now: float) -> int | None:
        """The number to ask the hub with, None while it is not time to ask."""
        if self._view.state is not HubState.UP or now - self._asked_at < ASKED_EVERY_SECONDS:
            return None
        self._asked_at = now
        self._number += 1
        self._asked = {self._number: now, **dict(list(self._asked.items())[:3])}
        return self._number

    def is_silent(self, now: float) -> bool:
        """Whether the connection is half open: end it, and tell `ended` with SILENT."""
        return now - self._last_sign >= (SILENT_AFTER_SECONDS if self._has_spoken else FIRST_LINE_SECONDS)

    def ended(self, reason: HubReason, now: float) -> None:
        """The connection is over, or could not be made."""
        if self._lost_at is None or self._was_steady(now):
            self._failures, self._lost_at = 0, now
        self._failures += 1
        self._reason = reason
        self._view = replace(
            self._view,
            state=HubState.DOWN,
            since=self._lost_at,
            reason=reason_words(reason, self._hub),
            why=reason,
            round_trip_ms=None,
            reached=None,
            reached_why="",
            unreached_since=None,
        )

    @property
    def should_let_go(self) -> bool:
        """Whether the hub may still hold the former session: let go before connecting."""
        return self._reason in LEAVES_A_SESSION

    def delay(self, now: float, jitter: float) -> float:
        """Seconds to wait before the next try; `jitter` is 0..1, chosen by the caller.

        At most five seconds in the first ten minutes, later up to a minute; and a minute soon where a person must act,
        for a hub that refuses a key shuts out who asks on and on.
        """
        if self._failures == 0:
            return 0.0
        out_for = 0.0 if self._lost_at is None else now - self._lost_at
        longest = LONGEST_OFTEN_SECONDS if out_for < OFTEN_FOR_SECONDS else LONGEST_LATER_SECONDS
        if self._reason in OWNER_MUST_ACT:
            return delay_after(
                self._failures, jitter, first=FIRST_DELAY_IF_REFUSED, factor=2, longest=LONGEST_LATER_SECONDS
            )
        return delay_after(self._failures, jitter, first=FIRST_DELAY_SECONDS, factor=2, longest=longest)

    def _was_steady(self, now: float) -> bool:
        return self._view.state is HubState.UP and now - self._view.since >= STEADY_SECONDS

    def _round_trip(self, echo: int | None, now: float) -> float | None:
        asked = None if echo is None else self._asked.pop(echo, None)
        return self._view.round_trip_ms if asked is None else (now - asked) * 1000
