"""A small raw picture as a frame: its brightness costs nothing, and PyAV is only loaded for colours."""

from typing import TYPE_CHECKING

from doorstep.ports import Frame, Plane

if TYPE_CHECKING:
    from doorstep.media.frame import DecodedFrame


class RawFrame:
    """A `ports.Frame` over yuv420p bytes without padding: width x height of brightness, then U and V."""

    def __init__(self, pixels: bytes, width: int, height: int, *, at: float, captured_at: float) -> None:
        """Even width and height; `pixels` are width * height * 3 / 2 bytes."""
        self._pixels = pixels
        self.width, self.height = width, height
        self.at, self.captured_at = at, captured_at

    def luma(self) -> Plane:
        """As the port says."""
        return Plane(memoryview(self._pixels)[: self.width * self.height], self.width, self.height, self.width)

    def bgr(self, width: int, height: int) -> Plane:
        """As the port says."""
        return self._decoded().bgr(width, height)

    def jpeg(self, width: int, height: int, quality: int) -> bytes:
        """As the port says."""
        return self._decoded().jpeg(width, height, quality)

    def _decoded(self) -> "DecodedFrame":
        import av  # noqa: PLC0415 - 16 MB that a Pi Zero which only sends does without
        import numpy as np  # noqa: PLC0415 - as above

        from doorstep.media.frame import DecodedFrame  # noqa: PLC0415 - as above

        planes = np.frombuffer(self._pixels, np.uint8).reshape(self.height * 3 // 2, self.width)
        picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        return DecodedFrame(picture, at=self.at, captured_at=self.captured_at)


_: type[Frame] = RawFrame
