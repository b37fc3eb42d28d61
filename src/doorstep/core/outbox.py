"""A delivery: one alert on its way by one channel, and when to try it again.  Sending lives in `pipeline`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from doorstep.core.alert import Alert


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
