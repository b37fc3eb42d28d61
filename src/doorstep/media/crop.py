"""A part of a frame as a frame of its own, so that a detector sees it large.  Which part: `core/region`."""

from collections.abc import Callable, Sequence

import av
import numpy as np
from numpy.typing import NDArray

from doorstep.core.detection import Box, Detection
from doorstep.core.region import WHOLE, in_picture, is_cut, merged
from doorstep.media.frame import DecodedFrame
from doorstep.ports import Frame, Plane

Rows = NDArray[np.uint8]


class CroppedFrame:
    """A `ports.Frame` over the pixels of `frame` that `box` touches; as safe between threads as that frame."""

    def __init__(self, frame: Frame, box: Box) -> None:
        self._frame = frame
        self._left = min(int(box.left * frame.width), frame.width - 1)
        self._top = min(int(box.top * frame.height), frame.height - 1)
        self.width = max(1, -int(-box.right * frame.width // 1) - self._left)
        self.height = max(1, -int(-box.bottom * frame.height // 1) - self._top)

    @property
    def at(self) -> float:
        """Presentation time in seconds within its connection."""
        return self._frame.at

    @property
    def captured_at(self) -> float:
        """Monotonic seconds when its packet arrived."""
        return self._frame.captured_at

    @property
    def box(self) -> Box:
        """Its place in the whole frame, on whole pixels: what detections in it are mapped back by."""
        width, height = self._frame.width, self._frame.height
        left, top = self._left / width, self._top / height
        return Box(left, top, min((self._left + self.width) / width, 1.0), min((self._top + self.height) / height, 1.0))

    def luma(self) -> Plane:
        """The brightness of this part, copied."""
        rows = _rows(self._frame.luma())
        return _plane(rows[self._top : self._top + self.height, self._left : self._left + self.width])

    def bgr(self, width: int, height: int) -> Plane:
        """This part scaled, three bytes a pixel, B G R.  The whole frame is scaled first: swscale takes no part."""
        across, down = width / self.width, height / self.height
        left, top = round(self._left * across), round(self._top * down)
        whole_width = max(round(self._frame.width * across), left + width)
        whole_height = max(round(self._frame.height * down), top + height)
        rows = _rows(self._frame.bgr(whole_width, whole_height))
        return _plane(rows[top : top + height, 3 * left : 3 * (left + width)])

    def jpeg(self, width: int, height: int, quality: int) -> bytes:
        """This part as a JPEG of at most width x height, its aspect kept, never enlarged; quality 1..100."""
        part = _rows(self.bgr(self.width, self.height)).reshape(self.height, self.width, 3)
        picture = av.VideoFrame.from_ndarray(part, format="bgr24")
        return DecodedFrame(picture, at=self.at, captured_at=self.captured_at).jpeg(width, height, quality)


def seen_in(
    detect: Callable[[Frame], Sequence[Detection]], frame: Frame, crops: Sequence[Box]
) -> tuple[Detection, ...]:
    """What `detect` sees in parts of the frame, one after the other, each once and in parts of the whole frame.

    Of whom a crop cuts nobody knows where his feet are, nor whether he moved: then the whole frame is looked at too.
    """
    if tuple(crops) == (WHOLE,):
        return tuple(detect(frame))
    found: list[Detection] = []
    cut = False
    for crop in (CroppedFrame(frame, box) for box in crops):
        seen = detect(crop)
        whole = [one for one in seen if not is_cut(one.box, crop.box)]
        cut = cut or len(whole) < len(seen)
        found += [in_picture(one, crop.box) for one in whole]
    return merged([*found, *detect(frame)] if cut else found)


def _rows(plane: Plane) -> Rows:
    samples = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height]
    return samples.reshape(plane.height, plane.stride)[:, : plane.width]


def _plane(rows: Rows) -> Plane:
    copied = np.ascontiguousarray(rows)
    height, width = copied.shape
    return Plane(copied.data.cast("B"), width, height, width)
