"""The demo's picture at any second: porch, light, clock and visitor put together.  Encoding it lives in `demo`."""

from datetime import datetime
from pathlib import Path

from doorstep.media.pictures import frames_of
from doorstep.sources.porch import PICTURE_HEIGHT, WIDTH, Porch, brightness
from doorstep.sources.visitor import Visitor, pose_at
from doorstep.sources.yuv import Canvas


class DemoScene:
    """Draws into one canvas, again and again.  One thread."""

    def __init__(self, visitor: Path | None) -> None:
        """`visitor` is the picture of somebody; None leaves the porch empty.  Raises MediaInvalid."""
        self._porch = Porch()
        self._visitor = Visitor(next(frames_of(visitor))) if visitor is not None else None
        self._canvas = Canvas(WIDTH, PICTURE_HEIGHT)

    def draw(self, seconds: float, now: datetime) -> Canvas:
        """The picture `seconds` after the scene began, `now` on its clock; it is overwritten by the next."""
        self._porch.draw(self._canvas, seconds, now)
        pose = pose_at(seconds)
        if self._visitor is not None and pose is not None:
            self._visitor.draw(self._canvas, pose, brightness(seconds))
        return self._canvas
