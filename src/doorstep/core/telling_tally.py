"""How well people are told, in numbers since the start: by channel, and how long it took.  Showing them: `web`."""

from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.push_subscription import CHANNEL_PREFIX

BOUNDS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
"""Upper bounds of the buckets, in seconds; 1, 1.5 and 3 are what Doorstep promises."""

MOST_REMEMBERED = 5000
PUSH = CHANNEL_PREFIX.rstrip(":")


@dataclass(slots=True)
class Spread:
    """A histogram of seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def observe(self, seconds: float) -> None:
        """It took so long; less than nothing counts as nothing."""
        taken = max(0.0, seconds)
        self.counts[bisect_left(BOUNDS, taken)] += 1
        self.total += taken

    def cumulative(self) -> list[tuple[float, int]]:
        """For each bound, and infinity at last, how often it took no longer."""
        told, so_far = [], 0
        for bound, count in zip((*BOUNDS, inf), self.counts, strict=True):
            so_far += count
            told.append((bound, so_far))
        return told


@dataclass(slots=True)
class ChannelTally:
    """Of one channel: deliveries that were accepted or given up, shown and reacted to, and their seconds.

    `to_accepted` and `to_acknowledged` count from when the picture was taken or the button pressed.
    """

    accepted: int = 0
    failed: int = 0
    acknowledged: int = 0
    opened: int = 0
    to_accepted: Spread = field(default_factory=Spread)
    to_acknowledged: Spread = field(default_factory=Spread)


class TellingTally:
    """Hears of every delivery that is made or changed, on the event loop.  Tests are not counted.

    All devices of Web Push are one channel here, for they come and go.
    """

    def __init__(self) -> None:
        self._channels: dict[str, ChannelTally] = {}
        self._known: OrderedDict[str, Delivery] = OrderedDict()
        self._waiting: dict[str, tuple[str, datetime]] = {}

    def note(self, delivery: Delivery) -> None:
        """Each step counts once, however often it is told."""
        if delivery.alert.is_test:
            return
        channel = kind_of(delivery.channel)
        tally = self._channels.setdefault(channel, ChannelTally())
        if delivery.state is DeliveryState.DUE:
            self._waiting[delivery.id] = channel, delivery.alert.at
        else:
            self._waiting.pop(delivery.id, None)
        before = self._known.pop(delivery.id, None)
        self._known[delivery.id] = delivery
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        _count(tally, before, delivery)

    def channels(self, there: Iterable[str] = ()) -> Mapping[str, ChannelTally]:
        """By channel; of those that are `there` also before their first alert."""
        return {kind_of(channel): ChannelTally() for channel in there} | self._channels

    def waiting(self) -> Mapping[str, int]:
        """How many deliveries each channel still has before it, those that wait for their turn included."""
        return Counter(channel for channel, _ in self._waiting.values())

    def oldest(self, now: datetime) -> float:
        """Seconds since the oldest alert that waits; 0 where none does."""
        return max((max(0.0, (now - at).total_seconds()) for _, at in self._waiting.values()), default=0.0)


def kind_of(channel: str) -> str:
    """What its numbers are kept by."""
    return PUSH if channel.startswith(CHANNEL_PREFIX) else channel


def _count(tally: ChannelTally, before: Delivery | None, now: Delivery) -> None:
    """One that was never DUE before us is of a former run: of that only what is said now is ours."""
    was = before.state if before else DeliveryState.ACCEPTED
    at = now.alert.at
    if now.state is DeliveryState.ACCEPTED and was is not DeliveryState.ACCEPTED:
        tally.accepted += 1
        tally.to_accepted.observe((now.next_at - at).total_seconds())
    if now.state is DeliveryState.FAILED and was is not DeliveryState.FAILED:
        tally.failed += 1
    if now.acknowledged_at is not None and (before is None or before.acknowledged_at is None):
        tally.acknowledged += 1
        tally.to_acknowledged.observe((now.acknowledged_at - at).total_seconds())
    if now.opened_at is not None and (before is None or before.opened_at is None):
        tally.opened += 1
