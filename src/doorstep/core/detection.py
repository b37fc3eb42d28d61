"""What a detector says about one frame: labelled boxes.  How it knows lives in `vision`."""

from dataclasses import dataclass
from enum import StrEnum


class Label(StrEnum):
    """What a box may hold.  Persons are always looked for, the others where the owner wants them."""

    PERSON = "person"
    BICYCLE = "bicycle"
    CAR = "car"
    CAT = "cat"
    DOG = "dog"
    PACKAGE = "package"


PERSON = Label.PERSON


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in parts of the picture: x to the right and y downwards, each 0..1, first corner before second."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.left <= self.right <= 1.0 and 0.0 <= self.top <= self.bottom <= 1.0):
            msg = f"box {self.corners} does not lie in the picture"
            raise ValueError(msg)

    @property
    def height(self) -> float:
        """In parts of the picture's height."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """In parts of the picture's area."""
        return (self.right - self.left) * (self.bottom - self.top)

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom

    @property
    def feet(self) -> tuple[float, float]:
        """The middle of the lower edge: where a person stands."""
        return (self.left + self.right) / 2, self.bottom

    def overlap(self, other: "Box") -> float:
        """Intersection over union: 1 for the same box, 0 for boxes that share no area."""
        shared = self.shared(other)
        # Areas too small for a float are 0, and so are the sums of them.
        return min(shared / (self.area + other.area - shared), 1.0) if shared > 0.0 else 0.0

    def shared(self, other: "Box") -> float:
        """The area that lies in both."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0.0 and height > 0.0 else 0.0

    def hull(self, other: "Box") -> "Box":
        """The smallest box that holds both."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        return Box(left, top, max(self.right, other.right), max(self.bottom, other.bottom))


@dataclass(frozen=True, slots=True)
class Detection:
    """One labelled box of one frame; `score` is 0..1."""

    label: Label
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The scores that a model's family needs: to open an event, and to keep it open (detector-specific)."""

    open: float
    keep: float
