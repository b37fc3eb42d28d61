"""Tests of the doorstep: begins one, has its visitor watched, cleans up.  The rules: `core.rehearsal`."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from secrets import token_hex

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.errors import (
    BlobMissing,
    CatalogUnavailable,
    RehearsalRefused,
    SpanUnavailable,
    StoreUnavailable,
)
from doorstep.core.rehearsal import Rehearsal, RehearsalReport, RehearsalState, Step
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.rehearsal_walk import OwnLane, Told, Walk
from doorstep.pipeline.supervisor import keep_running
from doorstep.ports import CameraDirectory, Catalog, ClipBuilder, Clock

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 0.1
MOST_REPORTS = 50
DRAIN_SECONDS = 10.0
CLIP_SECONDS = 15.0
PROBLEM = "test"
BROKEN = "The test itself broke off; see the log."

MakeLane = Callable[[CameraId, Walk], OwnLane]
"""The lane of a camera's test, on the event loop; raises RehearsalRefused with the reason."""


class Rehearsals:
    """One task, and one test at a time; the newest reports are remembered.  Used on the event loop.

    The outcome of the last test of a camera stands on the health board until a later one passes.
    """

    def __init__(
        self,
        cameras: CameraDirectory,
        make_lane: MakeLane,
        rows: EventRows,
        catalog: Catalog,
        clips: ClipBuilder,
        told: Told,
        health: HealthBoard,
        clock: Clock,
    ) -> None:
        self._cameras = cameras
        self._make_lane = make_lane
        self._rows = rows
        self._catalog = catalog
        self._clips = clips
        self._told = told
        self._health = health
        self._clock = clock
        self._known: OrderedDict[str, Walk] = OrderedDict()
        self._next: tuple[Walk, OwnLane] | None = None
        self._running: Walk | None = None
        self._wake = asyncio.Event()

    def begin(self, camera: CameraId) -> str:
        """The id of its report; of the one that runs, where that is this camera's.  Raises RehearsalRefused."""
        running = self._running
        if running is not None:
            if running.rehearsal.camera == camera:
                return running.rehearsal.id
            msg = "A test of another camera is running. Wait for its end, which takes at most two minutes."
            raise RehearsalRefused(msg)
        if self._cameras.camera(camera) is None:
            msg = f"There is no camera {camera}."
            raise RehearsalRefused(msg)
        rehearsal = Rehearsal(token_hex(8), camera, self._clock.now())
        walk = Walk(rehearsal, self._cameras, self._rows, self._told, self._clock)
        lane = self._make_lane(camera, walk)
        rehearsal.expect(self._told.recipients(), self._told.acknowledging())
        self._remember(walk)
        self._next, self._running = (walk, lane), walk
        self._wake.set()
        return rehearsal.id

    def report(self, rehearsal_id: str) -> RehearsalReport | None:
        """Of one of the newest tests, running or over."""
        walk = self._known.get(rehearsal_id)
        return walk.rehearsal.report() if walk is not None else None

    async def run(self) -> None:
        """Carry them out, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            due, self._next = self._next, None
            if due is not None:
                try:
                    await self._carry_out(*due)
                finally:
                    self._running = None

    async def _carry_out(self, walk: Walk, lane: OwnLane) -> None:
        log.info("test of the doorstep begun", camera=walk.rehearsal.camera, test=walk.rehearsal.id)
        try:
            await self._watch(walk, lane)
        finally:  # also of one that broke off
            walk.rehearsal.give_up(BROKEN)
            await self._free(lane)
            self._tell(walk.rehearsal.report())

    async def _watch(self, walk: Walk, lane: OwnLane) -> None:
        lane.buffered.on_segment = _both(lane.buffered.on_segment, walk.segment_kept)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(keep_running("test", lane.pipeline.run, self._clock, lane.health))
            try:
                while not walk.rehearsal.is_over:
                    await self._clock.sleep(LOOK_EVERY_SECONDS)
                    walk.look(lane, self._health)
                    await self._play_the_clip(walk)
                await self._end(walk, lane)
            finally:
                running.cancel()

    async def _play_the_clip(self, walk: Walk) -> None:
        """Once its event is over and listed: what cannot be had as a clip was not kept."""
        if walk.event is None or walk.rehearsal.waits_for(Step.RECORDED) or not walk.rehearsal.waits_for(Step.STORED):
            return
        try:
            async with asyncio.timeout(CLIP_SECONDS):
                event = await asyncio.to_thread(self._catalog.event, walk.event)
                if event is None or event.ended_at is None or event.unfinished:
                    return
                clip = await self._clips.of_event(event)
                await asyncio.to_thread(lambda: sum(map(len, clip.read(0, clip.size))))
        except (BlobMissing, SpanUnavailable, StoreUnavailable) as error:
            walk.rehearsal.failed(Step.STORED, str(error))
        except CatalogUnavailable:
            return  # it may yet come; else the health board says why
        except TimeoutError:
            walk.rehearsal.failed(Step.STORED, "The disk did not answer in time.")
        else:
            walk.rehearsal.reached(Step.STORED, self._clock.now())

    async def _end(self, walk: Walk, lane: OwnLane) -> None:
        lane.pipeline.close_event()
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await lane.pipeline.drained()
        except TimeoutError:
            log.warning("the recording of a test was not finished", test=walk.rehearsal.id)
            if walk.event is not None:  # nobody writes it any more: retention may have it
                self._rows.not_recorded(walk.event)
                self._rows.no_still(walk.event)

    async def _free(self, lane: OwnLane) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await asyncio.to_thread(lane.free)
        except TimeoutError:
            log.warning("the buffer of a test could not be freed in time; the next start does it")

    def _tell(self, report: RehearsalReport) -> None:
        log.info("test of the doorstep over", camera=report.camera, state=report.state, summary=report.summary)
        key, status = f"{PROBLEM}:{report.camera}", self._cameras.camera(report.camera)
        if report.state is RehearsalState.PASSED or status is None:
            self._health.clear(key)
            return
        remedy = "Mend what it names, then test again under Settings, Notifications."
        self._health.report(key, f"The test of {status.name} failed. {report.summary}", remedy)

    def _remember(self, walk: Walk) -> None:
        self._known[walk.rehearsal.id] = walk
        while len(self._known) > MOST_REPORTS:
            self._known.popitem(last=False)


def _both(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    def tell() -> None:
        first()
        second()

    return tell
