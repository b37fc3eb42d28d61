"""What every family of models tells the detector: what it eats, what its numbers mean.  Each has a file: `yolo`, ..."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from doorstep.core.detection import Thresholds
from doorstep.vision.classes import COCO_CLASSES
from doorstep.vision.letterbox import Letterbox, Picture

Inputs = dict[str, NDArray[np.float32] | NDArray[np.int64]]
"""What goes into a model, by name."""

PERSON_CLASSES = (0,)
"""Of COCO."""

LEAST_SIDE: Final = 32
MOST_SIDE: Final = 4096
"""Of what goes in, in pixels; another is a file that would only eat the memory."""


def best_of(scores: NDArray[np.float32], classes: Sequence[int]) -> NDArray[np.float32]:
    """The best of some columns, n values of n x classes; what is no number stays none."""
    if len(classes) == 1:
        return scores[:, classes[0]]
    best: NDArray[np.float32] = scores[:, list(classes)].max(axis=1)
    return best


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output as the model file declares it; a side that the file leaves open is None."""

    name: str
    shape: tuple[int | None, ...]
    kind: str

    def __str__(self) -> str:
        return f"{self.name} {self.kind}[{', '.join('?' if side is None else str(side) for side in self.shape)}]"


@dataclass(frozen=True, slots=True)
class Surface:
    """All inputs and outputs of a model: what its family is recognised by.

    `names` are its own classes by place, None where the file does not tell: then they are COCO's.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    names: Mapping[int, str] | None = None

    @property
    def classes(self) -> int:
        """How many classes the model tells apart."""
        return COCO_CLASSES if self.names is None else len(self.names)

    @property
    def picture(self) -> tuple[str, int, int] | None:
        """Name, width and height of the one picture that goes in: float32 [1, 3, H, W] (NCHW); None for another.

        Each side is LEAST_SIDE to MOST_SIDE.
        """
        pictures = [each for each in self.inputs if len(each.shape) == 4]
        match pictures:
            case [Tensor(name, (1 | None, 3, int(height), int(width)), "float32")] if (
                LEAST_SIDE <= min(width, height) <= max(width, height) <= MOST_SIDE
            ):
                return name, width, height
            case _:
                return None

    def __str__(self) -> str:
        return f"inputs {', '.join(map(str, self.inputs))}; outputs {', '.join(map(str, self.outputs))}"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Of one label, before suppression: `scores` n; `boxes` n x 4: left, top, right, bottom in the picture's pixels."""

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]


Outputs = Sequence[NDArray[np.float32]]
"""What a model answered, in the order of its file."""


class Family(Protocol):
    """How one kind of model is fed and read.  Stateless, so that every thread may use it."""

    @property
    def width(self) -> int:
        """Of what goes in, in pixels."""
        ...

    @property
    def height(self) -> int:
        """Of what goes in, in pixels."""
        ...

    @property
    def thresholds(self) -> Thresholds:
        """The scores that this kind of model needs."""
        ...

    @property
    def overlap(self) -> float | None:
        """The IoU above which two boxes are one thing; None where the model sees to that itself."""
        ...

    def prepare(self, frame: Picture) -> tuple[Inputs, Letterbox]:
        """The inputs by name, and how the picture lies in them."""
        ...

    def candidates(
        self, outputs: Outputs, letterbox: Letterbox, least: float, classes: Sequence[int] = PERSON_CLASSES
    ) -> Candidates:
        """Everything of these classes, which all mean one label, that scores at least `least`."""
        ...


Recognise = Callable[[Surface], Family | None]
"""Whether a model is of a family: its own `Family` if so, else None."""
