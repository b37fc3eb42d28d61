"""Which frame of a visit is its best still.  Pure; sharpness is measured in `vision`, frames wait in `stills`."""

from dataclasses import dataclass
from math import sqrt

from doorstep.core.track import Direction
from doorstep.core.tracking import Sighting

# Half way between a face that is blurred by walking and one that is not, in variance of the Laplacian.
HALF_SHARP = 100.0
# Nearer to an edge than this a person is taken to be cut by it.
CLEAR_OF_EDGE = 0.02
CUT_IS_WORTH = 0.5
OFF_THE_MIDDLE_IS_WORTH = 0.7
# Who comes shows his face, and who goes his back.
BY_DIRECTION = {Direction.ARRIVING: 1.0, Direction.STAYING: 0.9, Direction.LEAVING: 0.6, None: 0.9}


@dataclass(frozen=True, slots=True)
class StillChoice:
    """What speaks for a frame as the still of its event; `sharpness` is of the box's brightness, at least 0.

    `middle` is where a visitor is best seen, across the picture: its own middle, or its zone's.
    """

    sighting: Sighting
    sharpness: float
    middle: float = 0.5

    @property
    def worth(self) -> float:
        """0..1, comparable within one event: it rises with score, sharpness and size.

        It falls with what an edge of the picture cuts off (not the lower one: the face counts), with the way to the
        middle, and with a back.
        """
        box = self.sighting.box
        sharp = self.sharpness / (self.sharpness + HALF_SHARP)
        clear = min(min(box.left, box.top, 1.0 - box.right) / CLEAR_OF_EDGE, 1.0)
        whole = CUT_IS_WORTH + (1.0 - CUT_IS_WORTH) * clear
        aside = min(abs((box.left + box.right) / 2 - self.middle) / 0.5, 1.0)
        central = 1.0 - (1.0 - OFF_THE_MIDDLE_IS_WORTH) * aside
        return self.sighting.score * sqrt(box.area) * sharp * whole * central * BY_DIRECTION[self.sighting.direction]
