"""A file that says until when this server was alive: one that a start finds was left by a run that just ended."""

import asyncio
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog

from doorstep.core.health_rules import STEADY_AFTER_SECONDS, restart_is_told, restarted
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock

log = structlog.get_logger()

NAME = "alive"
EVERY_SECONDS = 60.0
KEY = "restarted"


class AliveFile:
    """`run` is one task on the event loop; the rest blocks.

    Two instants, a line each: when it was last alive, and when a restart was last told.
    """

    def __init__(self, data: Path, health: HealthBoard, clock: Clock, steady: float = STEADY_AFTER_SECONDS) -> None:
        self._path = data / NAME
        self._health = health
        self._clock = clock
        self._steady = steady
        self._told_at: datetime | None = None

    async def run(self) -> None:
        """Look what the last run left, then say every minute that this one is alive."""
        left = await asyncio.to_thread(self._left)
        began, lived = self._clock.now(), 0.0
        if left is not None:
            self._told_at = left[1]
        while True:
            if left is not None and restart_is_told(self._told_at, began, lived):
                self._tell(left[0], began)
                left = None
            await asyncio.to_thread(self._write)
            await self._clock.sleep(EVERY_SECONDS)
            lived += EVERY_SECONDS

    def ended(self) -> None:
        """This run ends as it should.  Called last."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _tell(self, alive_until: datetime, began: datetime) -> None:
        self._told_at = began
        trouble = restarted(alive_until, began)
        log.warning("the last run ended without a word", alive_until=alive_until.isoformat())
        self._health.report(KEY, trouble.what, trouble.remedy, self._steady, minor=trouble.minor)

    def _left(self) -> tuple[datetime, datetime | None] | None:
        try:
            alive_until, _, told_at = self._path.read_text(encoding="utf-8").strip().partition("\n")
            return datetime.fromisoformat(alive_until), datetime.fromisoformat(told_at) if told_at else None
        except (OSError, ValueError):  # none, or cut off by a power cut: then the catalog's recovery tells the rest
            return None

    def _write(self) -> None:
        lines = [self._clock.now().isoformat(), *([self._told_at.isoformat()] if self._told_at else [])]
        with suppress(OSError):  # a disk in trouble is told already
            self._path.write_text("\n".join(lines), encoding="utf-8")
