"""What there is of one camera in a span: stretches of video, gaps, events.  Joining only; rows live in `catalog`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from doorstep.core.cause import Cause
from doorstep.core.event import Event, EventId
from doorstep.core.gap import SHORTEST_GAP_SECONDS, Gap
from doorstep.core.recorded_span import RecordedSpan

GROWS_AT_MOST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Video without a hole that anybody would notice."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything that touches the span, each oldest first; not `complete` where there was more than is shown."""

    spans: Sequence[RecordedSpan]
    gaps: Sequence[Gap]
    events: Sequence[Event]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class EventMark:
    """Of an event what a timeline draws; `seconds`, `size` in bytes and `is_here` are its video's, None without any."""

    id: EventId
    started_at: datetime
    ended_at: datetime | None
    causes: tuple[Cause, ...]
    seconds: float | None = None
    size: int = 0
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class BriefTimeline:
    """As `Timeline`, of which ten thousand events are read and sent at once."""

    spans: Sequence[RecordedSpan]
    gaps: Sequence[Gap]
    marks: Sequence[EventMark]
    complete: bool = True


def brief(timeline: Timeline) -> BriefTimeline:
    """The same, with marks for events."""
    return BriefTimeline(timeline.spans, timeline.gaps, [mark_of(one) for one in timeline.events], timeline.complete)


def mark_of(event: Event) -> EventMark:
    """What is drawn of it."""
    mark, recording = EventMark(event.id, event.started_at, event.ended_at, event.causes), event.recording
    if recording is None:
        return mark
    runs = event.ended_at is None or event.unfinished
    return replace(mark, seconds=recording.seconds, size=recording.size, is_here=runs or recording.is_here)


def stretches(spans: Iterable[RecordedSpan], since: datetime, until: datetime) -> tuple[Stretch, ...]:
    """The spans within [since, until), oldest first, in any order given; those that touch or overlap are one."""
    joined: list[Stretch] = []
    for span in sorted(spans, key=lambda one: one.starts_at):
        begin, end = max(span.starts_at, since), min(span.ends_at, until)
        if begin >= end:
            continue
        if joined and begin - joined[-1].ends_at <= timedelta(seconds=SHORTEST_GAP_SECONDS):
            joined[-1] = replace(joined[-1], ends_at=max(joined[-1].ends_at, end))
        else:
            joined.append(Stretch(begin, end))
    return tuple(joined)


def reaching_now(spans: Iterable[RecordedSpan], now: datetime) -> Iterator[RecordedSpan]:
    """The spans of a camera that is being recorded: a file that still grows says where it ended once, not where it is.

    One that began long ago is none of those: it waits for a disk, or for the next start.
    """
    for span in spans:
        grows = not span.whole and timedelta() <= now - span.starts_at <= GROWS_AT_MOST
        yield replace(span, ends_at=max(span.ends_at, now)) if grows else span


def within(gaps: Iterable[Gap], since: datetime, until: datetime) -> tuple[Gap, ...]:
    """The parts of the gaps that lie within [since, until), oldest first."""
    cut = (replace(gap, starts_at=max(gap.starts_at, since), ends_at=min(gap.ends_at, until)) for gap in gaps)
    return tuple(sorted((gap for gap in cut if gap.starts_at < gap.ends_at), key=lambda gap: gap.starts_at))
