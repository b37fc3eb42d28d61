"""An explanation of an event, invented."""

from doorstep.core.cause import Cause
from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.event import EventId
from doorstep.core.explanation import Explanation, KeptLook, SeeingModel
from doorstep.core.remote_use import DetectionPlace

SOMEBODY = Detection(PERSON, 0.81, Box(0.4, 0.2, 0.6, 0.9))
MODEL = SeeingModel("yolox-nano", "c7" * 32, "416x416", Thresholds(0.35, 0.22))


def explanation(event: EventId, looks: int = 3) -> Explanation:
    """Of somebody who is seen four times a second; the second look is into a part of the picture, elsewhere."""
    seen = [KeptLook(0.25 * number, 0.81, boxes=(SOMEBODY,)) for number in range(looks)]
    seen[1:2] = [KeptLook(0.25, 0.4, DetectionPlace.REMOTE, (SOMEBODY,), (Box(0.25, 0.0, 1.0, 1.0),))]
    return Explanation(event, Cause.PERSON, 0.012, MODEL, tuple(seen[:looks]))
