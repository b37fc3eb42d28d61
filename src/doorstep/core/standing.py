"""How a recipient stands: has he ever been reached, does it work now?  What is to be said about it: `health_rules`."""

from dataclasses import dataclass
from datetime import datetime

from doorstep.core.recipient import Recipient


@dataclass(frozen=True, slots=True)
class Standing:
    """`proven_at` is when his channel last took an alert, None for never; `trouble` why not now, empty if it works.

    `waiting` counts what is not taken yet, those that wait for their turn included.
    """

    recipient: Recipient
    proven_at: datetime | None = None
    trouble: str = ""
    waiting: int = 0
