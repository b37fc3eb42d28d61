"""One decoded picture over PyAV: brightness without a copy, scaled colours, a JPEG.  Decoding lives in `decode`."""

import threading
from functools import cached_property

import av
from av.video.reformatter import Interpolation, VideoReformatter

from doorstep.media.jpeg import encode_jpeg, fitting
from doorstep.ports import Plane

# Formats whose first plane is eight-bit brightness.
_EIGHT_BIT_LUMA = frozenset(
    {f"yuv{range_}{layout}p" for range_ in ("", "j") for layout in ("410", "411", "420", "422", "440", "444")}
    | {"gray", "gray8", "nv12", "nv21", "nv16", "nv24"}
)
_SCALING = Interpolation.BILINEAR


class _Scalers(threading.local):
    """A scaler for each thread: it keeps its filter tables while the sizes stay, and is not made to be shared."""

    def __init__(self) -> None:
        self.bgr = VideoReformatter()


_scalers = _Scalers()


def grey_picture(width: int, height: int) -> "DecodedFrame":
    """Nobody is in it: for trying out who looks."""
    picture = av.VideoFrame(width, height, "gray")
    picture.planes[0].update(bytes([114]) * picture.planes[0].buffer_size)
    return DecodedFrame(picture, at=0.0, captured_at=0.0)


class DecodedFrame:
    """A `ports.Frame` over one `av.VideoFrame`, which nobody changes once it is here.

    Safe to use from several threads at once: PyAV touches the source frame's colour tags while it scales, so that
    is done under a lock.
    """

    def __init__(self, picture: av.VideoFrame, *, at: float, captured_at: float) -> None:
        self.picture = picture
        """For whoever shares it with another process; read only."""
        self._at = at
        self._captured_at = captured_at
        self._lock = threading.Lock()

    @property
    def at(self) -> float:
        """Presentation time in seconds within its connection."""
        return self._at

    @property
    def captured_at(self) -> float:
        """Monotonic seconds when its packet arrived."""
        return self._captured_at

    @property
    def width(self) -> int:
        """In pixels."""
        return self.picture.width

    @property
    def height(self) -> int:
        """In pixels."""
        return self.picture.height

    def luma(self) -> Plane:
        """The brightness plane as the decoder left it; only unusual formats (RGB, ten bits) are converted, once."""
        if self.picture.format.name in _EIGHT_BIT_LUMA:
            return _plane(self.picture, self.width)
        return _plane(self._grey, self.width)

    @cached_property
    def _grey(self) -> av.VideoFrame:
        with self._lock:
            return self.picture.reformat(format="gray", threads=1)

    def bgr(self, width: int, height: int) -> Plane:
        """The whole picture scaled to width x height (bilinear, half-pixel centres), three bytes a pixel, B G R."""
        with self._lock:
            scaled = _scalers.bgr.reformat(
                self.picture, width=width, height=height, format="bgr24", interpolation=_SCALING, threads=1
            )
        return _plane(scaled, 3 * width)

    def jpeg(self, width: int, height: int, quality: int) -> bytes:
        """The picture as a JPEG of at most width x height, its aspect kept, never enlarged; quality 1..100."""
        fitted_width, fitted_height = fitting(self.width, self.height, width, height)
        with self._lock:
            picture = self.picture.reformat(
                width=fitted_width, height=fitted_height, format="yuvj420p", interpolation=Interpolation.AREA, threads=1
            )
        return encode_jpeg(picture, quality)

    def in_bgr(self) -> "DecodedFrame":
        """The same picture held as B G R at full size: exact scaling, at the price of converting every pixel first."""
        with self._lock:
            picture = self.picture.reformat(format="bgr24", interpolation=_SCALING, threads=1)
        return DecodedFrame(picture, at=self._at, captured_at=self._captured_at)


def _plane(picture: av.VideoFrame, row_bytes: int) -> Plane:
    first = picture.planes[0]
    return Plane(pixels=memoryview(first), width=row_bytes, height=picture.height, stride=first.line_size)
