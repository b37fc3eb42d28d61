"""An explanation as the JSON that catalog and feedback keep, and back.  What the API shows of it is `web`'s."""

import json
from typing import Any

from doorstep.core.cause import Cause
from doorstep.core.detection import Box, Detection, Label, Thresholds
from doorstep.core.event import EventId
from doorstep.core.explanation import Explanation, KeptLook, SeeingModel, Verdict
from doorstep.core.remote_use import DetectionPlace

Json = dict[str, Any]  # Any: whatever JSON holds

BROKEN = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading JSON raises that is not ours."""


def explanation_text(explanation: Explanation) -> str:
    """Everything but the verdict, compact: a hundred bytes for a look."""
    model = explanation.model
    told = {
        "event": explanation.event,
        "opened_by": explanation.opened_by.value,
        "motion": explanation.motion,
        "model": None if model is None else _model_json(model),
        "looks": [_look_json(look) for look in explanation.looks],
    }
    return json.dumps(told, separators=(",", ":"))


def explanation_of(text: str, verdict: Verdict | None = None) -> Explanation:
    """The opposite.  Raises one of BROKEN for any other text."""
    told: Json = json.loads(text)
    model = told["model"]
    return Explanation(
        event=EventId(told["event"]),
        opened_by=Cause(told["opened_by"]),
        motion=None if told["motion"] is None else float(told["motion"]),
        model=None if model is None else _model_of(model),
        looks=tuple(map(_look_of, told["looks"])),
        verdict=verdict,
    )


def _model_json(model: SeeingModel) -> Json:
    thresholds = {"open": model.thresholds.open, "keep": model.thresholds.keep}
    return {"name": model.name, "sha256": model.sha256, "input": model.input, "thresholds": thresholds}


def _model_of(told: Json) -> SeeingModel:
    return SeeingModel(told["name"], told["sha256"], told["input"], Thresholds(**told["thresholds"]))


def _look_json(look: KeptLook) -> Json:
    return {
        "after": look.after,
        "score": look.score,
        "where": look.where.value,
        "boxes": [[box.label.value, box.score, *box.box.corners] for box in look.boxes],
        "crops": [crop.corners for crop in look.crops],
    }


def _look_of(told: Json) -> KeptLook:
    return KeptLook(
        after=float(told["after"]),
        score=float(told["score"]),
        where=DetectionPlace(told["where"]),
        boxes=tuple(Detection(Label(label), score, Box(*corners)) for label, score, *corners in told["boxes"]),
        crops=tuple(Box(*corners) for corners in told["crops"]),
    )
