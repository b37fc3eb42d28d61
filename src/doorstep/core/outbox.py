"""A delivery: one alert on its way by one channel, and when to try it again.  Sending lives in `pipeline`."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from doorstep.core.alert import Alert
from doorstep.core.backoff import delay_after

FIRST_DELAY_SECONDS = 5.0
DELAY_FACTOR = 2.0
LONGEST_DELAY_SECONDS = 15 * 60.0
GIVEN_UP_AFTER = timedelta(hours=24)


class DeliveryState(StrEnum):
    """Where a delivery stands; DUE is the only one that is tried (again)."""

    DUE = "due"
    ACCEPTED = "accepted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert by one channel.  `attempts` counts tries so far, `next_at` is when the next one is due."""

    alert: Alert
    channel: str
    state: DeliveryState
    attempts: int
    next_at: datetime
    outcome: str = ""

    @property
    def id(self) -> str:
        """The idempotency key: one alert goes over one channel once."""
        return f"{self.alert.id}:{self.channel}"


def after_failure(delivery: Delivery, at: datetime, jitter: float, outcome: str, *, final: bool = False) -> Delivery:
    """The delivery after a try that failed at `at`: due again after a growing delay, or given up.

    It is given up when the channel said no for good (`final`), or once the alert is a day old.  `jitter` is 0..1;
    `outcome` is a plain sentence.  What was accepted or given up before stays so.
    """
    if delivery.state is not DeliveryState.DUE:
        return delivery
    attempts = delivery.attempts + 1
    if final or at - delivery.alert.at >= GIVEN_UP_AFTER:
        return replace(delivery, state=DeliveryState.FAILED, attempts=attempts, outcome=outcome)
    delay = delay_after(attempts, jitter, first=FIRST_DELAY_SECONDS, factor=DELAY_FACTOR, longest=LONGEST_DELAY_SECONDS)
    return replace(delivery, attempts=attempts, next_at=at + timedelta(seconds=delay), outcome=outcome)


def after_success(delivery: Delivery, at: datetime) -> Delivery:
    """The delivery after the channel took the alert at `at`: accepted, also when it had been given up before."""
    if delivery.state is DeliveryState.ACCEPTED:
        return delivery
    return replace(
        delivery, state=DeliveryState.ACCEPTED, attempts=delivery.attempts + 1, next_at=at, outcome="accepted"
    )


def is_due(delivery: Delivery, at: datetime) -> bool:
    """Whether to try it now.

    A next try that lies further ahead than any delay means that the clock was set back: it is tried at once.
    """
    if delivery.state is not DeliveryState.DUE:
        return False
    ahead = delivery.next_at - at
    return ahead <= timedelta() or ahead > timedelta(seconds=LONGEST_DELAY_SECONDS)
