"""One channel's part of the outbox: what waits for it, and the one delivery that is being tried."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from doorstep.core.alert import AlertId
from doorstep.core.clock_state import Dating
from doorstep.core.delivery import Delivery, DeliveryState, is_due
from doorstep.core.recipient import Recipient
from doorstep.core.redating import dated_delivery
from doorstep.core.standing import Standing
from doorstep.ports import Clock, Notifier

LONGEST_QUEUE = 500


@dataclass(slots=True)
class Lane:
    """A slow channel delays nobody else.  Used on the event loop by the outbox alone.

    `over` is set once it is closed and nothing is being tried any more.
    """

    standing: Standing
    notifier: Notifier
    waiting: dict[str, Delivery] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    trying: str = ""
    closed: bool = False
    is_ending: bool = False

    @property
    def recipient(self) -> Recipient:
        """Who is told by it."""
        return self.standing.recipient

    @property
    def channel(self) -> str:
        """What its deliveries are kept by."""
        return self.recipient.channel

    def add(self, delivery: Delivery) -> Delivery | None:
        """One more; the oldest, where that is one too many."""
        oldest = self.waiting.pop(next(iter(self.waiting))) if len(self.waiting) >= LONGEST_QUEUE else None
        self.waiting[delivery.id] = delivery
        self.wake.set()
        return oldest

    def keep(self, delivery: Delivery) -> None:
        """As it is now: one that is not due any more waits no longer."""
        if delivery.state is DeliveryState.DUE:
            self.waiting[delivery.id] = delivery
        else:
            self.waiting.pop(delivery.id, None)

    def of(self, alert: AlertId) -> Delivery | None:
        """What waits here of one alert."""
        return next((delivery for delivery in self.waiting.values() if delivery.alert.id == alert), None)

    def next_due(self, now: datetime) -> Delivery | None:
        """What to try now, if anything: who waits for an answer goes first."""
        due = (delivery for delivery in self.waiting.values() if is_due(delivery, now))
        return min(due, key=lambda one: (not one.alert.is_urgent, one.attempts > 0, one.next_at), default=None)

    async def serve(self, clock: Clock, attempt: Callable[[Delivery], Awaitable[None]]) -> None:
        """Try what is due, one after another, until cancelled; once `is_ending` nothing is begun any more."""
        while not self.is_ending:
            now = clock.now()
            delivery = self.next_due(now)
            if delivery is None:
                await self.until_due(now)
            else:
                await attempt(delivery)
                _end_if_asked()
        await asyncio.Event().wait()

    def works(self, now: datetime) -> None:
        """Its channel took an alert: of what failed before, the next is tried at once, and so on while that works."""
        failed = [one for key, one in self.waiting.items() if one.attempts and key != self.trying]
        if failed:
            again = min(failed, key=lambda one: one.next_at)
            self.waiting[again.id] = replace(again, next_at=min(again.next_at, now))
            self.wake.set()

    async def until_due(self, now: datetime) -> None:
        """Wait until something is, or might be."""
        next_at = min((delivery.next_at for delivery in self.waiting.values()), default=None)
        try:
            async with asyncio.timeout(None if next_at is None else (next_at - now).total_seconds()):
                await self.wake.wait()
        except TimeoutError:
            pass
        self.wake.clear()

    def close(self, given_up: Callable[[Delivery], None]) -> None:
        """Nobody is told by it any more; what is being tried may end, the rest is given up."""
        self.closed = True
        for delivery in [one for key, one in self.waiting.items() if key != self.trying]:
            del self.waiting[delivery.id]
            given_up(delivery)
        if not self.trying:
            self.over.set()

    def redate(self, dating: Dating) -> None:
        """The clock was set for the first time: what waits is not late by that."""
        self.waiting = {key: dated_delivery(delivery, dating) for key, delivery in self.waiting.items()}
        self.wake.set()


def _end_if_asked() -> None:
    """A channel's library may have taken our end for itself, as `asyncio.wait_for` does before Python 3.12 when its
    answer comes in the same moment: what was told is noted, and then we end all the same.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
