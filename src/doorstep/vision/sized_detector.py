"""A detector at the size that the owner chose, or that this machine affords: loaded, measured, told why.

The rule is `core/input_size.py`'s.
"""

import statistics
from collections.abc import Collection
from pathlib import Path
from typing import Final

from doorstep.core.detection import Label
from doorstep.core.errors import DetectorUnavailable, ModelInvalid
from doorstep.core.input_size import SIDES, InputSize, SizeChoice, Trial, affordable, choose_size
from doorstep.ports import Clock
from doorstep.vision.letterbox import GreyPicture
from doorstep.vision.onnx_detector import PERSONS, OnnxDetector, load_detector

_LOOKS: Final = 5
_CAMERA: Final = GreyPicture(1280, 720)


def load_sized(
    path: Path,
    name: str,
    threads: int,
    size: InputSize,
    looks_per_second: float,
    clock: Clock,
    labels: Collection[Label] = PERSONS,
) -> tuple[OnnxDetector, SizeChoice]:
    """The detector, and the side it sees pictures at with the reason, one sentence for the owner.

    `looks_per_second` counts all cameras together; "auto" looks some times at each size until one is affordable, a
    second or two on a small board.  Blocks: call it from a thread.  Raises ModelInvalid.
    """
    if size != "auto":
        detector = load_detector(path, name, threads, None if size == "own" else size, labels)
        side = side_of(detector)
        return detector, SizeChoice(side, f"{side} is {'the size of the model' if size == 'own' else 'what was set'}.")
    own = load_detector(path, name, threads, None, labels)
    found: dict[int, OnnxDetector] = {}
    trials: list[Trial] = []
    faults: list[str] = []
    for side in (side_of(own), *(side for side in SIDES if side < side_of(own))):
        try:
            found[side] = own if side == side_of(own) else load_detector(path, name, threads, side, labels)
            trials.append(Trial(side, _milliseconds(found[side], clock)))
        except (ModelInvalid, DetectorUnavailable) as error:
            faults.append(str(error))
            continue
        if affordable(trials[-1], looks_per_second):
            break
    if not trials:
        raise ModelInvalid(faults[0])  # of its own size
    choice = choose_size(trials, looks_per_second)
    return found[choice.side], choice


def side_of(detector: OnnxDetector) -> int:
    """The longer side of what goes into its model, in pixels."""
    return max(detector.family.width, detector.family.height)


def _milliseconds(detector: OnnxDetector, clock: Clock) -> float:
    """The median of some looks at a camera's picture, after one that warms up.  Raises DetectorUnavailable."""
    taken = []
    for _ in range(1 + _LOOKS):
        began = clock.monotonic()
        detector.detect(_CAMERA, detector.thresholds.keep)
        taken.append(1000 * (clock.monotonic() - began))
    return statistics.median(taken[1:])
