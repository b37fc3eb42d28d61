"""The labelled pictures beside the repository: pixels, persons, and what the script beside them makes of detections.

They are not ours to keep in the repository (many are non-commercial); who uses them is skipped where they are not.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from doorstep.core.detection import Detection
from doorstep.media.frame import DecodedFrame
from doorstep.media.pictures import frames_of
from fakes.doorbell_pictures import Photograph, Pixels, boxes_of

Found = Mapping[str, Sequence[Detection]]
"""What was found, by the name of the file."""


@dataclass(frozen=True, slots=True)
class EvalPictures:
    """`shared` is the folder that holds `eval/` and `tools/`."""

    shared: Path

    @property
    def there(self) -> bool:
        return self._labels_file.is_file() and self._script.is_file()

    @property
    def files(self) -> list[Path]:
        return [self._labels_file.parent / label["file"] for label in self._labels()]

    def photographs(self, *, person: bool) -> Iterator[Photograph]:
        """Those in which somebody is for certain, or nobody."""
        for seed, label in enumerate(self._labels()):
            if label["person"] is person:
                pixels = pixels_of(self._labels_file.parent / label["file"])
                corners = [box["xyxy"] for box in label["boxes"] or () if not box["ignore"]]
                yield Photograph(pixels, boxes_of(corners, pixels.shape[1], pixels.shape[0]), seed)

    def score(self, found: Found, threshold: float) -> dict[str, float]:
        """precision, recall, f1 and image_accuracy at this threshold, by the script's own rules."""
        rows = "\n".join(json.dumps({"file": name, "persons": _persons(seen)}) for name, seen in found.items())
        command = [sys.executable, str(self._script), str(self._labels_file.parent), str(threshold)]
        done = subprocess.run(command, input=rows, capture_output=True, text=True, timeout=300, check=True)
        answer = json.loads(done.stdout)
        assert answer["missing"] == 0
        at: dict[str, float] = answer["at"]
        return at

    @property
    def _labels_file(self) -> Path:
        return self.shared / "eval" / "labels.json"

    @property
    def _script(self) -> Path:
        return self.shared / "tools" / "score_detections.py"

    def _labels(self) -> list[dict[str, Any]]:
        labels: list[dict[str, Any]] = json.loads(self._labels_file.read_text(encoding="utf-8"))
        return labels


def pixels_of(path: Path) -> Pixels:
    frame = next(frames_of(path))
    plane = frame.bgr(frame.width, frame.height)
    rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, plane.stride)
    return rows[:, : plane.width].reshape(frame.height, frame.width, 3).copy()


def frame_of(pixels: Pixels, at: float = 0.0) -> DecodedFrame:
    """As a camera's decoder would give it."""
    picture = av.VideoFrame.from_ndarray(pixels, format="bgr24")
    picture.pts, picture.time_base = round(at * 1000), Fraction(1, 1000)
    return DecodedFrame(picture, at=at, captured_at=at)


def _persons(seen: Sequence[Detection]) -> list[dict[str, object]]:
    return [{"box": [one.box.left, one.box.top, one.box.right, one.box.bottom], "score": one.score} for one in seen]
