"""Which recordings have had their time.  Pure choice; who carries it out is the sweeper in `pipeline`."""

from collections.abc import Sequence
from datetime import datetime

from doorstep.core.event import Event
from doorstep.core.settings import RetentionSettings

SECONDS_A_DAY = 86_400.0


def expired(events: Sequence[Event], now: datetime, used_bytes: int, settings: RetentionSettings) -> tuple[Event, ...]:
    """Those of `events` (oldest first) that must go, oldest first; never one that still runs.

    An event goes when it began more than `days` ago, or while all recordings together (`used_bytes`) exceed
    `max_bytes`; for the bytes alone nothing goes whose going frees none.
    """
    longest_age = settings.days * SECONDS_A_DAY
    gone: list[Event] = []
    for event in events:
        if event.ended_at is None:
            continue
        size = event.recording.size if event.recording is not None else 0
        too_much = used_bytes > settings.max_bytes and size > 0
        too_old = (now - event.started_at).total_seconds() > longest_age
        if too_old or too_much:
            gone.append(event)
            used_bytes -= size
    return tuple(gone)


def days_left(used_bytes: int, limit_bytes: int, bytes_per_day: float) -> float | None:
    """Days until the limit is reached at this rate, 0 once it is; None where nothing is being recorded."""
    if bytes_per_day <= 0.0:
        return None
    return max(0, limit_bytes - used_bytes) / bytes_per_day
