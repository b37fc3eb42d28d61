"""Looks again, larger, where the first look leaves doubt.  Who is in a picture at all is the two detectors' to say."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from doorstep.core.detection import Detection, Thresholds
from doorstep.core.errors import DetectorUnavailable, ModelInvalid
from doorstep.core.region import merged
from doorstep.core.track import SURE_SCORE
from doorstep.ports import Detector, FileDetector, Frame
from doorstep.vision.onnx_detector import OnnxDetector, default_threads, load_detector
from doorstep.vision.sized_detector import side_of

_STEP: Final = 64


class SecondLook:
    """A `ports.Detector` of two with the same weights, as safe between threads as they are; `second` sees larger.

    Nothing worth keeping, or only what leaves no doubt, is the answer at once; so an empty picture costs no more than
    before.  Else who was surely seen stays, and of the others the second look decides.  `seen` is the longer side of
    what the first sees, in pixels: a picture (a small crop) without more pixels than that would only be blown up,
    which shows nothing new and makes persons of blots, so it gets one look.
    """

    def __init__(self, first: Detector, second: Detector, seen: int) -> None:
        self._first = first
        self._second = second
        self._seen = seen

    @property
    def name(self) -> str:
        """The first's."""
        return self._first.name

    @property
    def thresholds(self) -> Thresholds:
        """The first's."""
        return self._first.thresholds

    @property
    def sha256(self) -> str:
        """Of the file of both; see `ports.FileDetector`."""
        return self._first.sha256 if isinstance(self._first, FileDetector) else ""

    @property
    def input(self) -> str:
        """The first's; see `ports.FileDetector`."""
        return self._first.input if isinstance(self._first, FileDetector) else ""

    @property
    def second_input(self) -> str:
        """As `input`, of the second look."""
        return self._second.input if isinstance(self._second, FileDetector) else ""

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        """As the first, and where the second cannot look, the first alone.  Raises DetectorUnavailable."""
        lower = min(least, self.thresholds.keep)
        found = self._first.detect(frame, lower)
        sure = [detection for detection in found if detection.score >= SURE_SCORE]
        doubt = any(self.thresholds.keep <= detection.score < SURE_SCORE for detection in found)
        if doubt and max(frame.width, frame.height) > self._seen:
            with suppress(DetectorUnavailable):
                found = merged((*sure, *self._second.detect(frame, lower)))
        return [detection for detection in found if detection.score >= least]


def looking_twice(first: OnnxDetector, path: Path, threads: int | None = None) -> SecondLook:
    """With the same file at about half as large a side again: 640 after 416, 512 after 320, 448 after 256.

    Takes a second, call it from a thread.  Raises ModelInvalid where the model cannot work at that size.
    """
    seen = side_of(first)
    side = (seen * 3 // 2 // _STEP + 1) * _STEP
    try:
        second = load_detector(path, first.name, threads or default_threads(), side, first.labels)
    except ModelInvalid as error:
        msg = f"The model {first.name} cannot look again at {side} x {side}. Take detection.second_look out."
        raise ModelInvalid(msg) from error
    return SecondLook(first, second, seen)
