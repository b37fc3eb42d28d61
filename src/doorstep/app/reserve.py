"""Gives up the spare file while the disk is full, so that alerts can still be stored, and takes it back afterwards."""

from functools import partial
from pathlib import Path

import structlog

from doorstep.app.disk_at_start import give_up_spare, keep_spare
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock

log = structlog.get_logger()

EVERY_SECONDS = 2.0
UNWRITABLE = "catalog"
"""Of the problem that says that rows cannot be written."""


class Reserve:
    """Used on the event loop; what it asks of the disk is asked in a thread."""

    def __init__(self, data: Path, health: HealthBoard, clock: Clock) -> None:
        self._data = data
        self._health = health
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(EVERY_SECONDS)
            full = any(problem.key == UNWRITABLE for problem in self._health.problems())
            act = partial(give_up_spare if full else keep_spare, self._data)
            if await on_disk(self._health, act):
                log.info("the spare space was given up" if full else "the spare space is there again")
