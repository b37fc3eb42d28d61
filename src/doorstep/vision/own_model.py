"""What an owner's own model file is, for the command that checks it.  Known files are compared in `models.py`."""

from dataclasses import dataclass
from pathlib import Path

from doorstep.core.detection import Label
from doorstep.vision.letterbox import GreyPicture
from doorstep.vision.onnx_detector import default_threads, load_detector
from doorstep.vision.sized_detector import side_of


@dataclass(frozen=True, slots=True)
class OwnModel:
    """A file that can look: its family, the side of what it sees in pixels, the labels it knows."""

    name: str
    family: str
    side: int
    labels: tuple[Label, ...]


def try_own_model(path: Path) -> OwnModel:
    """Load the file and let it look once.  Raises ModelInvalid, DetectorUnavailable when it cannot look."""
    detector = load_detector(path, path.stem, default_threads(), labels=None)
    detector.detect(GreyPicture(1280, 720), detector.thresholds.keep)
    return OwnModel(path.stem, type(detector.family).__name__, side_of(detector), detector.labels)
