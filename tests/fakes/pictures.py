"""Where tests find pictures and models that are not in the repository, and a frame that is drawn in memory."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from doorstep.ports import Plane
from fakes.server_process import model_folder

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
VISITOR = "astronaut.png"
NO_MODEL = "no detection model here: `doorstep models fetch --data var/test`"
NEEDS_MODEL = pytest.mark.skipif(model_folder() is None, reason=NO_MODEL)


def model_file(name: str) -> Path:
    """A file of DOORSTEP_MODELS or of the shared models; the test is skipped where there is none."""
    folders = [Path(folder) for folder in (os.environ.get("DOORSTEP_MODELS"),) if folder] + [SHARED / "models"]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    pytest.skip(f"{name} is neither in DOORSTEP_MODELS nor among the shared models")


def shared_file(name: str) -> Path:
    """A file beside the repository; the test is skipped where there is none."""
    if not (SHARED / name).is_file():
        pytest.skip(f"the shared file {name} is not on this machine")
    return SHARED / name


@dataclass(frozen=True)
class DrawnFrame:
    """Implements `ports.Frame` over brightness that a test made; grey in every colour, never scaled."""

    samples: NDArray[np.uint8]
    at: float = 0.0
    captured_at: float = 0.0

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.samples.shape[1])

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.samples.shape[0])

    @cached_property
    def _bytes(self) -> bytes:
        return self.samples.tobytes()

    def luma(self) -> Plane:
        """What the test made."""
        return Plane(memoryview(self._bytes), self.width, self.height, self.width)

    def bgr(self, width: int, height: int) -> Plane:
        """The nearest samples, three times each."""
        rows = np.arange(height) * self.height // height
        columns = np.arange(width) * self.width // width
        colours = self.samples[rows][:, columns].repeat(3, axis=1).tobytes()
        return Plane(memoryview(colours), 3 * width, height, 3 * width)

    def jpeg(self, width: int, height: int, quality: int) -> bytes:
        """No JPEG, but bytes that tell what was asked for."""
        return f"jpeg {width}x{height} q{quality} {self.at}".encode()
