"""Clips as downloads: of the last minutes of a camera, and of an event."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from starlette.responses import JSONResponse

from doorstep.core.clip_file import Clip, Conversion
from doorstep.core.clip_form import ClipForm, ClipKind
from doorstep.core.errors import BlobMissing, SpanUnavailable
from doorstep.core.event import Event
from doorstep.core.media import Codec
from doorstep.web.clip_body import clip_response
from doorstep.web.gate import Asker, KeptEvent, Parts, SeenCamera, get_and_head, resource
from doorstep.web.instants import parse_span
from doorstep.web.off_site import clip_off_site, lies_elsewhere
from doorstep.web.parts import WebParts
from doorstep.web.problems import Refusal
from doorstep.web.recent_clips import ClipKey, recent_clips_of
from doorstep.web.seen_recordings import note_seen

router = resource("clips")

Text = Annotated[str | None, Query(max_length=40)]


@dataclass(frozen=True, slots=True)
class Wish:
    """How a clip is wanted; `codec` is None where any is welcome."""

    form: ClipForm
    codec: Codec | None

    @property
    def words(self) -> tuple[str, ...]:
        """The same for the same wish."""
        return self.form.kind, str(self.form.exact), self.codec or ""


# A coroutine, as all dependencies are: FastAPI runs a plain function in a thread, which a stalled disk may use up.
async def _wish(
    kind: Annotated[str, Query(alias="format", max_length=40)] = "mp4", exact: Text = None, codec: Text = None
) -> Wish:
    form = ClipForm(_kind(kind), exact=_exact(exact))
    return Wish(form, _codec(codec, form))


Wished = Annotated[Wish, Depends(_wish)]


@get_and_head(router, "/cameras/{camera_id}/clip", "video/mp4")
async def cut_clip(
    camera: SeenCamera,
    parts: Parts,
    asker: Asker,
    request: Request,
    duration: Text = None,
    start: Text = None,
    end: Text = None,
    *,
    wish: Wished,
) -> Response:
    """The last `duration` seconds, or those that end at `end`, or from `start` to `end`.

    As `mp4` the longest part of the span without a gap, starting just where it was asked to; with `exact=0` from the
    key frame before that on, for players that ignore edit lists.  As `zip` every part, in files that each play alone,
    with a manifest.  Doorstep-Starts-At and Doorstep-Ends-At say what is shown, Doorstep-Missing-Seconds how much of
    the span is not, Doorstep-Parts in how many parts it was recorded.

    `codec=h264` turns H.265 into H.264, which takes a while: the answer waits, or with `Prefer: respond-async` is 202
    and tells how far it is and where to ask again.
    """
    form, wanted = wish.form, wish.codec
    first, last = parse_span(duration, start, end, parts.clock.now(), parts.longest_clip_seconds)
    recent = recent_clips_of(request)
    key = (asker.id, camera.id, duration or "", start or "", end or "", *wish.words)
    clip = recent.meant_by(request, key)
    if clip is None and wanted is not None and duration is None:
        clip = recent.known(key)  # its pictures are being converted, or were
    if clip is None:
        clip = recent.remember(key, await parts.clips.of_span(camera.id, first, last, form))
    note_seen(request, asker, camera.id, clip.starts_at, clip.ends_at)
    if wanted is not None:
        query = {"start": _instant(first), "end": _instant(last), "exact": str(int(form.exact)), "codec": wanted.value}
        fixed = (asker.id, camera.id, "", query["start"], query["end"], *wish.words)
        recent.remember(fixed, clip)
        href = f"/api/v1/cameras/{camera.id}/clip?{urlencode(query)}"
        return await _converted(request, parts, clip, href, (asker.id, camera.name))
    return clip_response(request, clip, "attachment", asker.id, camera.name)


@get_and_head(router, "/events/{event_id}/clip.mp4", "video/mp4")
async def get_event_clip(
    event: KeptEvent, parts: Parts, asker: Asker, request: Request, exact: Text = None, codec: Text = None
) -> Response:
    """The event's clip, as far as it is recorded; `exact` and `codec` as for any other clip.

    What is gone here is played from its copy off-site: a browser may be sent there (307), all others get it from here,
    and so does a browser that asks with `direct=0`, because it could not reach the bucket.
    """
    form = ClipForm(exact=_exact(exact))
    wanted = _codec(codec, form)
    recent = recent_clips_of(request)
    key: ClipKey = (asker.id, "event", event.id, str(form.exact))
    clip = recent.meant_by(request, key)
    if clip is None:
        found = await _clip_of(event, form, parts, request, as_it_is=wanted is None)
        if isinstance(found, Response):
            note_seen(request, asker, event.camera, event.started_at, event.ended_at or event.started_at)
            return found
        clip = recent.remember(key, found)
    note_seen(request, asker, event.camera, clip.starts_at, clip.ends_at)
    if wanted is not None:
        query = urlencode({"exact": str(int(form.exact)), "codec": wanted.value})
        href = f"/api/v1/events/{event.id}/clip.mp4?{query}"
        return await _converted(request, parts, clip, href, (asker.id, _name_of(event, parts)))
    return clip_response(request, clip, "inline", asker.id, _name_of(event, parts))


async def _clip_of(
    event: Event, form: ClipForm, parts: WebParts, request: Request, *, as_it_is: bool
) -> Clip | Response:
    """Out of what lies here, else off-site."""
    if lies_elsewhere(event):
        why = SpanUnavailable("The video of this event lies at another box.")
        return await clip_off_site(event, parts, request, why, as_it_is=as_it_is)
    try:
        return await parts.clips.of_event(event, form)
    except (BlobMissing, SpanUnavailable) as error:
        return await clip_off_site(event, parts, request, error, as_it_is=as_it_is)


def _name_of(event: Event, parts: WebParts) -> str:
    """Of its camera, which may be gone."""
    camera = parts.cameras.camera(event.camera)
    return camera.name if camera is not None else event.camera


async def _converted(request: Request, parts: WebParts, clip: Clip, href: str, for_whom: tuple[str, str]) -> Response:
    """The clip in H.264, now, or when it is done, for an asker, of a camera called so.

    Raises Refusal where it cannot be.
    """
    waits = "respond-async" not in request.headers.get("prefer", "").lower()
    made = await parts.clips.in_h264(clip, wait=waits)
    if isinstance(made, Clip):
        asker, camera = for_whom
        return clip_response(request, made, "attachment", asker, camera)
    if made.failed is not None:
        raise Refusal(503, "not-converted", made.failed, {"Retry-After": "30"})
    return _under_way(made, href)


def _under_way(made: Conversion, href: str) -> Response:
    """RFC 9110, 15.3.3, and RFC 7240, 4.1."""
    told = {"progress": made.progress, "cpu_seconds": made.cpu_seconds, "ahead": made.ahead, "href": href}
    headers = {"Location": href, "Retry-After": "2", "Preference-Applied": "respond-async"}
    return JSONResponse(told, 202, headers)


def _kind(text: str) -> ClipKind:
    try:
        return ClipKind(text)
    except ValueError:
        raise Refusal(400, "format", '"format" must be mp4 or zip.') from None


def _exact(text: str | None) -> bool:
    if text not in {None, "0", "1"}:
        raise Refusal(400, "exact", '"exact" must be 1, or 0 for players that ignore edit lists.')
    return text != "0"


def _codec(text: str | None, form: ClipForm) -> Codec | None:
    if text is None:
        return None
    if text != Codec.H264.value:
        raise Refusal(400, "codec", 'Clips come as they were recorded, or with "codec" h264.')
    if form.kind is ClipKind.ZIP:
        raise Refusal(400, "codec", "A ZIP holds clips as they were recorded. Ask for mp4, or without codec.")
    return Codec.H264


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
