"""Raw pictures of a source -> turned, masked, shown to the tap, encoded once.  Where they come from is elsewhere."""

from collections.abc import Iterator

import av

from doorstep.core.errors import SourceLost, SourceRefused
from doorstep.core.media import StreamItem
from doorstep.media.encode import LONGEST_SIDE, TIMESCALE, H264Encoder
from doorstep.media.mask import Masks, Paint, Planes, planes_of
from doorstep.ports import FrameTap

_SMALLEST_SIDE = 16
_FEWEST_OF_A_SIZE = 10  # pictures; each new size is a new connection, and dear
_MOST_SHORT_LIVED = 20
_SHORTEST_TICKS = TIMESCALE // 1000
_LONGEST_TICKS = TIMESCALE


def usable(frame: av.VideoFrame) -> Planes:
    """A decoded picture as OwnFrames takes it.  Raises SourceRefused for one that cannot be made so."""
    try:
        return planes_of(frame)
    except (av.FFmpegError, ValueError) as error:
        msg = f"The camera's picture ({frame.width}x{frame.height}) cannot be used; choose another size."
        raise SourceRefused(msg) from error


class OwnFrames:
    """One connection of a source that owns its pictures: nothing of them leaves but through here.  One thread."""

    def __init__(self, tap: FrameTap, *, masks: Masks, rotation: int, rate: int) -> None:
        """`masks` are polygons of the picture as shown, `rotation` clockwise; `rate` is what the camera promises."""
        self._tap = tap
        self._masks = masks
        self._rotation = rotation
        self._rate = max(1, min(rate, 120))
        self._size: tuple[int, int] | None = None
        self._first_at: float | None = None
        self._last_pts: int | None = None
        self._began = False
        self._taken = 0
        self._short_lived = 0

    def take(self, picture: Planes, captured_at: float, pts: int | None = None) -> Iterator[StreamItem]:
        """Its packets, behind a format where the size is a new one.

        Without `pts` (in 1/90000 s) the times are those of arrival; either way they rise strictly.  Raises
        SourceRefused for a size that cannot be encoded, SourceLost where sizes change all the time.
        """
        height, width = picture.luma.shape
        if self._size != (width, height):
            self._begin(width, height)
        self._taken += 1
        pts, duration = self._times(captured_at, pts)
        if not self._began:
            self._began = True
            yield self._encoder.format
        frame, packets = self._encoder.encode(self._paint.shown(picture), pts, captured_at, duration)
        yield from packets
        if self._tap.wants(frame.at):
            self._tap.put(frame)

    def _begin(self, width: int, height: int) -> None:
        if not (min(width, height) >= _SMALLEST_SIDE and max(width, height) <= LONGEST_SIDE):
            msg = f"The camera's picture is {width}x{height}; set it to a size from {_SMALLEST_SIDE} to {LONGEST_SIDE}."
            raise SourceRefused(msg)
        if self._size is not None and self._taken < _FEWEST_OF_A_SIZE:
            self._short_lived += 1
            if self._short_lived > _MOST_SHORT_LIVED:
                msg = "The camera changes the size of its picture all the time; restart it."
                raise SourceLost(msg)
        self._taken = 0
        self._paint = Paint(width, height, self._masks, self._rotation)
        self._encoder = H264Encoder(self._paint.width, self._paint.height, self._rate)
        self._size = (width, height)
        self._began = False

    def _times(self, captured_at: float, pts: int | None) -> tuple[int, int | None]:
        """When it is shown and, as far as the last two tell, for how long."""
        if self._first_at is None:
            self._first_at = captured_at
        if pts is None:
            pts = round((captured_at - self._first_at) * TIMESCALE)
        duration = None
        if self._last_pts is not None:
            pts = max(pts, self._last_pts + _SHORTEST_TICKS)
            duration = min(pts - self._last_pts, _LONGEST_TICKS)
        self._last_pts = pts
        return pts, duration
