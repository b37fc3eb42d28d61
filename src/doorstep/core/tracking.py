"""Is somebody there?  From what a detector said, look after look, to sightings.  Events are made of them in `event`."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.zone import Zone

# Two hits in three looks, or one that leaves no doubt; measured on the sample videos with YOLOX-nano.
LOOKS = 3
HITS = 2
SURE_SCORE = 0.6

SAME_VISITOR_OVERLAP = 0.3
STILL_OVERLAP = 0.8
# A detector's boxes tremble: somebody has moved only when so many looks in a row found the box off its place.
LOOKS_OFF_PLACE = 3


@dataclass(frozen=True, slots=True)
class Sighting:
    """A person was seen at `at`, with the best `score` and its `box`; `first_at` is the first hit of this presence."""

    at: datetime
    first_at: datetime
    score: float
    box: Box


@dataclass(slots=True, eq=False)
class _Visitor:
    """One box followed from look to look: where it is, the place it has not left, since when, and when last seen."""

    box: Box
    place: Box
    in_place_since: datetime
    seen_at: datetime
    looks_off_place: int = 0
    still: bool = False

    def resemblance(self, box: Box) -> float:
        """Somebody still is looked for at his place, and somebody who walks where he was last."""
        return box.overlap(self.place if self.still else self.box)

    def see(self, at: datetime, box: Box, stationary_after: float) -> None:
        """He was found at `box`."""
        self.box, self.seen_at = box, at
        self.looks_off_place = 0 if box.overlap(self.place) >= STILL_OVERLAP else self.looks_off_place + 1
        if self.looks_off_place >= LOOKS_OFF_PLACE:
            self.place, self.in_place_since, self.looks_off_place = box, at, 0
        self.still = (at - self.in_place_since).total_seconds() >= stationary_after


class Presence:
    """Whether somebody is at one camera.  Give it every look of the detector, in the order of time.

    Boxes lower than `least_height` do not count, nor, where there are zones, those whose feet are in none.  Presence
    begins with two hits in three looks (score >= thresholds.open) or a single one of 0.6 or more, goes on with every
    hit of at least thresholds.keep, and is over `forget_after` seconds after the last.  Whoever has not moved for
    `stationary_after` seconds (a coat, a statue) is nobody until it moves.
    """

    def __init__(
        self,
        thresholds: Thresholds,
        *,
        least_height: float = 0.08,
        zones: tuple[Zone, ...] = (),
        forget_after: float,
        stationary_after: float = 300.0,
    ) -> None:
        self._thresholds = thresholds
        self._least_height = least_height
        self._zones = zones
        self._forget_after = forget_after
        self._stationary_after = stationary_after
        self._looked_at: datetime | None = None
        self._first_at: datetime | None = None
        self._visitors: list[_Visitor] = []
        self._looks: deque[datetime | None] = deque(maxlen=LOOKS)  # when each of the last looks hit, None for a miss

    @property
    def somebody(self) -> bool:
        """Whether looks must go on: somebody is there, or a hit waits to be confirmed."""
        return self._first_at is not None or any(hit is not None for hit in self._looks)

    def observe(self, at: datetime, detections: Sequence[Detection]) -> Sighting | None:
        """What one look at the time `at` found.  A step back in time forgets everybody: a clock was set."""
        if self._looked_at is not None and at < self._looked_at:
            self._forget_everybody()
        self._looked_at = at
        self._forget_the_gone(at)
        self._end_if_over()
        moving = self._follow(at, [detection for detection in detections if self._counts(detection)])
        self._end_if_over()
        best = max(moving, key=lambda detection: detection.score, default=None)
        if self._first_at is None:
            self._first_at = self._confirmed(at, best)
        if self._first_at is None or best is None:
            return None
        return Sighting(at, self._first_at, best.score, best.box)

    def _counts(self, detection: Detection) -> bool:
        if detection.label != PERSON or detection.score < self._thresholds.keep:
            return False
        if detection.box.height < self._least_height:
            return False
        return not self._zones or any(detection.box.feet in zone for zone in self._zones)

    def _confirmed(self, at: datetime, best: Detection | None) -> datetime | None:
        """The time of the first hit of a presence that begins with this look, None where none does."""
        hit = best is not None and best.score >= self._thresholds.open
        self._looks.append(at if hit else None)
        hits = [moment for moment in self._looks if moment is not None]
        sure = best is not None and best.score >= SURE_SCORE
        if not hit or (len(hits) < HITS and not sure):
            return None
        self._looks.clear()
        return hits[0]

    def _follow(self, at: datetime, detections: Sequence[Detection]) -> list[Detection]:
        """Find each visitor again, note the new ones, and return the detections of those who are not still."""
        visitors = dict(self._pairs(detections))
        for index, detection in enumerate(detections):
            if index not in visitors:
                visitors[index] = _Visitor(detection.box, detection.box, at, at)
                self._visitors.append(visitors[index])
            visitors[index].see(at, detection.box, self._stationary_after)
        return [detection for index, detection in enumerate(detections) if not visitors[index].still]

    def _pairs(self, detections: Sequence[Detection]) -> Iterator[tuple[int, _Visitor]]:
        """Which detection is which visitor: those that overlap most find each other first."""
        overlaps = [
            (overlap, index, visitor)
            for visitor in self._visitors
            for index, detection in enumerate(detections)
            if (overlap := visitor.resemblance(detection.box)) >= SAME_VISITOR_OVERLAP
        ]
        taken: set[int] = set()
        found: list[_Visitor] = []
        for _, index, visitor in sorted(overlaps, key=lambda pair: -pair[0]):
            if index not in taken and visitor not in found:
                taken.add(index)
                found.append(visitor)
                yield index, visitor

    def _forget_the_gone(self, at: datetime) -> None:
        """Somebody still may be hidden for as long as it took to know him, and is not news when he shows again."""
        memory_of_still = max(self._forget_after, self._stationary_after)
        self._visitors = [
            visitor
            for visitor in self._visitors
            if (at - visitor.seen_at).total_seconds() <= (memory_of_still if visitor.still else self._forget_after)
        ]
        for index, hit in enumerate(self._looks):
            if hit is not None and (at - hit).total_seconds() > self._forget_after:
                self._looks[index] = None

    def _end_if_over(self) -> None:
        if all(visitor.still for visitor in self._visitors):
            self._first_at = None

    def _forget_everybody(self) -> None:
        self._first_at = None
        self._visitors.clear()
        self._looks.clear()
