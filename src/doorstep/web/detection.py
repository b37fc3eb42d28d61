"""The switch of detection: whether anybody is looked for at a camera.  What it means: `core/detection_switch`."""

from fastapi import Request
from pydantic import BaseModel, ConfigDict

from doorstep.web.gate import Asker, Parts, SeenCamera, resource
from doorstep.web.problems import not_found
from doorstep.web.shapes import CameraShape, camera_shape

router = resource("detection")


class DetectionWish(BaseModel):
    """On: look for persons and motion.  Off: nobody is told who comes, unless they ring."""

    model_config = ConfigDict(extra="forbid", strict=True)

    on: bool


@router.put("/cameras/{camera_id}/detection")
async def switch_detection(
    camera: SeenCamera, body: DetectionWish, parts: Parts, asker: Asker, request: Request
) -> CameraShape:
    """From the next picture on, until it is switched again, also over a restart; the audit log keeps who did it."""
    address = request.client.host if request.client else ""
    parts.switch_detection(camera.id, asker.account or asker.name, address, body.on)
    now = parts.cameras.camera(camera.id)
    if now is None:  # the config was reloaded meanwhile
        raise not_found()
    return camera_shape(now)
