"""A frame for those who pass frames on and look at none."""

from dataclasses import dataclass

from doorstep.core.errors import MediaInvalid
from doorstep.ports import Plane


@dataclass(frozen=True)
class StandInFrame:
    """Implements `ports.Frame`; its pictures are words."""

    at: float = 0.0
    captured_at: float = 0.0
    name: str = "picture"
    broken: bool = False
    width: int = 640
    height: int = 480

    def luma(self) -> Plane:
        """Black."""
        return Plane(memoryview(bytes(self.width * self.height)), self.width, self.height, self.width)

    def bgr(self, width: int, height: int) -> Plane:
        """Black."""
        return Plane(memoryview(bytes(3 * width * height)), 3 * width, height, 3 * width)

    def jpeg(self, width: int, height: int, quality: int) -> bytes:
        """No JPEG, but bytes that tell what was asked for.  MediaInvalid where it is broken."""
        if self.broken:
            msg = "this picture cannot be shown"
            raise MediaInvalid(msg)
        return f"{self.name} {width}x{height} q{quality}".encode()
