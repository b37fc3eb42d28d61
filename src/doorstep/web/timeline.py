"""What there is of one camera in a span: recorded stretches, gaps with their reasons, and events, in one answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import Query, Response
from pydantic import BaseModel, Field

from doorstep.core.camera import CameraId, CameraStatus
from doorstep.core.timeline import BriefTimeline, EventMark, Timeline, reaching_now, stretches, within
from doorstep.web.delivery_shapes import known_channels
from doorstep.web.event_shapes import EventShape, event_shape
from doorstep.web.gate import Asker, Parts, SeenCamera, resource
from doorstep.web.instants import parse_optional_instant, rfc3339, rfc3339_or_none
from doorstep.web.parts import WebParts
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


class BriefClipShape(BaseModel):
    """How much video there is of an event; `here` is false where none of it lies on this machine."""

    seconds: float
    bytes: int
    here: bool


class BriefEventShape(BaseModel):
    """Of an event what a timeline draws; a day may have thousands."""

    id: str
    started_at: str
    ended_at: str | None
    causes: list[str]
    clip: BriefClipShape | None


class TimelineShape(BaseModel):
    """What there is of a camera in [from, to), oldest first; not `complete` where the oldest rows were left out."""

    camera: str
    since: str = Field(alias="from")
    until: str = Field(alias="to")
    recorded: list[StretchShape]
    gaps: list[GapShape]
    events: list[EventShape] | list[BriefEventShape]
    complete: bool


@router.get("/cameras/{camera_id}/timeline", response_model=TimelineShape)
async def get_timeline(
    camera: SeenCamera,
    parts: Parts,
    asker: Asker,
    since: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    until: Annotated[str | None, Query(alias="to", max_length=40)] = None,
    events: Literal["whole", "brief"] = "whole",
) -> TimelineShape | Response:
    """From `from` to `to`, at most seven days; the last day where both are missing.

    `recorded` and `gaps` are cut to the span; events are those that touch it, oldest first, with `events=brief` only
    what a timeline draws of them.
    """
    now = parts.clock.now()
    first, last = _span(since, until, now)
    if events == "brief":
        body = await run_sync(_brief, parts, camera, first, last, now)
        return Response(body, media_type="application/json")
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
    frame = _frame(camera, first, last, found)
    return TimelineShape(**frame, events=[event_shape(event, may_know) for event in found.events])


def _brief(parts: WebParts, camera: CameraStatus, first: datetime, last: datetime, now: datetime) -> bytes:
    """The same as bytes, without a model for each of ten thousand events; in a thread, too."""
    found = parts.catalog.brief_timeline(camera.id, first, last, MOST_ROWS)
    if camera.recording:
        found = replace(found, spans=tuple(reaching_now(found.spans, now)))
    told = {**_frame(camera.id, first, last, found), "events": [_brief_event(mark) for mark in found.marks]}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _frame(camera: CameraId, first: datetime, last: datetime, found: Timeline | BriefTimeline) -> dict[str, Any]:
    """All but the events, as `TimelineShape` has it."""
    return {
        "camera": camera,
        "from": rfc3339(first),
        "to": rfc3339(last),
        "recorded": [_stretch(one.starts_at, one.ends_at) for one in stretches(found.spans, first, last)],
        "gaps": [
            {**_stretch(gap.starts_at, gap.ends_at), "reason": gap.reason} for gap in within(found.gaps, first, last)
        ],
        "complete": found.complete,
    }


def _stretch(starts_at: datetime, ends_at: datetime) -> dict[str, str]:
    return {"starts_at": rfc3339(starts_at), "ends_at": rfc3339(ends_at)}


def _brief_event(mark: EventMark) -> dict[str, object]:
    """As `BriefEventShape` has it."""
    has_clip = mark.seconds is not None
    return {
        "id": mark.id,
        "started_at": rfc3339(mark.started_at),
        "ended_at": rfc3339_or_none(mark.ended_at),
        "causes": mark.causes,
        "clip": {"seconds": mark.seconds, "bytes": mark.size, "here": mark.is_here} if has_clip else None,
    }
