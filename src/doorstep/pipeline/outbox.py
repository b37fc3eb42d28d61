"""Sends alerts: from memory at once, and again from their rows until each channel has taken them or time is up."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from doorstep.core.alert import Alert, AlertId
from doorstep.core.clock_state import Dating
from doorstep.core.delivery import (
    BEING_TRIED,
    Delivery,
    DeliveryState,
    after_acknowledged,
    after_choice,
    after_failure,
    after_start,
    after_success,
)
from doorstep.core.escalation import NOT_NEEDED, first_try_at, is_his_turn
from doorstep.core.event import EventId
from doorstep.core.ledger import LedgerEntry, Stage
from doorstep.core.recipient import Recipient, Turn
from doorstep.core.standing import Standing
from doorstep.pipeline.alert_pictures import AlertPictures
from doorstep.pipeline.attempt import Attempts, Outcome
from doorstep.pipeline.disk_calls import AFew
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.lane import Lane
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.supervisor import keep_running
from doorstep.pipeline.told_alerts import ToldAlerts
from doorstep.ports import Clock

FAULT = "a fault in Doorstep itself, see the log"
GONE = "this recipient is no longer told"
NOT_IN_CONFIG = "this channel is no longer in the config"

MOST_LOOKED_UP = 4
"""Deliveries of old at a time: anybody may ask for any number of them, also while the disk stalls."""

SilenceOf = Callable[[Recipient, Alert], str | None]
"""Why somebody is not told an alert, in plain words; None where he is."""


class Outbox:
    """One task for each channel.  The row in the catalog is an alert's durability, never its trigger.

    Used on the event loop; what is not a coroutine returns at once.  `silence_of` is asked once for each alert and
    recipient.  `on_change` are told of every delivery that was made or changed.  None of them blocks or raises.
    """

    def __init__(
        self,
        book: RecipientBook,
        rows: EventRows,
        health: HealthBoard,
        clock: Clock,
        find: Callable[[str], Delivery | None] = lambda _delivery: None,
        pictures: AlertPictures | None = None,
    ) -> None:
        """`find` gives a delivery of old by its id; it blocks, and raises CatalogUnavailable."""
        self._book = book
        self._rows = rows
        self._health = health
        self._clock = clock
        self._find, self._look_up = find, AFew(MOST_LOOKED_UP).on_disk
        self._told = ToldAlerts()
        self._pictures = pictures or AlertPictures(health)
        self._attempts = Attempts(rows, health, clock, self._pictures)
        self._lanes: dict[str, Lane] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self.silence_of: SilenceOf = lambda _recipient, _alert: None
        self.on_change: list[Callable[[Delivery], None]] = []
        for recipient in book.recipients():
            self._open(recipient.channel)
        book.on_put, book.on_remove = self._open, self._close

    # -------------------------------------------------------------------------------------------- what is to be told

    def dispatch(self, alert: Alert) -> None:
        """Tell it to everybody who wants it, now; one that was dispatched before is not told again."""
        if alert.id in self._told:
            return
        alert = self._pictures.taken_off(alert)
        self._told.begin(alert)
        now = self._clock.now()
        for recipient in self._book.recipients():
            next_at = first_try_at(recipient, alert, now)
            delivery = Delivery(alert, recipient.channel, DeliveryState.DUE, 0, next_at, told_to=recipient.name)
            why = self.silence_of(recipient, alert)
            if why is None:
                self._enqueue(delivery)
            else:
                self._note(after_choice(delivery, why))
        self._hurry(alert.id)

    def send_to(self, channel: str, alert: Alert) -> str | None:
        """Tell it by this channel alone, whatever is wanted there; the delivery's id, None without such a channel."""
        recipient = self._book.recipient(channel)
        if recipient is None:
            return None
        alert = self._pictures.taken_off(alert)
        self._told.begin(alert)
        delivery = Delivery(alert, channel, DeliveryState.DUE, 0, self._clock.now(), told_to=recipient.name)
        self._enqueue(delivery)
        return delivery.id

    def restore(self, deliveries: Sequence[Delivery]) -> None:
        """Take up what a former run could not deliver; a channel that is gone fails in plain words.

        What is due is taken up; the others of the same alerts tell how it stands elsewhere.
        """
        for delivery in deliveries:
            self._told.begin(delivery.alert)
            self._told.keep(delivery)
        for delivery in deliveries:
            if delivery.state is DeliveryState.DUE:
                self._take_up(delivery)

    def _take_up(self, delivery: Delivery) -> None:
        over, due = after_start(delivery, self._clock.now())
        if over is not None:
            self._settled(over)
        if due is delivery and due.channel not in self._lanes:
            self._note(after_failure(due, self._clock.now(), 0.0, NOT_IN_CONFIG, final=True))
        elif due is delivery or (due and due.channel in self._lanes and self._told.delivery(due.id) is None):
            self._told.begin(due.alert)
            self._enqueue(due)

    def proven(self, accepted_at: Mapping[str, datetime]) -> None:
        """When channels took alerts in former runs."""
        for channel, at in accepted_at.items():
            lane = self._lanes.get(channel)
            if lane is not None and lane.standing.proven_at is None:
                lane.standing = replace(lane.standing, proven_at=at)

    def redate(self, dating: Dating) -> None:
        """The clock was set for the first time: what waits is not late by that."""
        self._told.redate(dating)
        for lane in self._lanes.values():
            lane.redate(dating)

    # ------------------------------------------------------------------------------------------------ what was told

    def snapshot_of(self, alert_id: AlertId) -> bytes | None:
        """The picture of one of the newest alerts."""
        return self._pictures.kept(alert_id)

    def deliveries_of(self, event: EventId) -> Sequence[Delivery]:
        """How the newest alerts of an event stand, as far as they are remembered; the catalog may know more, later."""
        return self._told.deliveries_of(event)

    def delivery(self, delivery_id: str) -> Delivery | None:
        """One of the newest."""
        return self._told.delivery(delivery_id)

    def standings(self) -> Sequence[Standing]:
        """How everybody stands, those of the config first."""
        lanes = (self._lanes[recipient.channel] for recipient in self._book.recipients())
        return [replace(lane.standing, waiting=len(lane.waiting)) for lane in lanes]

    async def acknowledge(self, delivery_id: str, person: str, *, opened: bool) -> bool:
        """This person's device shows the alert, or he reacted; False where no such delivery is his, or it never left.

        Raises CatalogUnavailable for one of old while the disk does not answer.
        """
        delivery = self._told.delivery(delivery_id) or await self._look_up(self._health, self._find, delivery_id)
        lane = self._lanes.get(delivery.channel) if delivery is not None else None
        if delivery is None or lane is None or lane.recipient.person != person:
            return False
        delivery = self._told.delivery(delivery_id) or delivery  # it may have come back while the disk was asked
        if not delivery.attempts:
            return False  # nobody can have seen it
        at = self._clock.now()
        changed = after_acknowledged(delivery, at, opened=opened)
        if changed != delivery:
            if delivery.acknowledged_at is None and delivery.alert.event is not None:
                self._rows.ledger(delivery.alert.event, LedgerEntry(Stage.ACKNOWLEDGED, at, delivery.channel))
            self._keep(lane, changed)
        return True

    # ------------------------------------------------------------------------------------------------------- lanes

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                for lane in self._lanes.values():
                    self._start(lane)
                await asyncio.Event().wait()  # lanes come and go
        finally:
            self._tasks = None

    async def finish(self, seconds: float) -> None:
        """Begin no try any more, and wait so long at most for those under way: nobody knows how they end else."""
        for lane in self._lanes.values():
            lane.is_ending = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while any(lane.trying for lane in self._lanes.values()):
                    await self._clock.sleep(0.05)

    def _open(self, channel: str) -> None:
        recipient, notifier = self._book.recipient(channel), self._book.notifier(channel)
        if recipient is None or notifier is None:
            return
        lane = self._lanes.get(channel)
        if lane is not None:
            lane.standing, lane.notifier = replace(lane.standing, recipient=recipient), notifier
            return
        self._lanes[channel] = Lane(Standing(recipient), notifier)
        self._start(self._lanes[channel])

    def _close(self, channel: str) -> None:
        lane = self._lanes.pop(channel)
        now = self._clock.now()
        lane.close(lambda delivery: self._settled(after_failure(delivery, now, 0.0, GONE, final=True)))
        self._health.clear(f"notifier:{channel}")

    def _start(self, lane: Lane) -> None:
        if self._tasks is not None:
            self._tasks.create_task(self._serve_until_over(lane), name=f"outbox {lane.channel}")

    async def _serve_until_over(self, lane: Lane) -> None:
        async with asyncio.TaskGroup() as tasks:
            name, serve = f"outbox {lane.recipient.name}", partial(lane.serve, self._clock, partial(self._try, lane))
            serving = tasks.create_task(keep_running(name, serve, self._clock, self._health))
            await lane.over.wait()
            serving.cancel()

    # -------------------------------------------------------------------------------------------------- deliveries

    def _enqueue(self, delivery: Delivery) -> None:
        oldest = self._lanes[delivery.channel].add(delivery)
        self._note(delivery)
        if oldest is not None:
            self._settled(after_failure(oldest, self._clock.now(), 0.0, "too many were waiting", final=True))

    async def _try(self, lane: Lane, delivery: Delivery) -> None:
        if not self._is_his_turn(lane, delivery, over=True):
            self._keep(lane, after_choice(delivery, NOT_NEEDED[lane.recipient.turn]))
            return
        # Due later before it is tried, so that a fault of ours on the way does not make it the first for ever.
        self._keep(lane, replace(self._attempts.later(delivery, BEING_TRIED), state=DeliveryState.DUE))
        lane.trying = delivery.id
        became: Outcome | None = partial(self._attempts.later, outcome=FAULT)
        try:
            became = await self._attempts.make(lane, delivery)
        except asyncio.CancelledError:  # we end, and nobody knows whether it arrived: it stays on its way
            became = None
            raise
        finally:
            if became is not None:
                self._after_attempt(lane, delivery, became)

    def _after_attempt(self, lane: Lane, delivery: Delivery, became: Outcome) -> None:
        lane.trying = ""
        if lane.closed:
            lane.over.set()
        known = self._told.delivery(delivery.id) or lane.waiting.get(delivery.id, delivery)
        changed = became(replace(delivery, alert=known.alert))  # the clock may have been set meanwhile
        if known.acknowledged_at is not None:  # the device was faster than its service's answer
            changed = after_success(changed, known.acknowledged_at)
            changed = replace(changed, acknowledged_at=known.acknowledged_at, opened_at=known.opened_at)
        elif changed.state is DeliveryState.DUE and lane.closed:
            changed = after_failure(changed, self._clock.now(), 0.0, GONE, final=True)
        elif changed.state is DeliveryState.DUE and delivery.id not in lane.waiting:
            return  # given up meanwhile, because too many were waiting
        self._keep(lane, changed)

    def _keep(self, lane: Lane, delivery: Delivery) -> None:
        lane.keep(delivery)
        self._settled(delivery)

    def _settled(self, delivery: Delivery) -> None:
        self._note(delivery)
        if delivery.state is DeliveryState.FAILED:
            self._hurry(delivery.alert.id)

    def _hurry(self, alert_id: AlertId) -> None:
        """Who waits for his turn is told at once where nobody before him gets it."""
        for lane in self._lanes.values():
            waiting = lane.of(alert_id) if lane.recipient.turn is not Turn.FIRST else None
            if waiting is not None and waiting.attempts == 0 and self._is_his_turn(lane, waiting, over=False):
                lane.waiting[waiting.id] = replace(waiting, next_at=self._clock.now())
                lane.wake.set()

    def _is_his_turn(self, lane: Lane, delivery: Delivery, *, over: bool) -> bool:
        known = self._told.deliveries(delivery.alert.id)
        return is_his_turn(lane.recipient, delivery.alert, self._book.recipients(), known, over=over)

    def _note(self, delivery: Delivery) -> None:
        self._told.keep(delivery)
        self._rows.delivery(delivery)
        for told in self.on_change:
            told(delivery)
