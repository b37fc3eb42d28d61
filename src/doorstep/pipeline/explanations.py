"""Why events opened, collected look by look and written to the catalog.  What is kept of a look: `core/explanation`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Event, EventId, Moved, Observation, Sighting
from doorstep.core.explanation import Explanation, KeptLook, SeeingModel, kept_look
from doorstep.core.lead_up import LeadUp, dated
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.watcher import Look
from doorstep.ports import Catalog, Clock, Detector, FileDetector

log = structlog.get_logger()

WRITE_AGAIN_SECONDS = 5.0
"""Of a running event, which waits ever longer: a row a look would wear out an SD card."""

WAITS_OF_ITS_AGE = 0.5
ROUND_SECONDS = 0.5
RETRY_SECONDS = 5.0
MOST_WAITING = 64


@dataclass(slots=True)
class Seen:
    """What one camera saw lately, and the event that runs there."""

    lead_up: LeadUp = field(default_factory=LeadUp)
    running: EventId | None = None


@dataclass(slots=True)
class Unsaved:
    """An explanation that runs, or waits to be written; times are monotonic."""

    explanation: Explanation
    began: float
    changed: bool = True
    written_at: float | None = None
    over_at: float | None = None

    def is_due(self, now: float) -> bool:
        """At once, at the end, and between the two ever more seldom."""
        if not self.changed:
            return False
        if self.written_at is None or self.over_at is not None:
            return True
        return now - self.written_at >= max(WRITE_AGAIN_SECONDS, WAITS_OF_ITS_AGE * (self.written_at - self.began))


def _no_detector() -> Detector | None:
    """Where nobody looks."""
    return None


class Explanations:
    """One for all cameras of a server; used on the event loop only.

    A row is written once its event has one, and goes with that.  What cannot be written is tried again; of more than
    MOST_WAITING the oldest is given up, for it only explains.
    """

    def __init__(
        self,
        catalog: Catalog,
        rows: EventRows,
        health: HealthBoard,
        clock: Clock,
        detector: Callable[[], Detector | None] = _no_detector,
    ) -> None:
        self._catalog = catalog
        self._rows = rows
        self._health = health
        self._clock = clock
        self._detector = detector
        self._cameras: dict[CameraId, Seen] = {}
        self._unsaved: dict[EventId, Unsaved] = {}
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()

    def observed(self, camera: CameraId, running: Event | None, observation: Observation, look: Look | None) -> None:
        """Something was observed, with the look that found it out; `running` is the camera's event behind it."""
        seen = self._cameras.setdefault(camera, Seen())
        kept = None if look is None or not look.found.crops else _kept(observation, look)
        if kept is not None:
            seen.lead_up.looked(observation.at, kept)
        if look is not None and look.motion and isinstance(observation, Moved | Sighting):
            seen.lead_up.moved(observation.at, look.motion)
        if seen.running is not None and (running is None or running.id != seen.running):
            self._end(seen.running)
        if running is None:
            seen.running = None
        elif running.id != seen.running:
            seen.running = running.id
            self._begin(running, seen.lead_up, observation.at)
        elif kept is not None:
            self._add(running, observation.at, kept)

    def _begin(self, event: Event, lead_up: LeadUp, at: datetime) -> None:
        explanation = lead_up.explanation(event, at, self._model())
        self._unsaved[event.id] = Unsaved(explanation, self._clock.monotonic())
        if len(self._unsaved) > MOST_WAITING:
            del self._unsaved[next(iter(self._unsaved))]
        self._wake.set()

    def _add(self, event: Event, at: datetime, look: KeptLook) -> None:
        unsaved = self._unsaved.get(event.id)
        if unsaved is not None:
            model = unsaved.explanation.model or self._model()
            looked = unsaved.explanation.looked(dated(look, event, at))
            unsaved.explanation, unsaved.changed = replace(looked, model=model), True

    def _model(self) -> SeeingModel | None:
        detector = self._detector()
        return None if detector is None else seeing_model(detector)

    def _end(self, event_id: EventId) -> None:
        unsaved = self._unsaved.get(event_id)
        if unsaved is not None:
            unsaved.over_at = self._clock.monotonic()

    # ------------------------------------------------------------------------------------------- how it is written

    async def run(self) -> None:
        """For ever: write what is due, rest while nothing runs."""
        while True:
            await self._wake.wait()
            written = await self.write_due()
            if not self._unsaved:
                self._wake.clear()
            await self._clock.sleep(ROUND_SECONDS if written else RETRY_SECONDS)

    async def write_due(self, *, everything: bool = False) -> bool:
        """What is due, or all that is new; forgets what is over and written.  False where the catalog fails.

        The owner is told of that by those who write events.
        """
        async with self._writing:  # two writers could leave the older of two states behind
            for event_id, unsaved in list(self._unsaved.items()):
                try:
                    if unsaved.is_due(self._clock.monotonic()) or (everything and unsaved.changed):
                        await self._write(event_id, unsaved)
                except CatalogUnavailable:
                    return False
                if unsaved.over_at is not None and not unsaved.changed:
                    self._unsaved.pop(event_id, None)
            return True

    async def _write(self, event_id: EventId, unsaved: Unsaved) -> None:
        """Raises CatalogUnavailable."""
        explanation = unsaved.explanation
        had_row = self._rows.had_row(event_id)  # before it is looked for: it may come meanwhile
        if await on_disk(self._health, self._catalog.save_explanation, explanation):
            unsaved.written_at = self._clock.monotonic()
            unsaved.changed = unsaved.explanation is not explanation
        elif had_row or self._rows.latest(event_id) is None:
            unsaved.changed = False  # its event has no row any more; otherwise it has none yet


def _kept(observation: Observation, look: Look) -> KeptLook:
    score = observation.score if isinstance(observation, Sighting) else None
    return kept_look(look.found.detections, look.found.crops, score, look.found.where)


def seeing_model(detector: Detector) -> SeeingModel:
    """Of which detector, with what it knows of the file of its model."""
    sha256, size = (detector.sha256 or None, detector.input) if isinstance(detector, FileDetector) else (None, "")
    return SeeingModel(detector.name, sha256, size, detector.thresholds)
