"""Where a stream goes on to those who watch without decoding; what they make of it lives in `live`."""

from collections.abc import Callable
from dataclasses import dataclass

from doorstep.core.media import StreamItem


@dataclass(frozen=True, slots=True)
class LiveStream:
    """One stream of a camera.  `put` is given everything that comes, `disconnected` ends a connection.

    Both are called on the loop and never raise or block.
    """

    put: Callable[[StreamItem], None]
    disconnected: Callable[[], None]


def _nobody(*_told: StreamItem) -> None:
    """Who watches where nobody can."""


NOBODY = LiveStream(_nobody, _nobody)
