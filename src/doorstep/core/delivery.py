"""A delivery: one alert on its way by one channel, and when to try it again.  Sending lives in `pipeline`."""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from doorstep.core.alert import Alert, AlertId
from doorstep.core.backoff import delay_after

FIRST_DELAY_SECONDS = 5.0
DELAY_FACTOR = 2.0
LONGEST_DELAY_SECONDS = 15 * 60.0
GIVEN_UP_AFTER = timedelta(hours=24)
TEST_GIVEN_UP_AFTER = timedelta(seconds=30)


BEING_TRIED = "on its way"
"""The outcome of a delivery while it is tried: who finds it so after the end does not know whether it arrived."""

LONGEST_ID = 300
"""The id of a delivery: so it fits into a push, and into the address by which a device acknowledges it."""

AGAIN = ":again"
"""In the id of an alert that is told because nobody knows whether the first arrived; `:again-2` is the second such."""

_AGAIN_AT_END = re.compile(rf"(.*?){AGAIN}(?:-([0-9]{{1,9}}))?", re.DOTALL)
"""Nowhere else: ids may hold names that people chose."""

TOO_LATE = "it was too late when Doorstep started again"

MOST_AGAIN = 5
"""A process that each alert brings down must not tell it for ever."""


class DeliveryState(StrEnum):
    """Where a delivery stands; DUE is the only one that is tried (again), SPARED was not sent on purpose."""

    DUE = "due"
    ACCEPTED = "accepted"
    FAILED = "failed"
    SPARED = "spared"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert, without its picture, by one channel.

    `attempts` counts tries so far, `next_at` is when the next one is due.

    `told_to` is the recipient's name.  `acknowledged_at` is when the device said that it showed the alert, `opened_at`
    when somebody reacted to it.
    """

    alert: Alert
    channel: str
    state: DeliveryState
    attempts: int
    next_at: datetime
    outcome: str = ""
    told_to: str = ""
    acknowledged_at: datetime | None = None
    opened_at: datetime | None = None

    @property
    def id(self) -> str:
        """The idempotency key: one alert goes over one channel once."""
        return delivery_id(self.alert.id, self.channel)


def delivery_id(alert: AlertId, channel: str) -> str:
    """Of the delivery of this alert by this channel: at most LONGEST_ID characters, else the hash of them."""
    name = f"{alert}:{channel}"
    return name if len(name) <= LONGEST_ID else hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def lives_for(alert: Alert) -> timedelta:
    """An alert that is as old as this is told no more."""
    return TEST_GIVEN_UP_AFTER if alert.is_test else GIVEN_UP_AFTER


def after_failure(
    delivery: Delivery, at: datetime, jitter: float, outcome: str, *, final: bool = False, wait: float = 0.0
) -> Delivery:
    """The delivery after a try that failed at `at`: due again after a growing delay, or given up.

    The delay is at least the `wait` that the channel asks for, as far as that is no longer than any delay.

    It is given up when the channel said no for good (`final`), or once the alert is a day old, one of a test half a
    minute.  `jitter` is 0..1; `outcome` is a plain sentence.  What was accepted or given up before stays so.
    """
    if delivery.state is not DeliveryState.DUE:
        return delivery
    attempts = delivery.attempts + 1
    if final or at - delivery.alert.at >= lives_for(delivery.alert):
        return replace(delivery, state=DeliveryState.FAILED, attempts=attempts, outcome=outcome)
    delay = delay_after(attempts, jitter, first=FIRST_DELAY_SECONDS, factor=DELAY_FACTOR, longest=LONGEST_DELAY_SECONDS)
    delay = max(delay, min(wait, LONGEST_DELAY_SECONDS))
    return replace(delivery, attempts=attempts, next_at=at + timedelta(seconds=delay), outcome=outcome)


def after_success(delivery: Delivery, at: datetime) -> Delivery:
    """The delivery after the channel took the alert at `at`: accepted, also when it had been given up before."""
    if delivery.state is DeliveryState.ACCEPTED:
        return delivery
    return replace(
        delivery, state=DeliveryState.ACCEPTED, attempts=delivery.attempts + 1, next_at=at, outcome="accepted"
    )


def after_end(delivery: Delivery, at: datetime) -> tuple[Delivery, Delivery | None]:
    """What a process left behind that ended during a try: the same alert must not be told twice, nor be lost.

    So it failed, and another alert is due that says what happened, MOST_AGAIN of them at most.
    """
    why = "Doorstep was ended while it was on its way; it may have arrived"
    failed = replace(delivery, state=DeliveryState.FAILED, outcome=why)
    alert = delivery.alert
    known = _AGAIN_AT_END.fullmatch(alert.id)
    first, number = (known[1], int(known[2] or 1) + 1) if known else (alert.id, 1)
    if number > MOST_AGAIN or at - alert.at >= lives_for(alert):
        return failed, None
    text = f"Doorstep was ended while this was on its way, so you may have it already. {alert.text}"
    name = f"{first}{AGAIN}" if number == 1 else f"{first}{AGAIN}-{number}"
    again = replace(alert, id=AlertId(name), text=alert.text if known else text)
    return failed, replace(delivery, alert=again, attempts=0, next_at=at, outcome="")


def after_start(delivery: Delivery, at: datetime) -> tuple[Delivery | None, Delivery | None]:
    """What a new process makes of one that is due: what is over by that, if anything is, and what is due now."""
    if delivery.outcome == BEING_TRIED:
        return after_end(delivery, at)
    if at - delivery.alert.at >= lives_for(delivery.alert):
        return after_failure(delivery, at, 0.0, TOO_LATE, final=True), None
    return None, delivery


def further(one: Delivery, other: Delivery) -> Delivery:
    """Of two records of one delivery the one that was made later; `one` where nothing tells.

    What is over is not due again, what was given up may still be accepted, tries only become more, and what was shown
    or opened stays so.
    """
    order = (DeliveryState.DUE, DeliveryState.SPARED, DeliveryState.FAILED, DeliveryState.ACCEPTED)

    def reached(each: Delivery) -> tuple[int, int, bool, bool]:
        shown, opened = each.acknowledged_at is not None, each.opened_at is not None
        return order.index(each.state), each.attempts, opened, shown

    return max(one, other, key=reached)


def after_choice(delivery: Delivery, why: str) -> Delivery:
    """The delivery that nobody wants sent, or needs any more; `why` is for people.  What is over stays as it is."""
    if delivery.state is not DeliveryState.DUE:
        return delivery
    return replace(delivery, state=DeliveryState.SPARED, outcome=why)


def after_acknowledged(delivery: Delivery, at: datetime, *, opened: bool) -> Delivery:
    """The delivery once the device said at `at` that it showed the alert, or (`opened`) that somebody reacted.

    The first word of each kind counts.  Who shows an alert has it, whatever the channel said; one that was never tried
    stays as it is, for nobody can have seen it.
    """
    if not delivery.attempts:
        return delivery
    known = after_success(delivery, at)
    opened_at = delivery.opened_at or (at if opened else None)
    return replace(known, acknowledged_at=delivery.acknowledged_at or at, opened_at=opened_at)


def was_tried(delivery: Delivery) -> bool:
    """Whether a try of it is over."""
    return delivery.state is not DeliveryState.DUE or (delivery.attempts > 0 and delivery.outcome != BEING_TRIED)


def is_due(delivery: Delivery, at: datetime) -> bool:
    """Whether to try it now.

    A next try that lies further ahead than any delay means that the clock was set back: it is tried at once.
    """
    if delivery.state is not DeliveryState.DUE:
        return False
    ahead = delivery.next_at - at
    return ahead <= timedelta() or ahead > timedelta(seconds=LONGEST_DELAY_SECONDS)
