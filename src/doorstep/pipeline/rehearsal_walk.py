"""What is seen of one test of the doorstep while it runs.  Beginning and ending it: `rehearsals`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from doorstep.core.camera import CameraState, CameraStatus
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.event import Event, EventId
from doorstep.core.ledger import Stage
from doorstep.core.observation import Moved, Observation, Sighting
from doorstep.core.recipient import Recipient
from doorstep.core.rehearsal import Rehearsal, Step
from doorstep.pipeline.camera_pipeline import CameraPipeline
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.pipeline.watcher import Look
from doorstep.ports import CameraDirectory, Clock

_STEPS: Mapping[Stage, Step] = {
    Stage.SENT: Step.SENT,
    Stage.ACCEPTED: Step.ACCEPTED,
    Stage.ACKNOWLEDGED: Step.ACKNOWLEDGED,
}
_REASONS: Mapping[Step, str] = {Step.SEEN: "detector", Step.RECORDED: "store", Step.STORED: "catalog"}
"""The problem on the board that explains best why a step was not reached."""


@dataclass(frozen=True, slots=True)
class OwnLane:
    """A pipeline of the test's own, made and not yet running; `free` gives back what its buffer holds, and blocks."""

    pipeline: CameraPipeline
    buffered: BufferedCamera
    health: HealthBoard
    free: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told, and how it went: recipients, those of them that say when a person was shown it, and deliveries."""

    recipients: Callable[[], Sequence[Recipient]]
    acknowledging: Callable[[], frozenset[str]]
    deliveries: Callable[[EventId], Sequence[Delivery]]


class Walk:
    """What is seen of one test while it runs; on the event loop."""

    def __init__(
        self, rehearsal: Rehearsal, cameras: CameraDirectory, rows: EventRows, told: Told, clock: Clock
    ) -> None:
        self.rehearsal = rehearsal
        self.event: EventId | None = None
        self._cameras = cameras
        self._rows = rows
        self._told = told
        self._clock = clock

    def captured(self, moment: float) -> None:
        """The visitor was first shown at this monotonic second."""
        behind = timedelta(seconds=self._clock.monotonic() - moment)
        self.rehearsal.reached(Step.CAPTURED, self._clock.now() - behind)
        status = self._cameras.camera(self.rehearsal.camera)
        if status is not None:
            _say_when_blind(self.rehearsal, status)

    def segment_kept(self) -> None:
        """The lane's buffer grew."""
        if not self.rehearsal.waits_for(Step.CAPTURED):
            self.rehearsal.reached(Step.BUFFERED, self._clock.now())

    def observed(self, running: Event | None, observation: Observation, look: Look | None) -> None:
        """As `EventDesk` tells each observation; what came before the visitor is not about him."""
        if self.rehearsal.waits_for(Step.CAPTURED):
            return
        answered_at = look.answered_at if look is not None else self._clock.now()
        if isinstance(observation, Moved | Sighting):
            self.rehearsal.reached(Step.MOVED, answered_at)
        if isinstance(observation, Sighting):
            self.rehearsal.reached(Step.SEEN, answered_at)
        if running is not None:
            self.event = running.id
            self.rehearsal.reached(Step.DECIDED, self._clock.now())

    def look(self, lane: OwnLane, shared: HealthBoard) -> None:
        """What is known by now of the recording and the alerts, and what is overdue."""
        now = self._clock.now()
        deliveries = self._told.deliveries(self.event) if self.event is not None else ()
        event = self._rows.latest(self.event) if self.event is not None else None
        if event is not None:
            self._look_at(event, deliveries)
        reasons = _reasons(lane, shared)
        self.rehearsal.tick(now, reasons, frozenset(delivery.channel for delivery in deliveries))

    def _look_at(self, event: Event, deliveries: Sequence[Delivery]) -> None:
        rehearsal, now = self.rehearsal, self._clock.now()
        if event.recording is not None:
            rehearsal.reached(Step.RECORDED, now)
        for entry in event.ledger:
            if entry.stage in _STEPS:
                rehearsal.reached(_STEPS[entry.stage], entry.at, entry.channel)
        for delivery in deliveries:
            self._look_at_delivery(delivery, now)

    def _look_at_delivery(self, delivery: Delivery, now: datetime) -> None:
        rehearsal, channel = self.rehearsal, delivery.channel
        if delivery.attempts:
            rehearsal.reached(Step.SENT, now, channel)
        if delivery.state is DeliveryState.SPARED:
            rehearsal.skipped(Step.SENT, delivery.outcome, channel)
        if delivery.state is DeliveryState.FAILED:
            rehearsal.failed(Step.ACCEPTED, delivery.outcome, channel)
        if delivery.acknowledged_at is not None:
            rehearsal.reached(Step.ACKNOWLEDGED, delivery.acknowledged_at, channel)


def _reasons(lane: OwnLane, shared: HealthBoard) -> Mapping[Step, str]:
    problems = {problem.key: problem.what for board in (shared, lane.health) for problem in board.problems()}
    reasons = {step: problems[key] for step, key in _REASONS.items() if key in problems}
    if lane.buffered.store_fault is not None:
        reasons[Step.BUFFERED] = lane.buffered.store_fault
    return reasons


def _say_when_blind(rehearsal: Rehearsal, status: CameraStatus) -> None:
    """A visitor of ours would come through where a real one does not: that is no passed test."""
    if status.state is not CameraState.LIVE:
        words = f"{status.name} itself is not seen: {status.reason or status.state}".rstrip(".")
        rehearsal.blind(Step.CAPTURED, f"{words}.")
    elif not status.detecting:
        rehearsal.blind(Step.SEEN, "Detection of this camera is switched off: nobody is looked for.")
