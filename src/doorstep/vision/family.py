"""What every family of models tells the detector: what it eats, and what its numbers mean.  Families: `yolo`, ..."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from doorstep.core.detection import Thresholds
from doorstep.ports import Frame
from doorstep.vision.letterbox import Batch, Letterbox


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
    """All inputs and outputs of a model: what its family is recognised by."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def __str__(self) -> str:
        return f"inputs {', '.join(map(str, self.inputs))}; outputs {', '.join(map(str, self.outputs))}"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Persons before suppression: `boxes` n x 4 (left, top, right, bottom) in pixels of the picture, `scores` n."""

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]


class Family(Protocol):
    """How one kind of model is fed and read.  Stateless, so that every thread may use it."""

    @property
    def thresholds(self) -> Thresholds:
        """The scores that this kind of model needs."""
        ...

    @property
    def overlap(self) -> float | None:
        """The IoU above which two boxes are one person; None where the model sees to that itself."""
        ...

    def prepare(self, frame: Frame) -> tuple[dict[str, Batch], Letterbox]:
        """The inputs by name, and how the picture lies in them."""
        ...

    def candidates(self, outputs: Sequence[NDArray[np.float32]], letterbox: Letterbox, least: float) -> Candidates:
        """Every person that scores at least `least`; `outputs` in the order of the model file."""
        ...


Recognise = Callable[[Surface], Family | None]
"""Whether a model is of a family: its own `Family` if so, else None."""
