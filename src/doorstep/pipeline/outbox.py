"""Sends alerts: from memory at once, and again from their rows until each channel has taken them or time is up."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from doorstep.core.alert import Alert
from doorstep.core.clock_state import Dating
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.ledger import LedgerEntry, Stage
from doorstep.core.outbox import Delivery, DeliveryState, after_failure, after_success, is_due
from doorstep.core.redating import dated_delivery
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.supervisor import keep_running
from doorstep.ports import Clock, Notifier

log = structlog.get_logger()

ATTEMPT_SECONDS = 20.0
LONGEST_QUEUE = 500


@dataclass(slots=True)
class Lane:
    """One channel with what waits for it: a slow one delays nobody else."""

    notifier: Notifier
    waiting: dict[str, Delivery] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Outbox:
    """One task for each channel.  The row in the catalog is an alert's durability, never its trigger."""

    def __init__(self, notifiers: Sequence[Notifier], rows: EventRows, health: HealthBoard, clock: Clock) -> None:
        self._lanes = {notifier.channel: Lane(notifier) for notifier in notifiers}
        self._rows = rows
        self._health = health
        self._clock = clock

    def dispatch(self, alert: Alert) -> None:
        """Tell it by every channel, now.  Returns at once."""
        for channel in self._lanes:
            self._enqueue(Delivery(alert, channel, DeliveryState.DUE, 0, self._clock.now()))

    def restore(self, deliveries: Sequence[Delivery]) -> None:
        """Take up what a former run could not deliver; a channel that is gone fails in plain words."""
        for delivery in deliveries:
            if delivery.state is not DeliveryState.DUE:
                continue
            if delivery.channel in self._lanes:
                self._enqueue(delivery)
            else:
                gone = "this channel is no longer in the config"
                self._rows.delivery(after_failure(delivery, self._clock.now(), 0.0, gone, final=True))

    def redate(self, dating: Dating) -> None:
        """The clock was set for the first time: what waits is not late by that."""
        for lane in self._lanes.values():
            lane.waiting = {key: dated_delivery(delivery, dating) for key, delivery in lane.waiting.items()}
            lane.wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for lane in self._lanes.values():
                name = f"outbox {lane.notifier.channel}"
                tasks.create_task(keep_running(name, partial(self._serve, lane), self._clock, self._health), name=name)

    def _enqueue(self, delivery: Delivery) -> None:
        lane = self._lanes[delivery.channel]
        if len(lane.waiting) >= LONGEST_QUEUE:
            oldest = lane.waiting.pop(next(iter(lane.waiting)))
            self._rows.delivery(after_failure(oldest, self._clock.now(), 0.0, "too many were waiting", final=True))
        lane.waiting[delivery.id] = delivery
        self._rows.delivery(delivery)
        lane.wake.set()

    async def _serve(self, lane: Lane) -> None:
        while True:
            now = self._clock.now()
            due = [delivery for delivery in lane.waiting.values() if is_due(delivery, now)]
            if due:
                await self._try(lane, min(due, key=lambda delivery: delivery.next_at))
            else:
                await self._sleep(lane, now)

    async def _try(self, lane: Lane, delivery: Delivery) -> None:
        # Due later before it is tried, so that a fault of ours on the way does not make it the first for ever.
        self._keep(lane, self._later(delivery, "a fault in Doorstep itself, see the log"))
        changed = await self._attempt(lane.notifier, delivery)
        if changed.state is DeliveryState.DUE and delivery.id not in lane.waiting:
            return  # given up meanwhile, because too many were waiting
        self._keep(lane, changed)

    def _keep(self, lane: Lane, delivery: Delivery) -> None:
        if delivery.state is DeliveryState.DUE:
            lane.waiting[delivery.id] = delivery
        else:
            lane.waiting.pop(delivery.id, None)
        self._rows.delivery(delivery)

    async def _sleep(self, lane: Lane, now: datetime) -> None:
        next_at = min((delivery.next_at for delivery in lane.waiting.values()), default=None)
        try:
            async with asyncio.timeout(None if next_at is None else (next_at - now).total_seconds()):
                await lane.wake.wait()
        except TimeoutError:
            pass
        lane.wake.clear()

    async def _attempt(self, notifier: Notifier, delivery: Delivery) -> Delivery:
        alert = delivery.alert
        sent_at = self._clock.now()
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                await notifier.send(alert)
        except NotifierRefused as error:
            return self._failed(delivery, str(error), final=True)
        except NotifierUnavailable as error:
            return self._failed(delivery, str(error), final=False)
        except TimeoutError:
            return self._failed(delivery, f"no answer within {ATTEMPT_SECONDS:.0f} s", final=False)
        accepted_at = self._clock.now()
        channel = notifier.channel
        self._rows.ledger(
            alert.event,
            LedgerEntry(Stage.SENT, sent_at, channel),
            LedgerEntry(Stage.ACCEPTED, accepted_at, channel),
        )
        self._health.clear(f"notifier:{channel}")
        log.info("alert accepted", channel=channel, alert=alert.id)
        return after_success(delivery, accepted_at)

    def _failed(self, delivery: Delivery, outcome: str, *, final: bool) -> Delivery:
        channel = delivery.channel
        again = "It is not tried again" if final else "It is tried again by itself"
        remedy = f"{again}; check the channel with `doorstep check`."
        if self._health.report(f"notifier:{channel}", f"Alerts by {channel} do not arrive: {outcome}", remedy):
            log.warning("alert not accepted", channel=channel, alert=delivery.alert.id, reason=outcome, final=final)
        return self._later(delivery, outcome, final=final)

    def _later(self, delivery: Delivery, outcome: str, *, final: bool = False) -> Delivery:
        jitter = random.random()  # noqa: S311 - jitter, not a secret
        return after_failure(delivery, self._clock.now(), jitter, outcome, final=final)
