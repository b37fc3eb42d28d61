"""Is Doorstep seeing, what is wrong, and how full is the storage."""

from collections.abc import Sequence

from anyio.to_thread import run_sync

from doorstep.core.access import Grant
from doorstep.core.health import Problem
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.parts import WebParts
from doorstep.web.shapes import StatusShape, StorageShape, problem_shape

router = resource("status")

_CAMERA_KEY = "camera:"
_DAY_SECONDS = 86400.0


@router.get("/status")
async def get_status(parts: Parts, asker: Asker) -> StatusShape:
    """For the owner's page and for scripts; a camera's problems only for those who may see it."""
    problems = visible_problems(parts, asker)
    return StatusShape(
        version=parts.version,
        seeing=sees_everything(problems),
        problems=[problem_shape(problem) for problem in problems],
        storage=await run_sync(_storage, parts),
    )


def sees_everything(problems: Sequence[Problem]) -> bool:
    """Nothing is wrong but what is minor."""
    return all(problem.minor for problem in problems)


def visible_problems(parts: WebParts, asker: Grant) -> list[Problem]:
    """Those of the whole house and of the asker's own cameras."""
    hidden = {f"{_CAMERA_KEY}{camera.id}" for camera in parts.cameras.cameras() if not asker.sees(camera.id)}
    return [
        problem
        for problem in parts.health.problems()
        if not any(problem.key == key or problem.key.startswith(f"{key}:") for key in hidden)
    ]


def _storage(parts: WebParts) -> StorageShape:
    """Blocks.  Days left: the space left, at the mean pace since the oldest recording."""
    used = parts.catalog.recorded_bytes()
    now = parts.clock.now()
    oldest = parts.catalog.expired_events(now, 1)
    free = parts.store.free_bytes()
    left = parts.storage_limit_bytes - used if free is None else min(parts.storage_limit_bytes - used, free)
    days_left = None
    if oldest and used > 0:
        days = max((now - oldest[0].started_at).total_seconds() / _DAY_SECONDS, 1.0)
        days_left = round(max(0, left) / (used / days), 1)
    return StorageShape(used_bytes=used, limit_bytes=parts.storage_limit_bytes, days_left=days_left)
