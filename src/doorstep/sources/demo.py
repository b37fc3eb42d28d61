"""A camera without hardware: a drawn porch to which somebody comes.  What is drawn lives in `demo_scene`."""

import math
import threading
from collections.abc import AsyncGenerator, Generator
from datetime import tzinfo
from pathlib import Path

from doorstep.core.errors import MediaInvalid, SourceRefused
from doorstep.core.media import StreamItem
from doorstep.media.encode import TIMESCALE
from doorstep.media.mask import Masks, Planes
from doorstep.ports import Clock, FrameTap
from doorstep.sources.demo_scene import DemoScene
from doorstep.sources.own_frames import OwnFrames
from doorstep.sources.threaded import threaded

RATE = 15
MOST_BEHIND_SECONDS = 1.0


class DemoSource:
    """A `ports.Source` that draws 640 x 480 at 15 pictures a second and encodes each once.

    The scene is a function of the seconds since this object was made, so a new connection goes on where the last
    one ended: the first visitor comes 8 s after it was made, then one every 45 s (`visitor.pose_at`).  Without the
    picture of the visitor the porch stays empty.  `masks` are polygons of the picture as it is shown, turned by
    `rotation` degrees clockwise.
    """

    def __init__(
        self, visitor: Path | None, *, clock: Clock, timezone: tzinfo, masks: Masks = (), rotation: int = 0
    ) -> None:
        self._visitor = visitor
        self._clock = clock
        self._timezone = timezone
        self._masks = masks
        self._rotation = rotation
        self._began_at = clock.monotonic()

    def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        """As the port says; never ends by itself.  SourceRefused when the visitor's picture cannot be used."""
        return threaded(lambda stop: self.read(tap, stop), "demo")

    def read(self, tap: FrameTap, stop: threading.Event) -> Generator[StreamItem]:
        """The same, blocking, until `stop` is set."""
        try:
            scene = DemoScene(self._visitor)
        except MediaInvalid as error:
            raise SourceRefused(str(error)) from error
        frames = OwnFrames(tap, masks=self._masks, rotation=self._rotation, rate=RATE)
        started_at = self._clock.monotonic()
        number = 0
        while not stop.wait(started_at + number / RATE - self._clock.monotonic()):
            now = self._clock.monotonic()
            canvas = scene.draw(now - self._began_at, self._clock.now().astimezone(self._timezone))
            yield from frames.take(Planes(canvas.luma, canvas.u, canvas.v), now, number * TIMESCALE // RATE)
            number = _next_number(number, now - started_at)


def _next_number(number: int, seconds: float) -> int:
    """The picture to draw next: who is late leaves pictures out instead of drawing them all at once."""
    late = seconds - number / RATE
    return number + 1 if late < MOST_BEHIND_SECONDS else math.ceil(seconds * RATE)
