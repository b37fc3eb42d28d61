"""Pictures of what was recorded, for who looks through a day: one large, or a sheet of small ones.

They show what a clip shows, so they need the right to clips.
"""

from typing import Annotated

from fastapi import Query, Request, Response

from doorstep.core.errors import Overtaken
from doorstep.core.past_picture import LARGEST_PICTURE, MOST_TILES, PreviewGrid, grid_of
from doorstep.web.gate import Asker, Parts, SeenCamera, get_and_head, resource
from doorstep.web.instants import parse_instant, rfc3339
from doorstep.web.problems import Refusal
from doorstep.web.seen_recordings import note_seen

router = resource("timeline")

Instant = Annotated[str, Query(max_length=40)]
SMALLEST_PICTURE = 64


@get_and_head(router, "/cameras/{camera_id}/frame.jpg", "image/jpeg")
async def get_frame(
    camera: SeenCamera,
    parts: Parts,
    asker: Asker,
    request: Request,
    at: Instant,
    width: Annotated[int, Query(ge=SMALLEST_PICTURE, le=LARGEST_PICTURE)] = 1280,
) -> Response:
    """The nearest key frame at or before `at`, at most `width` pixels wide; Doorstep-Shown-At says when it was.

    404 with the reason where nothing was kept; 503 where the same asker wished for a newer one meanwhile.
    """
    instant = parse_instant(at, "at")
    try:
        picture = await parts.past.frame(camera.id, instant, (width, width), asker.id)
    except OverflowError:
        raise _bad_time() from None
    except Overtaken as error:
        raise _overtaken(error) from None
    note_seen(request, asker, camera.id, picture.shown_at, picture.shown_at)
    return Response(picture.jpeg, headers={"Doorstep-Shown-At": rfc3339(picture.shown_at)}, media_type="image/jpeg")


@get_and_head(router, "/cameras/{camera_id}/previews.jpg", "image/jpeg")
async def get_previews(
    camera: SeenCamera,
    parts: Parts,
    asker: Asker,
    request: Request,
    since: Annotated[str, Query(alias="from", max_length=40)],
    every: Annotated[int, Query(ge=1, le=3600)] = 10,
    count: Annotated[int, Query(ge=1, le=MOST_TILES)] = 30,
) -> Response:
    """One JPEG of `count` small pictures, one `every` so many seconds from `from` on, rounded down to a multiple of it.

    Where nothing was kept at such an instant, the first picture of what begins before the next one stands for it.
    Doorstep-Tiles tells their layout, as 160x90x6 (wide, high, in a row); Doorstep-First-At the instant of the first;
    Doorstep-Kept has a 1 for each that was kept and a 0 for each black one.  What lies off-site only is not fetched.
    """
    try:
        grid = grid_of(parse_instant(since, "from"), every, count)
        sheet = await parts.past.previews(camera.id, _on_the_calendar(grid), asker.id)
    except OverflowError:
        raise _bad_time() from None
    except Overtaken as error:
        raise _overtaken(error) from None
    headers = {
        "Doorstep-Tiles": f"{sheet.tile_width}x{sheet.tile_height}x{sheet.columns}",
        "Doorstep-First-At": rfc3339(grid.since),
        "Doorstep-Kept": "".join(str(int(kept)) for kept in sheet.kept),
    }
    shown = [at for at, kept in zip(grid.instants, sheet.kept, strict=False) if kept]
    if shown:
        note_seen(request, asker, camera.id, shown[0], shown[-1])
    return Response(sheet.jpeg, headers=headers, media_type="image/jpeg")


def _on_the_calendar(grid: PreviewGrid) -> PreviewGrid:
    """Raises OverflowError."""
    _ = grid.until
    return grid


def _bad_time() -> Refusal:
    return Refusal(400, "bad-time", "This must be a time of this calendar.")


def _overtaken(error: Overtaken) -> Refusal:
    return Refusal(503, "overtaken", str(error), {"Retry-After": "1"})
