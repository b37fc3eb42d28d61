"""Why replayed events opened, collected step by step, as `pipeline/explanations.py` collects it live.  Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from doorstep.core.detection import Box
from doorstep.core.event import CloseEvent, Event, ExtendEvent, OpenEvent
from doorstep.core.explanation import Explanation, KeptLook, SeeingModel, kept_look
from doorstep.core.lead_up import LeadUp, dated
from doorstep.core.replay import Step
from doorstep.core.tracking import Sighting


@dataclass(frozen=True, slots=True)
class ExplainedEvent:
    """An event that is over, with the box of its best picture, and why it opened."""

    event: Event
    explanation: Explanation


class ReplayExplanations:
    """Give it every step of one replay, in order."""

    def __init__(self, model: SeeingModel | None) -> None:
        self._model = model
        self._lead_up = LeadUp()
        self._running: ExplainedEvent | None = None
        self._best: tuple[float, Box] | None = None

    def step(self, step: Step, crops: Sequence[Box], worth: float) -> ExplainedEvent | None:
        """The event that is over by this step, if one is; `worth` is the picture's as the still of its event."""
        over = None
        kept = self._kept(step, crops)
        for decision in step.decisions:
            match decision:
                case OpenEvent(event):
                    self._open(event, step)
                    kept = None  # it is in already
                case ExtendEvent(event) if self._running is not None:
                    self._running = replace(self._running, event=event)
                case CloseEvent(event) if self._running is not None:
                    over = self._closed(event)
                case _:
                    continue
        if self._running is not None:
            self._add(self._running, step, kept, worth)
        return over

    def _kept(self, step: Step, crops: Sequence[Box]) -> KeptLook | None:
        moment, seen = step.moment, step.observation
        if moment.moving:
            self._lead_up.moved(moment.at, moment.motion)
        if moment.found is None:
            return None
        kept = kept_look(moment.found, crops, seen.score if isinstance(seen, Sighting) else None)
        self._lead_up.looked(moment.at, kept)
        return kept

    def _open(self, event: Event, step: Step) -> None:
        explanation = self._lead_up.explanation(event, step.moment.at, self._model)
        self._running, self._best = ExplainedEvent(event, explanation), None

    def _add(self, running: ExplainedEvent, step: Step, kept: KeptLook | None, worth: float) -> None:
        seen = step.observation
        if isinstance(seen, Sighting) and (self._best is None or worth > self._best[0]):
            self._best = (worth, seen.box)
        if kept is not None:
            look = dated(kept, running.event, step.moment.at)
            self._running = replace(running, explanation=running.explanation.looked(look))

    def _closed(self, event: Event) -> ExplainedEvent | None:
        running, self._running = self._running, None
        box = self._best[1] if self._best is not None else None
        return None if running is None else replace(running, event=replace(event, box=box))
