"""Why an event opened and went on: what is kept of each look, and of how many.  Collecting them lives in `pipeline`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from doorstep.core.cause import Cause
from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.event import EventId
from doorstep.core.region import WHOLE
from doorstep.core.remote_use import DetectionPlace

MOST_LOOKS = 120
"""Kept of one event; an event may have more than a thousand."""

LEAD = 8
"""So many looks at its beginning are all kept: they are why it opened."""

MOST_BOXES = 8
MOST_CROPS = 8


class Verdict(StrEnum):
    """What somebody of the house says about an event."""

    NOT_A_PERSON = "not_a_person"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class KeptLook:
    """What one look of the detector found, `after` seconds behind the start of its event.

    `score` is of the best person, 0 where nobody was seen; `boxes` are the best first, `crops`
    the parts of the picture that were looked at, none for all of it.
    """

    after: float
    score: float
    where: DetectionPlace = DetectionPlace.LOCAL
    boxes: tuple[Detection, ...] = ()
    crops: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class SeeingModel:
    """What looked: its name, the sha256 of its file, the size of its pictures ("416x416"), the scores that it needs.

    `sha256` is None and `input` empty where that is not known, as of a remote detector.
    """

    name: str
    sha256: str | None
    input: str
    thresholds: Thresholds


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one event opened; `model` is None where nobody could look, `motion` how much moved then, 0..1, if it did.

    Looks are dated by the start of their event: where that is put right, they are.  The first is the first sighting.
    """

    event: EventId
    opened_by: Cause
    motion: float | None = None
    model: SeeingModel | None = None
    looks: tuple[KeptLook, ...] = ()
    verdict: Verdict | None = None

    def looked(self, look: KeptLook) -> "Explanation":
        """The same and one look more, or one in the place of another."""
        return replace(self, looks=thinned((*self.looks, look)))


def kept_look(
    detections: Sequence[Detection],
    crops: Sequence[Box],
    score: float | None = None,
    where: DetectionPlace = DetectionPlace.LOCAL,
) -> KeptLook:
    """Of a look right now, in as few digits as a page can show; `score` None for that of the best person."""
    best = sorted(detections, key=lambda detection: -detection.score)[:MOST_BOXES]
    if score is None:
        score = max((detection.score for detection in detections if detection.label == PERSON), default=0.0)
    return KeptLook(
        after=0.0,
        score=round(score, 3),
        where=where,
        boxes=tuple(Detection(each.label, round(each.score, 3), rounded(each.box)) for each in best),
        crops=tuple(rounded(crop) for crop in crops if crop != WHOLE)[:MOST_CROPS],
    )


def rounded(box: Box) -> Box:
    """To a ten-thousandth of the picture."""
    return Box(*(round(corner, 4) for corner in box.corners))


def thinned(looks: Sequence[KeptLook], most: int = MOST_LOOKS) -> tuple[KeptLook, ...]:
    """At most so many, evenly in time: those go that lie closest between their neighbours.

    The first LEAD stay, the last, and the best.  Given look after look, what is left has no gap of more than about
    twice the average.
    """
    kept = list(looks)
    while len(kept) > most:
        best = max(range(len(kept)), key=lambda index: kept[index].score)
        spare = (index for index in range(LEAD, len(kept) - 1) if index != best)
        del kept[min(spare, key=lambda index: kept[index + 1].after - kept[index - 1].after)]
    return tuple(kept)
