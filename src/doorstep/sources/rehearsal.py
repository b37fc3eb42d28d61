"""The visitor of a test of the doorstep: the demo's porch and person, cut to a camera's picture.  Ends by itself."""

import threading
from collections.abc import AsyncGenerator, Callable, Generator
from datetime import tzinfo
from pathlib import Path

import av
import numpy as np

from doorstep.core.errors import MediaInvalid, SourceEnded, SourceRefused
from doorstep.core.media import StreamItem
from doorstep.media.encode import TIMESCALE
from doorstep.media.mask import Pixels, Planes, planes_of, unpacked
from doorstep.ports import Clock, FrameTap
from doorstep.sources.demo_scene import DemoScene
from doorstep.sources.own_frames import OwnFrames
from doorstep.sources.porch import PICTURE_HEIGHT, WIDTH
from doorstep.sources.threaded import threaded
from doorstep.sources.visitor import FIRST_VISIT_SECONDS, pose_at

RATE = 10
EMPTY_SECONDS = 5.0
VISITED_SECONDS = 11.0
_IN_THE_PICTURE = (-0.15, 1.15)
"""Where somebody's middle is who is partly to be seen, in parts of the picture's width."""

END = "The visitor of the test has gone."


class RehearsalSource:
    """A `ports.Source` of one visit: an empty porch, somebody who walks up and stays a while, and the end.

    Its picture has the size that it is given, and is drawn ten times a second.
    """

    def __init__(
        self,
        visitor: Path,
        size: tuple[int, int],
        *,
        clock: Clock,
        timezone: tzinfo,
        captured: Callable[[float], None],
    ) -> None:
        """`size` is width and height; `captured` is told, in this source's thread, when the visitor is first shown.

        As a monotonic second.
        """
        self._visitor = visitor
        self._size = size
        self._clock = clock
        self._timezone = timezone
        self._captured = captured

    def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        """As the port says, until SourceEnded.  SourceRefused when the visitor's picture cannot be used."""
        return threaded(lambda stop: self.read(tap, stop), "test of the doorstep")

    def read(self, tap: FrameTap, stop: threading.Event) -> Generator[StreamItem]:
        """The same, blocking, until `stop` is set."""
        try:
            scene = DemoScene(self._visitor)
        except MediaInvalid as error:
            raise SourceRefused(str(error)) from error
        frames = OwnFrames(tap, masks=(), rotation=0, rate=RATE)
        began, was_seen = self._clock.monotonic(), False
        for number in range(round((EMPTY_SECONDS + VISITED_SECONDS) * RATE)):
            if stop.wait(max(0.0, began + number / RATE - self._clock.monotonic())):
                return
            now, moment = self._clock.monotonic(), FIRST_VISIT_SECONDS - EMPTY_SECONDS + number / RATE
            if not was_seen and is_shown(moment):
                was_seen = True
                self._captured(now)
            canvas = scene.draw(moment, self._clock.now().astimezone(self._timezone))
            yield from frames.take(fitted(canvas.pixels, *self._size), now, number * TIMESCALE // RATE)
        raise SourceEnded(END)


def is_shown(seconds: float) -> bool:
    """Whether the scene shows somebody, so long after it began."""
    pose = pose_at(seconds)
    return pose is not None and _IN_THE_PICTURE[0] <= pose.x <= _IN_THE_PICTURE[1]


def fitted(pixels: Pixels, width: int, height: int) -> Planes:
    """The scene's picture in another size, both even: its sky or its sides are cut off, and nobody gets fat."""
    picture = unpacked(pixels)
    if (width, height) == (WIDTH, PICTURE_HEIGHT):
        return picture
    kept = min(WIDTH, PICTURE_HEIGHT * width // height // 2 * 2)
    rows = min(PICTURE_HEIGHT, WIDTH * height // width // 2 * 2)
    left, top = (WIDTH - kept) // 4 * 2, PICTURE_HEIGHT - rows
    cut = np.concatenate([plane.reshape(-1) for plane in _cut(picture, left, top, kept)])
    frame = av.VideoFrame.from_ndarray(cut.reshape(rows * 3 // 2, kept), format="yuv420p")
    return planes_of(frame.reformat(width=width, height=height, threads=1))


def _cut(picture: Planes, left: int, top: int, width: int) -> tuple[Pixels, Pixels, Pixels]:
    whole = (slice(top, None), slice(left, left + width))
    half = (slice(top // 2, None), slice(left // 2, (left + width) // 2))
    return picture.luma[whole], picture.u[half], picture.v[half]
