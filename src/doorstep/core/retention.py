"""Which recordings have had their time.  Pure choice; who carries it out is the sweeper in `pipeline`.

Two classes: minute files of cameras that are always recorded, and events.  A minute that holds a part of an event is
not loose, and stays as long as the event does; of too many bytes the loose minutes go first.  What waits to go off-site
goes last of all, and never for its age: weeks without a line cost nothing while there is room.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from doorstep.core.event import Event, EventId
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.settings import RetentionSettings
from doorstep.core.upload import UploadState

SECONDS_A_DAY = 86_400.0


def expired(
    events: Sequence[Event],
    now: datetime,
    used_bytes: int,
    settings: RetentionSettings,
    waiting: Collection[EventId] = frozenset(),
) -> tuple[Event, ...]:
    """Those of `events` (oldest first) that must go, oldest first; never one that still runs or is unfinished.

    An event goes when it began more than `days` ago, or while all recordings together (`used_bytes`) exceed
    `max_bytes`; for the bytes alone nothing goes whose going frees none.  One whose video lies in minute files frees
    what is not known before these are loose: for the bytes it is the last that goes at once.

    Those that are `waiting` to go off-site never go by their age, and for the bytes behind all others.
    """
    gone: list[Event] = []
    for event in sorted(events, key=lambda one: one.id in waiting):
        if event.ended_at is None or event.unfinished:
            continue
        size = event.recording.size if event.recording is not None else 0
        in_minutes = event.recording is not None and event.recording.in_minutes
        too_much = used_bytes > settings.max_bytes and (size > 0 or in_minutes)
        too_old = is_too_old(event, now, settings) and event.id not in waiting
        if too_old or too_much:
            gone.append(event)
            used_bytes -= 0 if in_minutes else size
        if in_minutes and too_much and not too_old:
            break
    return tuple(gone)


def is_too_old(event: Event, now: datetime, settings: RetentionSettings) -> bool:
    """Whether it began more than `days` ago."""
    return (now - event.started_at).total_seconds() > settings.days * SECONDS_A_DAY


def outlives_its_video(event: Event, upload: UploadState | None, now: datetime, settings: RetentionSettings) -> bool:
    """Whether row and pictures stay where only its bytes must go: its copy lies off-site, or its story is told so."""
    has_copy = upload in {UploadState.DONE, UploadState.DUE}
    return has_copy and event.deleted_at is None and not event.is_test and not is_too_old(event, now, settings)


def expired_minutes(
    loose: Sequence[RecordedSpan], kept_since: datetime, used_bytes: int, max_bytes: int
) -> tuple[RecordedSpan, ...]:
    """Those of the loose minute files (oldest first) that must go, oldest first.

    One goes when it ended before `kept_since`, or while all recordings together (`used_bytes`) exceed `max_bytes`.
    """
    gone: list[RecordedSpan] = []
    for span in loose:
        if span.ends_at >= kept_since and used_bytes <= max_bytes:
            break
        if span.whole:
            gone.append(span)
            used_bytes -= span.size
    return tuple(gone)


def days_left(used_bytes: int, limit_bytes: int, bytes_per_day: float) -> float | None:
    """Days until the limit is reached at this rate, 0 once it is; None where nothing is being recorded."""
    if bytes_per_day <= 0.0:
        return None
    return max(0, limit_bytes - used_bytes) / bytes_per_day
