"""Live video as HLS: playlists, init segments, segments and parts.  What they hold lives in `ports.HlsFeed`."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Request, Response

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing
from doorstep.ports import HlsPlace
from doorstep.web.gate import Parts, SeenCamera, get_and_head, play_key_of, resource
from doorstep.web.hls_viewers import HlsViewers
from doorstep.web.problems import Refusal, not_found
from doorstep.web.shared_body import SharedBody

PLAYLIST = "application/vnd.apple.mpegurl"
_LARGEST = 2**53

router = resource("cameras")


@get_and_head(router, "/cameras/{camera_id}/live/index.m3u8", PLAYLIST)
async def get_index(camera: SeenCamera, parts: Parts, request: Request) -> Response:
    """The address to open.  The first request of anybody waits for the first two seconds of video."""
    _count(request, camera.id, opens=True)
    try:
        text = await parts.hls.master(camera.id, _query_of(request))
    except BlobMissing as error:
        raise not_found() from error
    return _playlist(text)


@get_and_head(router, "/cameras/{camera_id}/live/hls/media.m3u8", PLAYLIST)
async def get_playlist(
    camera: SeenCamera,
    parts: Parts,
    request: Request,
    msn: Annotated[int | None, Query(alias="_HLS_msn", ge=0, le=_LARGEST)] = None,
    part: Annotated[int | None, Query(alias="_HLS_part", ge=0, le=_LARGEST)] = None,
) -> Response:
    """The playlist of segments; with _HLS_msn (and _HLS_part) once it holds that one.

    A reload without them waits for the next segment: Chromium's own player gives up where a reload brings nothing new.
    """
    if msn is None and part is not None:
        raise Refusal(400, "invalid", "_HLS_part needs _HLS_msn beside it.")
    _count(request, camera.id)
    viewers = _viewers_of(request)
    wanted = None if msn is None else HlsPlace(msn, part)
    try:
        after = viewers.listed(request, camera.id)
        text = await parts.hls.playlist(camera.id, wanted, _query_of(request), after)
    except ValueError as error:
        raise Refusal(400, "too-far-ahead", str(error)) from error
    except BlobMissing as error:
        raise not_found() from error
    if wanted is None and text is not None:
        viewers.lists(request, camera.id, parts.hls.newest(camera.id))
    return _playlist(text)


@get_and_head(router, "/cameras/{camera_id}/live/hls/{piece}", "video/mp4")
async def get_piece(camera: SeenCamera, parts: Parts, request: Request, piece: str) -> Response:
    """An init segment, a segment or a part, by the name that stands in the playlist."""
    _count(request, camera.id)
    try:
        return SharedBody(await parts.hls.piece(camera.id, piece), "video/mp4")
    except BlobMissing as error:
        raise not_found() from error


def _count(request: Request, camera: CameraId, *, opens: bool = False) -> None:
    _viewers_of(request).asked(request, camera, opens=opens)


def _viewers_of(request: Request) -> HlsViewers:
    viewers: HlsViewers = request.app.state.hls_viewers
    return viewers


def _query_of(request: Request) -> str:
    """What every address of the playlist ends with: a player that came with a key has nothing else to show."""
    key = play_key_of(request)
    return "" if key is None else f"?key={quote(key, safe='')}"


def _playlist(text: str | None) -> Response:
    if text is None:
        raise Refusal(503, "no-video", "This camera sends no video now.", {"Retry-After": "2"})
    return Response(text, media_type=PLAYLIST)
