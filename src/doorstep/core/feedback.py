"""What the family said about an event, kept for tuning: one document of each, and how many.  Files: `pipeline`."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from doorstep.core.camera import CameraId
from doorstep.core.detection import Box
from doorstep.core.errors import MediaInvalid
from doorstep.core.event import EventId
from doorstep.core.explanation import Explanation, Verdict
from doorstep.core.explanation_json import BROKEN, explanation_of, explanation_text
from doorstep.core.region import WHOLE

MOST_PAIRS = 500
MOST_BYTES = 64 * 1024 * 1024
"""All together; the oldest events' go first."""

MARGIN = 0.25
"""Of a box's width and height, shown around it on each side."""

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Feedback:
    """One event that was judged: when it began, when that was said, and where in its still somebody seemed to be.

    `box` is None where that is not known.  The picture beside it shows `surroundings(box)` of the still.  Times are by
    the clock as it was then.
    """

    event: EventId
    camera: CameraId
    started_at: datetime
    judged_at: datetime
    verdict: Verdict
    box: Box | None
    explanation: Explanation


def surroundings(box: Box | None) -> Box:
    """What of a still is kept: the box with a margin, or all of it."""
    if box is None:
        return WHOLE
    across, down = MARGIN * (box.right - box.left), MARGIN * box.height
    return Box(
        max(0.0, box.left - across), max(0.0, box.top - down), min(1.0, box.right + across), min(1.0, box.bottom + down)
    )


def feedback_text(feedback: Feedback) -> str:
    """As it lies in the feedback folder."""
    told = {
        "format": FORMAT,
        "event": feedback.event,
        "camera": feedback.camera,
        "started_at": feedback.started_at.isoformat(),
        "judged_at": feedback.judged_at.isoformat(),
        "verdict": feedback.verdict.value,
        "box": None if feedback.box is None else feedback.box.corners,
        "explanation": json.loads(explanation_text(feedback.explanation)),
    }
    return json.dumps(told, separators=(",", ":"))


def feedback_of(text: str) -> Feedback:
    """The opposite.  Raises MediaInvalid for any other text."""
    try:
        told = json.loads(text)
        verdict = Verdict(told["verdict"])
        if told["format"] != FORMAT:
            raise ValueError
        return Feedback(
            event=EventId(told["event"]),
            camera=CameraId(told["camera"]),
            started_at=datetime.fromisoformat(told["started_at"]),
            judged_at=datetime.fromisoformat(told["judged_at"]),
            verdict=verdict,
            box=None if told["box"] is None else Box(*told["box"]),
            explanation=explanation_of(json.dumps(told["explanation"]), verdict),
        )
    except BROKEN as error:
        msg = "This is no feedback of Doorstep, or it is damaged."
        raise MediaInvalid(msg) from error


def surplus(sizes: dict[EventId, int], newest: EventId, most: int, most_bytes: int) -> Iterable[EventId]:
    """Whose feedback must go, by the bytes of each: the oldest events', never that of `newest`, said just now."""
    left, total = len(sizes), sum(sizes.values())
    for event in sorted(sizes.keys() - {newest}, key=_begin):
        if left <= most and total <= most_bytes:
            return
        yield event
        left, total = left - 1, total - sizes[event]


def _begin(event: EventId) -> tuple[str, str]:
    """An event's id ends in when it began."""
    return event.rpartition("-")[2], event
