"""What there is of one camera in a span: recorded stretches, gaps with their reasons, and events, in one answer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Query
from pydantic import BaseModel, Field

from doorstep.core.camera import CameraId
from doorstep.core.timeline import Timeline, reaching_now, stretches, within
from doorstep.web.delivery_shapes import known_channels
from doorstep.web.event_shapes import EventShape, event_shape
from doorstep.web.gate import Asker, Parts, SeenCamera, resource
from doorstep.web.instants import parse_optional_instant, rfc3339
from doorstep.web.problems import Refusal

router = resource("timeline")

A_DAY = timedelta(days=1)
LONGEST = timedelta(days=7, hours=1)
"""A week by the wall clock, also the one in which summer time ends."""
MOST_ROWS = 12_000
"""Of each kind: more than a week of minutes."""


class StretchShape(BaseModel):
    """Video without a hole."""

    starts_at: str
    ends_at: str


class GapShape(StretchShape):
    """Nothing was kept, and why."""

    reason: str


class TimelineShape(BaseModel):
    """What there is of a camera in [from, to), oldest first; not `complete` where the oldest rows were left out."""

    camera: str
    since: str = Field(alias="from")
    until: str = Field(alias="to")
    recorded: list[StretchShape]
    gaps: list[GapShape]
    events: list[EventShape]
    complete: bool


@router.get("/cameras/{camera_id}/timeline")
async def get_timeline(
    camera: SeenCamera,
    parts: Parts,
    asker: Asker,
    since: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    until: Annotated[str | None, Query(alias="to", max_length=40)] = None,
) -> TimelineShape:
    """From `from` to `to`, at most seven days; the last day where both are missing.

    `recorded` and `gaps` are cut to the span; events are those that touch it, oldest first.
    """
    now = parts.clock.now()
    first, last = _span(since, until, now)
    found = await run_sync(parts.catalog.timeline, camera.id, first, last, MOST_ROWS)
    if camera.recording:
        found = replace(found, spans=tuple(reaching_now(found.spans, now)))
    may_know = known_channels(asker, parts.telling.standings())
    return await run_sync(_shape, camera.id, first, last, found, may_know)


def _span(since: str | None, until: str | None, now: datetime) -> tuple[datetime, datetime]:
    """Raises Refusal."""
    first, last = parse_optional_instant(since, "from"), parse_optional_instant(until, "to")
    try:
        if last is None:
            last = now if first is None else min(now, first + A_DAY)
        if first is None:
            first = last - A_DAY
    except OverflowError as error:
        raise Refusal(400, "bad-time", '"from" and "to" must be times of this calendar.') from error
    if first >= last:
        raise Refusal(400, "bad-span", '"from" must lie before "to", and not in the future.')
    if last - first > LONGEST:
        raise Refusal(400, "bad-span", "A timeline may be at most seven days long.")
    return first, last


def _shape(
    camera: CameraId, first: datetime, last: datetime, found: Timeline, may_know: Callable[[str], bool]
) -> TimelineShape:
    """In a thread: a day has thousands of rows."""
    return TimelineShape(
        **{"camera": camera, "from": rfc3339(first), "to": rfc3339(last)},
        recorded=[
            StretchShape(starts_at=rfc3339(one.starts_at), ends_at=rfc3339(one.ends_at))
            for one in stretches(found.spans, first, last)
        ],
        gaps=[
            GapShape(starts_at=rfc3339(gap.starts_at), ends_at=rfc3339(gap.ends_at), reason=gap.reason)
            for gap in within(found.gaps, first, last)
        ],
        events=[event_shape(event, may_know) for event in found.events],
        complete=found.complete,
    )
