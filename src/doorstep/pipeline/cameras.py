"""All cameras of this server: the directory that the web asks, and where a press or trigger finds its camera."""

import asyncio
from collections.abc import Sequence

from doorstep.core.camera import CameraId, CameraStatus
from doorstep.core.event import Cause
from doorstep.pipeline.camera_pipeline import CameraPipeline


class Cameras:
    """The `CameraDirectory` port over the running pipelines, in the order of the config."""

    def __init__(self, pipelines: Sequence[CameraPipeline]) -> None:
        self._pipelines = {pipeline.settings.id: pipeline for pipeline in pipelines}

    def cameras(self) -> Sequence[CameraStatus]:
        """All of them."""
        return [pipeline.status() for pipeline in self._pipelines.values()]

    def camera(self, camera_id: CameraId) -> CameraStatus | None:
        """One of them."""
        pipeline = self._pipelines.get(camera_id)
        return pipeline.status() if pipeline is not None else None

    async def trigger(self, camera_id: CameraId, cause: Cause, note: str) -> None:
        """A press or a trigger from outside; the camera is known."""
        pipeline = self._pipelines[camera_id]
        if cause is Cause.PRESS:
            pipeline.pressed(note)
        else:
            pipeline.triggered(note)

    async def run(self) -> None:
        """All of them, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for pipeline in self._pipelines.values():
                tasks.create_task(pipeline.run(), name=f"camera {pipeline.settings.id}")

    async def finish(self, seconds: float) -> bool:
        """Close every running event and wait for the recordings, at most so long.  True when all are whole."""
        for pipeline in self._pipelines.values():
            pipeline.close_event()
        try:
            async with asyncio.timeout(seconds):
                for pipeline in self._pipelines.values():
                    await pipeline.drained()
        except TimeoutError:
            return False
        return True
