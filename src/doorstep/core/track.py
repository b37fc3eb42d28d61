"""One visitor followed from look to look: where to, whether still, whether gone.  Who is there at all: `tracking`."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import sqrt

from doorstep.core.association import Expected
from doorstep.core.detection import Box

# Two hits in three looks, or one that leaves no doubt; measured on the sample videos with YOLOX-nano.
LOOKS = 3
HITS = 2
SURE_SCORE = 0.6

STILL_OVERLAP = 0.8
# A detector's boxes tremble: somebody has moved only when so many looks in a row found the box off its place.
LOOKS_OFF_PLACE = 3

LONGEST_FORESIGHT_SECONDS = 1.0
SMOOTHING = 0.5
EDGE = 0.02
ONLY_A_HEAD = 0.5
# Slower than this somebody who stands at the edge of the picture sways; he is not on his way out.
LEAVING_WIDTHS_A_SECOND = 0.25

DIRECTION_LOOKS = 6
DIRECTION_SECONDS = 3.0
GREW = 1.1


class Direction(StrEnum):
    """Where to a visitor goes, as the camera sees it."""

    ARRIVING = "arriving"
    LEAVING = "leaving"
    STAYING = "staying"


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """Seconds: until who is not seen is forgotten, who does not move is nobody, and who stays on loiters (or never)."""

    forget_after: float
    stationary_after: float = 300.0
    loitering_after: float | None = None


@dataclass(slots=True, eq=False)
class Track:
    """Constant velocity over smoothed looks.  `first_at` is the first hit once it is confirmed, else None.

    `moved` says that the track was seen to move, or anything where it is: what never did may be a thing that only looks
    like a person in this light.
    """

    box: Box
    seen_at: datetime
    place: Box = field(init=False)
    in_place_since: datetime = field(init=False)
    still: bool = False
    moved: bool = False
    first_at: datetime | None = None
    missed: int = 0
    _looks_off_place: int = 0
    _velocity: tuple[float, float] = (0.0, 0.0)
    _hits: deque[datetime | None] = field(default_factory=lambda: deque(maxlen=LOOKS))
    _sizes: deque[tuple[datetime, float]] = field(default_factory=lambda: deque(maxlen=DIRECTION_LOOKS))

    def __post_init__(self) -> None:
        self.place, self.in_place_since = self.box, self.seen_at

    @property
    def awaited(self) -> bool:
        """Whether a hit waits to be confirmed."""
        return any(hit is not None for hit in self._hits)

    def missed_for(self, at: datetime) -> float:
        """Seconds since he was seen."""
        return (at - self.seen_at).total_seconds()

    def expected(self, at: datetime) -> Expected:
        """Somebody still is looked for at his place, and somebody who walks where he would be, and where he was."""
        seconds = self.missed_for(at)
        if self.still:
            return Expected((self.place,), seconds, walks=False)
        return Expected((self._foreseen(seconds), self.box), seconds, walks=True)

    def see(self, at: datetime, box: Box, stationary_after: float, *, moving: bool) -> None:
        """He was found at `box`, where it is `moving` or not."""
        self._learn_velocity(self.missed_for(at), box)
        self.box, self.seen_at, self.missed = box, at, 0
        self._sizes.append((at, sqrt(box.area)))
        self._looks_off_place = 0 if box.overlap(self.place) >= STILL_OVERLAP else self._looks_off_place + 1
        if self._looks_off_place >= LOOKS_OFF_PLACE:
            self.place, self.in_place_since, self._looks_off_place = box, at, 0
            moving = True
        self.moved = self.moved or moving
        self.still = (at - self.in_place_since).total_seconds() >= stationary_after
        if self.still:  # whoever moves again must be confirmed again
            self.first_at = None
            self._hits.clear()

    def miss(self) -> None:
        """He was looked for and not found."""
        self.missed += 1
        self._hits.append(None)

    def judge(self, at: datetime, score: float, least: float, forget_after: float) -> None:
        """Confirm him by a sure hit, or if he moved by two (at least `least`) in three of his looks.

        Older hits are none.
        """
        if self.still or self.first_at is not None:
            return
        hit = score >= least
        self._hits.append(at if hit else None)
        hits = [one for one in self._hits if one is not None and (at - one).total_seconds() <= forget_after]
        if hit and ((self.moved and len(hits) >= HITS) or score >= SURE_SCORE):
            self.first_at = hits[0]
            self._hits.clear()

    def direction(self, at: datetime) -> Direction | None:
        """By what is seen of him growing or shrinking over the last looks; None while they are too few.

        Who comes nearer grows, and so does who enters at an edge, for more of him is seen.
        """
        sizes = [size for seen_at, size in self._sizes if (at - seen_at).total_seconds() <= DIRECTION_SECONDS]
        half = len(sizes) // 2
        if len(sizes) < LOOKS:
            return None
        before, now = sum(sizes[:half]), sum(sizes[-half:])
        if now >= before * GREW:
            return Direction.ARRIVING
        return Direction.LEAVING if before >= now * GREW else Direction.STAYING

    @property
    def on_his_way_out(self) -> bool:
        """Whether he was last seen on a way that leads out of the picture at once; at the lower edge nearly all stand.

        At once is within LONGEST_FORESIGHT_SECONDS.
        """
        box, (across, down) = self.box, self._velocity
        pace = LEAVING_WIDTHS_A_SECOND * (box.right - box.left)
        return (
            (across < -pace and box.left + across * LONGEST_FORESIGHT_SECONDS <= EDGE)
            or (across > pace and box.right + across * LONGEST_FORESIGHT_SECONDS >= 1.0 - EDGE)
            or (down > pace and box.bottom >= 1.0 - EDGE and box.top >= ONLY_A_HEAD)
        )

    def _learn_velocity(self, seconds: float, box: Box) -> None:
        if seconds <= 0.0:
            return
        across = (box.left + box.right - self.box.left - self.box.right) / 2 / seconds
        down = (box.top + box.bottom - self.box.top - self.box.bottom) / 2 / seconds
        old = self._velocity
        self._velocity = (old[0] + SMOOTHING * (across - old[0]), old[1] + SMOOTHING * (down - old[1]))

    def _foreseen(self, seconds: float) -> Box:
        """As large as it was, and in the picture."""
        ahead = min(max(seconds, 0.0), LONGEST_FORESIGHT_SECONDS)
        across = min(max(self._velocity[0] * ahead, -self.box.left), 1.0 - self.box.right)
        down = min(max(self._velocity[1] * ahead, -self.box.top), 1.0 - self.box.bottom)
        left, top = max(0.0, self.box.left + across), max(0.0, self.box.top + down)
        return Box(left, top, max(left, min(1.0, self.box.right + across)), max(top, min(1.0, self.box.bottom + down)))
