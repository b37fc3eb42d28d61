"""What fills the storage, for the owner: all together as the status has it, and of each camera."""

from math import isfinite

from anyio.to_thread import run_sync
from fastapi import Request
from pydantic import BaseModel

from doorstep.core.camera import CameraId
from doorstep.web.gate import Parts, resource
from doorstep.web.parts import WebParts
from doorstep.web.shapes import StorageShape
from doorstep.web.status import known_storage

router = resource("storage")


class CameraStorageShape(BaseModel):
    """What of it is one camera's; `name` is its id where it is none of ours any more."""

    camera: str
    name: str
    bytes: int


class StorageOfCamerasShape(BaseModel):
    """`storage` null where no catalog was there yet; `keep_days` is how old recordings may become."""

    storage: StorageShape | None
    keep_days: float | None
    cameras: list[CameraStorageShape]


@router.get("/storage")
async def get_storage(parts: Parts, request: Request) -> StorageOfCamerasShape:
    """The camera that fills it most comes first."""
    storage, sizes = await known_storage(parts, request), await run_sync(parts.bytes_by_camera)
    shown = sorted(sizes.items(), key=lambda one: (-one[1], one[0]))
    return StorageOfCamerasShape(
        storage=storage,
        keep_days=parts.keep_days() if isfinite(parts.keep_days()) else None,
        cameras=[CameraStorageShape(camera=camera, name=_name(parts, camera), bytes=size) for camera, size in shown],
    )


def _name(parts: WebParts, camera_id: CameraId) -> str:
    camera = parts.cameras.camera(camera_id)
    return camera.name if camera is not None else camera_id
