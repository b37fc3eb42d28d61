"""All cameras of this server: the directory that the web asks, and where a press or trigger finds its camera."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

from doorstep.core.camera import CameraId, CameraStatus
from doorstep.core.clock_state import Dating
from doorstep.core.event import Cause
from doorstep.core.settings import CameraSettings
from doorstep.pipeline.camera_pipeline import CameraPipeline
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.supervisor import keep_running
from doorstep.ports import Clock


class Cameras:
    """The `CameraDirectory` port over the running pipelines, in the order of the config.

    Each pipeline is a task of its own: whatever happens to one, also a bug that ends it, the others do not notice.
    They may be started and stopped while it runs.
    """

    def __init__(self, pipelines: Sequence[CameraPipeline], clock: Clock, health: HealthBoard) -> None:
        self._pipelines = {pipeline.settings.id: pipeline for pipeline in pipelines}
        self._clock = clock
        self._health = health
        self._tasks: asyncio.TaskGroup | None = None
        self._running: dict[CameraId, asyncio.Task[None]] = {}

    # ------------------------------------------------------------------------------------------- for those who ask

    def cameras(self) -> Sequence[CameraStatus]:
        """All of them."""
        return [pipeline.status() for pipeline in self._pipelines.values()]

    def camera(self, camera_id: CameraId) -> CameraStatus | None:
        """One of them."""
        pipeline = self._pipelines.get(camera_id)
        return pipeline.status() if pipeline is not None else None

    def name_of(self, camera_id: CameraId) -> str:
        """What the owner calls it; its id where there is none such."""
        pipeline = self._pipelines.get(camera_id)
        return pipeline.settings.name if pipeline is not None else camera_id

    def settings(self) -> Sequence[CameraSettings]:
        """What the owner has chosen for each, now."""
        return [pipeline.settings for pipeline in self._pipelines.values()]

    async def trigger(self, camera_id: CameraId, cause: Cause, note: str, at: datetime | None = None) -> None:
        """A press or a trigger from outside, of a camera that was known a moment ago; now, where `at` is None."""
        pipeline = self._pipelines.get(camera_id)
        if pipeline is None:
            return  # the config was reloaded meanwhile
        if cause is Cause.PRESS:
            pipeline.pressed(note, at)
        else:
            pipeline.triggered(note, at)

    # ------------------------------------------------------------------------------------------------ their running

    async def run(self) -> None:
        """All of them, until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                for pipeline in self._pipelines.values():
                    self._begin(pipeline)
                await asyncio.Event().wait()  # cameras may come later
        finally:
            self._tasks = None
            self._running.clear()

    def start(self, pipeline: CameraPipeline) -> None:
        """One more, or one that was stopped, at the end of the order."""
        self._pipelines[pipeline.settings.id] = pipeline
        self._begin(pipeline)

    async def stop(self, camera_id: CameraId, seconds: float) -> bool:
        """Close its event, let its recordings end, at most so long, and end its tasks.  True when all are whole.

        It is shown until `remove` or another `start` with the same id.
        """
        pipeline = self._pipelines[camera_id]
        pipeline.close_event()
        is_whole = await _drained([pipeline], seconds)
        task = self._running.pop(camera_id, None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        pipeline.withdraw()
        return is_whole

    def remove(self, camera_id: CameraId) -> None:
        """It was stopped and does not come back."""
        del self._pipelines[camera_id]
        self._health.clear(f"test:{camera_id}")

    def try_now(self) -> None:
        """Whichever waits for its next try need not."""
        for pipeline in self._pipelines.values():
            pipeline.try_now()

    def redate(self, dating: Dating) -> None:
        """The clock was set for the first time: what was told by its guess gets its right time."""
        for pipeline in self._pipelines.values():
            pipeline.redate(dating)

    def arrange(self, order: Iterable[CameraId]) -> None:
        """Show them in this order, which names each of them."""
        self._pipelines = {camera_id: self._pipelines[camera_id] for camera_id in order}

    async def finish(self, seconds: float) -> bool:
        """Close every running event and wait for the recordings, at most so long.  True when all are whole."""
        pipelines = list(self._pipelines.values())
        for pipeline in pipelines:
            pipeline.close_event()
        return await _drained(pipelines, seconds)

    def _begin(self, pipeline: CameraPipeline) -> None:
        camera_id = pipeline.settings.id
        if self._tasks is not None:
            name = f"camera {camera_id}"
            running = keep_running(name, pipeline.run, self._clock, self._health)
            self._running[camera_id] = self._tasks.create_task(running, name=name)


async def _drained(pipelines: Sequence[CameraPipeline], seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            for pipeline in pipelines:
                await pipeline.drained()
    except TimeoutError:
        return False
    return True
