"""What was told by a guess, as it is once the clock is set: events, gaps, minutes and deliveries, each wholly."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from doorstep.core.clock_state import NOTICED_STEP, Dating, Guess
from doorstep.core.delivery import Delivery
from doorstep.core.event import Event, Moved, Tick
from doorstep.core.gap import Gap
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.segment import Segment
from doorstep.core.tracking import Sighting


def dated_event(event: Event, dating: Dating, guess: Guess | None) -> Event:
    """The event with all its times; `guess` is by what it is told from now on.  Its id and its keys stay."""
    recording = event.recording
    if recording is not None:
        starts_at, ends_at = dating.dated(recording.starts_at), dating.dated(recording.ends_at)
        recording = replace(recording, starts_at=starts_at, ends_at=ends_at)
    return replace(
        event,
        started_at=dating.dated(event.started_at),
        last_seen_at=dating.dated(event.last_seen_at),
        ended_at=redated(event.ended_at, dating),
        deleted_at=redated(event.deleted_at, dating),
        recording=recording,
        ledger=tuple(replace(entry, at=dating.dated(entry.at)) for entry in event.ledger),
        guess=guess,
    )


def dated_gap(gap: Gap, dating: Dating) -> Gap:
    """The gap, as long as it was."""
    return replace(gap, starts_at=dating.dated(gap.starts_at), ends_at=dating.dated(gap.ends_at))


def dated_span(span: RecordedSpan, dating: Dating) -> RecordedSpan:
    """The minute file; its key and the times in the file itself stay."""
    return replace(span, starts_at=dating.dated(span.starts_at), ends_at=dating.dated(span.ends_at))


def dated_delivery(delivery: Delivery, dating: Dating) -> Delivery:
    """The delivery and its alert; the words that were sent stay."""
    alert = replace(delivery.alert, at=dating.dated(delivery.alert.at))
    return replace(
        delivery,
        alert=alert,
        next_at=dating.dated(delivery.next_at),
        acknowledged_at=redated(delivery.acknowledged_at, dating),
        opened_at=redated(delivery.opened_at, dating),
    )


def dated_observation(seen: Sighting | Moved | Tick, dating: Dating) -> Sighting | Moved | Tick:
    """What was seen, by the clock as it is now."""
    if isinstance(seen, Sighting):
        return replace(seen, at=dating.dated(seen.at), first_at=dating.dated(seen.first_at))
    return replace(seen, at=dating.dated(seen.at))


def on_one_line(segments: Sequence[Segment], starts_at: datetime) -> tuple[Segment, ...]:
    """The segments of one recording as its row dates them: the first begins at `starts_at`.

    A file keeps its times as they were told; while it grew the clock may have been set.  Its decode times only rise, so
    what lies NOTICED_STEP or more beside them was told by another clock than what is before it, and follows that.
    """
    found: list[Segment] = []
    dating = Dating(starts_at - segments[0].starts_at) if segments else Dating(timedelta(0))
    for segment in segments:
        told = dating.dated(segment.starts_at)
        if found:
            regular = found[-1].wall_at(segment.first_dts)
            if abs(told - regular) > NOTICED_STEP:
                dating = Dating(regular - segment.starts_at)
        found.append(replace(segment, starts_at=dating.dated(segment.starts_at)))
    return tuple(found)


def redated_segment(segment: Segment | None, dating: Dating) -> Segment | None:
    """Of what somebody remembers."""
    return None if segment is None else replace(segment, starts_at=dating.dated(segment.starts_at))


def redated(at: datetime | None, dating: Dating) -> datetime | None:
    """The true time of what was told, if anything was."""
    return None if at is None else dating.dated(at)
