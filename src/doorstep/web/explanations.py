"""Why an event opened, and what the family says about it.  Names stay, more may come."""

from datetime import timedelta
from typing import Literal

from anyio.to_thread import run_sync
from pydantic import BaseModel

from doorstep.core.event import Cause, Event
from doorstep.core.explanation import Explanation, KeptLook, Verdict
from doorstep.core.remote_use import DetectionPlace
from doorstep.core.track import Direction
from doorstep.web.gate import KeptEvent, Parts, resource
from doorstep.web.instants import rfc3339
from doorstep.web.problems import Refusal

router = resource("events")

Corners = tuple[float, float, float, float]
"""Left, top, right, bottom in parts of the picture, 0..1."""


class ThresholdsShape(BaseModel):
    """The scores that the model needs: to open an event, and to keep it open; 0 where no model looked."""

    open: float
    keep: float


class FoundBoxShape(BaseModel):
    """What a look found there."""

    label: str
    box: Corners
    score: float


class LookShape(BaseModel):
    """One look; `score` is the best person's.  `crops` are the parts that were looked at, none for the whole."""

    at: str
    score: float
    where: DetectionPlace
    boxes: list[FoundBoxShape]
    crops: list[Corners]


class ExplanationShape(BaseModel):
    """Why an event opened.  `model` and `input` are empty where no model looked, or where that is not known."""

    model: str
    model_sha256: str | None
    input: str
    thresholds: ThresholdsShape
    opened_by: Cause
    motion: float | None
    zone: str
    direction: Literal[Direction.ARRIVING, Direction.LEAVING] | None
    still_box: Corners | None
    looks: list[LookShape]
    feedback: Verdict | None


class Said(BaseModel):
    """What somebody says about an event."""

    verdict: Verdict


@router.get("/events/{event_id}/explanation")
async def get_explanation(event: KeptEvent, parts: Parts) -> ExplanationShape:
    """Why it opened: model, thresholds and at most 120 of its looks; grows while the event runs."""
    explanation = await run_sync(parts.catalog.explanation, event.id)
    if explanation is None:
        raise _unexplained()
    return explanation_shape(event, explanation)


@router.post("/events/{event_id}/feedback", status_code=204)
async def give_feedback(event: KeptEvent, said: Said, parts: Parts) -> None:
    """Whether it was a person; kept with a crop of its still on this machine alone.  Said twice, it is said once."""
    if not await run_sync(parts.judge, event, said.verdict):
        raise _unexplained()


def explanation_shape(event: Event, explanation: Explanation) -> ExplanationShape:
    """Times by the event's, wherever its clock was set since."""
    model = explanation.model
    thresholds = model.thresholds if model is not None else None
    return ExplanationShape(
        model=model.name if model is not None else "",
        model_sha256=model.sha256 if model is not None else None,
        input=model.input if model is not None else "",
        thresholds=ThresholdsShape(
            open=thresholds.open if thresholds else 0.0, keep=thresholds.keep if thresholds else 0.0
        ),
        opened_by=explanation.opened_by,
        motion=explanation.motion,
        zone=event.zone,
        direction=None if event.direction is Direction.STAYING else event.direction,
        still_box=event.box.corners if event.box is not None else None,
        looks=[_look_shape(event, look) for look in explanation.looks],
        feedback=explanation.verdict,
    )


def _look_shape(event: Event, look: KeptLook) -> LookShape:
    boxes = [FoundBoxShape(label=each.label, box=each.box.corners, score=each.score) for each in look.boxes]
    return LookShape(
        at=rfc3339(event.started_at + timedelta(seconds=look.after)),
        score=look.score,
        where=look.where,
        boxes=boxes,
        crops=[crop.corners for crop in look.crops],
    )


def _unexplained() -> Refusal:
    return Refusal(404, "no-explanation", "Nothing is known of why this event opened.")
