"""The detector as a function: `handler` is what Lambda calls.  What it is sent and answers: `picture_call`.

All that takes time is done when this module is imported, which Lambda does once for many calls: loading the model, and
a first look.  A model that cannot be used fails the import, and with it every call, in plain words.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from doorstep.aws.gateway import Answer
from doorstep.aws.picture_call import answer_to
from doorstep.clock import SystemClock
from doorstep.core.errors import ConfigInvalid, ModelInvalid
from doorstep.ports import Detector
from doorstep.vision.letterbox import GreyPicture
from doorstep.vision.models import KNOWN
from doorstep.vision.onnx_detector import load_detector

MODEL, INPUT_SIZE = "DOORSTEP_MODEL", "DOORSTEP_INPUT_SIZE"
MEMORY = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"

LONGEST_LOOK: Final = 900.0
"""Seconds, as long as a function may run at all: its own timeout ends a look that hangs, and the process with it."""

_MB_OF_A_CORE: Final = 1769
"""Lambda Developer Guide, "Configure Lambda function memory": so much memory comes with one processor."""


def loaded(environment: Mapping[str, str]) -> Detector:
    """What looks, after its first look.  Raises ConfigInvalid, ModelInvalid, DetectorUnavailable."""
    path = Path(environment.get(MODEL, ""))
    if not path.name:
        msg = f"{MODEL} is not set: it names the model's file in the image."
        raise ConfigInvalid(msg)
    if not path.is_file():
        msg = f"There is no model at {path}, where {MODEL} says; build the image anew."
        raise ModelInvalid(msg)
    detector = load_detector(
        path,
        _name_of(path),
        max(1, _whole(environment, MEMORY, _MB_OF_A_CORE) // _MB_OF_A_CORE),
        _whole(environment, INPUT_SIZE, 0) or None,
        longest_look=LONGEST_LOOK,
    )
    detector.detect(GreyPicture(1280, 720), detector.thresholds.keep)
    return detector


def _name_of(path: Path) -> str:
    """As Doorstep knows it."""
    return next((each.name for each in KNOWN if each.file_name == path.name), path.stem)


def _whole(environment: Mapping[str, str], name: str, otherwise: int) -> int:
    told = environment.get(name, "")
    if not told:
        return otherwise
    if not (told.isascii() and told.isdigit() and len(told) < 7):
        msg = f"{name} is no number."
        raise ConfigInvalid(msg)
    return int(told)


_CLOCK: Final = SystemClock()
_DETECTOR: Final = loaded(os.environ)


def handler(event: object, _context: object) -> Answer:
    """One picture.  Lambda gives an instance one event at a time."""
    return answer_to(event, _DETECTOR, _CLOCK)
