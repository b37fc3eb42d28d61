"""The cameras, how they are, and their pictures of now.  Clips and presses have their own files."""

from email.utils import format_datetime

from fastapi import Request, Response

from doorstep.web.gate import Asker, Parts, SeenCamera, get_and_head, resource
from doorstep.web.mjpeg import PictureStream
from doorstep.web.problems import Refusal
from doorstep.web.shapes import CameraShape, CamerasShape, camera_shape

router = resource("cameras")


@router.get("/cameras")
async def list_cameras(parts: Parts, asker: Asker) -> CamerasShape:
    """All that the asker may see, in the order of the config file."""
    return CamerasShape(cameras=[camera_shape(camera) for camera in parts.cameras.cameras() if asker.sees(camera.id)])


@router.get("/cameras/{camera_id}")
async def get_camera(camera: SeenCamera) -> CameraShape:
    """One camera."""
    return camera_shape(camera)


@get_and_head(router, "/cameras/{camera_id}/snapshot.jpg", "image/jpeg")
async def get_snapshot(camera: SeenCamera, parts: Parts, *, quiet: bool = False) -> Response:
    """The newest picture; the header Doorstep-Picture-Age says how many milliseconds old it is.

    Where there is none yet the answer is 503, or with `?quiet=1` an empty 204, which no browser calls an error.
    """
    snapshot = await parts.live.snapshot(camera.id)
    if snapshot is None and quiet:
        return Response(status_code=204)
    if snapshot is None:
        raise Refusal(503, "no-picture", "This camera has not shown a picture yet.", {"Retry-After": "2"})
    age = max(0, round((parts.clock.now() - snapshot.taken_at).total_seconds() * 1000))
    headers = {
        "Doorstep-Picture-Age": str(age),
        "Last-Modified": format_datetime(snapshot.taken_at.replace(microsecond=0), usegmt=True),
    }
    return Response(snapshot.jpeg, headers=headers, media_type="image/jpeg")


@router.get(
    "/cameras/{camera_id}/live.mjpeg",
    response_class=Response,
    responses={200: {"content": {"multipart/x-mixed-replace": {}}}},
)
async def watch_live(camera: SeenCamera, parts: Parts, request: Request) -> Response:
    """Pictures as they come, until the viewer goes or may no longer watch.  Refused (429) where too many watch."""
    return PictureStream(request, camera.id, parts.live.pictures(camera.id))
