"""Begins a test of the doorstep once a day, at the owner's hour.  What a test is: `rehearsals`."""

from datetime import datetime, tzinfo

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.errors import RehearsalRefused
from doorstep.core.rehearsal import Daily
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.rehearsals import PROBLEM, Rehearsals
from doorstep.ports import Clock

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 15.0


class NightlyTest:
    """One task.  A server that starts after the hour tests the next day."""

    def __init__(
        self,
        rehearsals: Rehearsals,
        camera: CameraId,
        minutes: int,
        zone: tzinfo,
        health: HealthBoard,
        clock: Clock,
    ) -> None:
        """`minutes` since midnight in `zone`."""
        self._rehearsals = rehearsals
        self._camera = camera
        self._minutes = minutes
        self._zone = zone
        self._health = health
        self._clock = clock

    async def run(self) -> None:
        """For ever."""
        daily = Daily(self._minutes, self._now())
        while True:
            await self._clock.sleep(LOOK_EVERY_SECONDS)
            if daily.is_due(self._now()):
                self._begin()

    def _now(self) -> datetime:
        return self._clock.now().astimezone(self._zone)

    def _begin(self) -> None:
        try:
            self._rehearsals.begin(self._camera)
        except RehearsalRefused as error:
            log.warning("the nightly test could not begin", camera=self._camera, reason=str(error))
            key = f"{PROBLEM}:{self._camera}"  # as the test's own: the next one that passes clears it
            self._health.report(key, f"The nightly test could not begin: {error}", "Mend that, or test by hand.")
