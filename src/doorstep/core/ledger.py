"""The times and the cost of every stage of one alert.  Who writes the entries is the shell's business."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    """In the order in which an alert passes them."""

    CAPTURED = "captured"
    SEEN = "seen"
    DECIDED = "decided"
    SENT = "sent"
    ACCEPTED = "accepted"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One stage of one alert: when it was reached, by which channel if any, and what it cost."""

    stage: Stage
    at: datetime
    channel: str = ""
    cost_usd: float = 0.0


def milliseconds_since_capture(entries: tuple[LedgerEntry, ...], entry: LedgerEntry) -> int:
    """How long after the frame was captured `entry` was reached; after the first entry if none was (a press)."""
    captured = (one.at for one in entries if one.stage is Stage.CAPTURED)
    began = next(captured, None) or min((one.at for one in entries), default=entry.at)
    return round((entry.at - began).total_seconds() * 1000)
