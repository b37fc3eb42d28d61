"""Runs a model file with onnxruntime and turns its answer into detections.  Families say what the numbers mean."""

import hashlib
import os
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it ships no types

from doorstep.core.detection import Box, Detection, Label, Thresholds
from doorstep.core.errors import DetectorUnavailable, ModelInvalid
from doorstep.vision.classes import Wanted, wanted_classes
from doorstep.vision.detr import recognise_detr
from doorstep.vision.family import PERSON_CLASSES, Candidates, Family, Inputs, Outputs, Recognise, Surface
from doorstep.vision.letterbox import GreyPicture, Letterbox, Picture
from doorstep.vision.nanodet import recognise_nanodet
from doorstep.vision.non_max_suppression import suppress
from doorstep.vision.onnx_model import open_model, stiff, tried_surface
from doorstep.vision.ultralytics import recognise_ultralytics
from doorstep.vision.yolo import recognise_yolox

FAMILIES: tuple[Recognise, ...] = (recognise_yolox, recognise_nanodet, recognise_ultralytics, recognise_detr)
"""Asked in this order; the first that knows the model takes it."""

PERSONS: Final = frozenset({Label.PERSON})

LONGEST_LOOK = 5.0
"""Seconds after which nobody waits for a look any more; a Pi's take a tenth of one.

No longer than the usual post-roll: meanwhile nobody scores motion, and what moved at the start makes an event.
"""

_LOOKS_AT_ONCE: Final = 4
_MOST_CANDIDATES: Final = 1000
"""Of one label; more is a model gone mad, and suppression takes the square of it."""


class OnnxDetector:
    """A `ports.Detector` over one onnxruntime session.  Thread-safe: a session may run in several threads at once.

    The session runs in threads of its own, so that a model that hangs or crashes costs looks and no camera.
    """

    def __init__(
        self,
        name: str,
        session: onnxruntime.InferenceSession,
        family: Family,
        wanted: Wanted = ((Label.PERSON, PERSON_CLASSES),),
        longest_look: float = LONGEST_LOOK,
        sha256: str = "",
    ) -> None:
        self._name = name
        self._sha256 = sha256
        self._session = session
        self._family = family
        self._wanted = wanted
        self._longest_look = longest_look
        self._runs = ThreadPoolExecutor(_LOOKS_AT_ONCE, "model")
        self._late: Future[Outputs] | None = None

    @property
    def name(self) -> str:
        """The model, as the owner knows it."""
        return self._name

    @property
    def thresholds(self) -> Thresholds:
        """The scores this model needs."""
        return self._family.thresholds

    @property
    def sha256(self) -> str:
        """Of the model's file, in hexadecimal; empty where there is none."""
        return self._sha256

    @property
    def input(self) -> str:
        """Width and height of what goes into the model, such as "416x416"."""
        return f"{self._family.width}x{self._family.height}"

    @property
    def labels(self) -> tuple[Label, ...]:
        """What is looked for and known to this model."""
        return tuple(label for label, _ in self._wanted)

    @property
    def family(self) -> Family:
        """How the model is fed and read."""
        return self._family

    def detect(self, frame: Picture, least: float) -> Sequence[Detection]:
        """What scores at least `least`, best first.  Raises DetectorUnavailable."""
        inputs, letterbox = self._family.prepare(frame)
        outputs = self.run(inputs)
        found: list[Detection] = []
        for label, classes in self._wanted:
            try:
                candidates = self._family.candidates(outputs, letterbox, least, classes)
            except (IndexError, ValueError) as error:
                raise DetectorUnavailable(self._broken("answered otherwise than its file says")) from error
            if not (np.isfinite(candidates.scores).all() and np.isfinite(candidates.boxes).all()):
                raise DetectorUnavailable(self._broken("gave numbers that are none"))
            found += _detections(label, candidates, letterbox, self._family.overlap)
        return sorted(found, key=lambda detection: -detection.score)

    def run(self, inputs: Inputs) -> Outputs:
        """The bare model, for the benchmark too.  Raises DetectorUnavailable, when it takes too long as well.

        While a look that was given up still runs, every other is refused at once; when it ends, all is well again.
        """
        if self._late is not None and not self._late.done():
            msg = f"The model {self._name} is still busy with an earlier picture; use a smaller one if this goes on."
            raise DetectorUnavailable(msg)
        options = onnxruntime.RunOptions()
        look = self._runs.submit(self._session.run, None, inputs, options)
        try:
            error = look.exception(self._longest_look)
        except TimeoutError:
            options.terminate = True  # onnxruntime looks at it between two operators
            self._late = look
            msg = f"The model {self._name} took over {self._longest_look:g} s for one picture; use a smaller one."
            raise DetectorUnavailable(msg) from None
        if error is not None:  # whatever it is: a model's crash must not end a camera
            raise DetectorUnavailable(self._broken(f"could not look at a picture ({type(error).__name__})")) from error
        outputs: Outputs = look.result()
        if not all(map(_are_numbers, outputs)):
            raise DetectorUnavailable(self._broken("gave numbers that are none"))
        return outputs

    def _broken(self, what: str) -> str:
        return f"The model {self._name} {what}; check it with `doorstep models verify`."


