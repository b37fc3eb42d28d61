"""Clips as downloads: of the last minutes of a camera, and of an event."""

from typing import Annotated

from fastapi import Query, Request, Response

from doorstep.web.clip_body import clip_response
from doorstep.web.gate import Asker, KeptEvent, Parts, SeenCamera, get_and_head, resource
from doorstep.web.instants import parse_span
from doorstep.web.problems import Refusal
from doorstep.web.recent_clips import recent_clips_of

router = resource("clips")

Text = Annotated[str | None, Query(max_length=40)]


@get_and_head(router, "/cameras/{camera_id}/clip", "video/mp4")
async def cut_clip(
    camera: SeenCamera,
    parts: Parts,
    asker: Asker,
    request: Request,
    duration: Text = None,
    start: Text = None,
    end: Text = None,
    kind: Annotated[str, Query(alias="format", max_length=40)] = "mp4",
) -> Response:
    """The last `duration` seconds, or those that end at `end`, or from `start` to `end`.

    The headers Doorstep-Starts-At and Doorstep-Ends-At say what the clip shows: a gap may have shortened it.
    """
    if kind != "mp4":
        raise Refusal(400, "format", "This version of Doorstep makes clips as mp4 only.")
    first, last = parse_span(duration, start, end, parts.clock.now(), parts.longest_clip_seconds)
    recent = recent_clips_of(request)
    key = (asker.id, camera.id, duration or "", start or "", end or "")
    clip = recent.meant_by(request, key)
    if clip is None:
        clip = recent.remember(key, await parts.clips.of_span(camera.id, first, last))
    return clip_response(request, clip, "attachment")


@get_and_head(router, "/events/{event_id}/clip.mp4", "video/mp4")
async def get_event_clip(event: KeptEvent, parts: Parts, asker: Asker, request: Request) -> Response:
    """The event's clip, as far as it is recorded."""
    recent = recent_clips_of(request)
    key = (asker.id, "event", event.id)
    clip = recent.meant_by(request, key)
    if clip is None:
        clip = recent.remember(key, await parts.clips.of_event(event))
    return clip_response(request, clip, "inline")