def _are_numbers(output: object) -> bool:
    """A model may also answer with words, or with lists of lists."""
    return isinstance(output, np.ndarray) and output.dtype.kind in "bfiu" and bool(np.isfinite(output).all())


def _detections(label: Label, candidates: Candidates, letterbox: Letterbox, overlap: float | None) -> list[Detection]:
    best = np.argsort(-candidates.scores, kind="stable")[:_MOST_CANDIDATES]
    boxes, scores = candidates.boxes[best], candidates.scores[best]
    order = range(len(best)) if overlap is None else suppress(boxes, scores, overlap)
    size = np.array([letterbox.width, letterbox.height] * 2, np.float32)
    parts = np.clip(boxes / size, 0.0, 1.0)
    found = []
    for index in order:
        left, top, right, bottom = (float(part) for part in parts[index])
        if left < right and top < bottom:
            score = min(1.0, float(scores[index]))
            found.append(Detection(label, score, Box(left, top, right, bottom)))
    return found


def default_threads() -> int:
    """Two at most, and one core stays free for the cameras."""
    return max(1, min(2, (os.cpu_count() or 1) - 1))


def load_detector(
    path: Path,
    name: str,
    threads: int,
    side: int | None = None,
    labels: Collection[Label] | None = PERSONS,
    longest_look: float = LONGEST_LOOK,
) -> OnnxDetector:
    """The detector in an ONNX file, its family recognised by its inputs and outputs; `threads` for each look.

    `side`: pictures go in at this size (a multiple of 32) instead of the model's own.  `labels` None: all it knows.
    Raises ModelInvalid when the file is missing, is no model, belongs to no known family, does not know a label, or
    cannot work at that size.
    """
    session = open_model(path, name, threads, side)
    surface = tried_surface(session, path)
    family = recognise(surface, name)
    wanted = wanted_classes(tuple(Label) if labels is None else labels, surface.names)
    if unknown := set(labels or ()) - {label for label, _ in wanted}:
        msg = f"The model {name} knows no {', no '.join(sorted(unknown))}. Use another model, or leave that label out."
        raise ModelInvalid(msg)
    detector = OnnxDetector(name, session, family, wanted, longest_look, _sha256_of(path))
    if side is not None:
        _try_out(detector, side)
    return detector


def recognise(surface: Surface, name: str) -> Family:
    """The family of a model.  Raises ModelInvalid, which says what was found."""
    for recognised in FAMILIES:
        family = recognised(surface)
        if family is not None:
            return family
    msg = f"The model {name} belongs to no family that Doorstep knows (found: {surface}). Use a YOLOX model."
    raise ModelInvalid(msg)


def _sha256_of(path: Path) -> str:
    """Of the whole file, however its size is changed in memory."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _try_out(detector: OnnxDetector, side: int) -> None:
    """A model with its own size built in says so only when it runs.  Raises ModelInvalid."""
    try:
        detector.detect(GreyPicture(side, side), 1.0)
    except DetectorUnavailable as error:
        # Where onnxruntime could run it, the size is not what is wrong.
        raise ModelInvalid(stiff(detector.name, side) if error.__cause__ else str(error)) from error
