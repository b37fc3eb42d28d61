"""Runs a model file with onnxruntime and turns its answer into detections.  Families say what the numbers mean."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it ships no types
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_state  # type: ignore[import-untyped]  # as above

from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.errors import DetectorUnavailable, ModelInvalid
from doorstep.ports import Detector, Frame
from doorstep.vision.family import Candidates, Family, Recognise, Surface, Tensor
from doorstep.vision.letterbox import Batch, Letterbox
from doorstep.vision.nanodet import recognise_nanodet
from doorstep.vision.non_max_suppression import suppress
from doorstep.vision.yolo import recognise_yolox

FAMILIES: tuple[Recognise, ...] = (recognise_yolox, recognise_nanodet)
"""Asked in this order; the first that knows the model takes it."""

_RUNTIME_ERRORS = (
    runtime_state.EPFail,
    runtime_state.EngineError,
    runtime_state.Fail,
    runtime_state.InvalidArgument,
    runtime_state.InvalidGraph,
    runtime_state.InvalidProtobuf,
    runtime_state.ModelLoaded,
    runtime_state.ModelRequiresCompilation,
    runtime_state.NoModel,
    runtime_state.NoSuchFile,
    runtime_state.NotImplemented,
    runtime_state.RuntimeException,
    RuntimeError,
    ValueError,
)


class OnnxDetector:
    """A `ports.Detector` over one onnxruntime session.  Thread-safe: a session may run in several threads at once."""

    def __init__(self, name: str, session: onnxruntime.InferenceSession, family: Family) -> None:
        self._name = name
        self._session = session
        self._family = family

    @property
    def name(self) -> str:
        """The model, as the owner knows it."""
        return self._name

    @property
    def thresholds(self) -> Thresholds:
        """The scores this model needs."""
        return self._family.thresholds

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        """Persons that score at least `least`, best first.  Raises DetectorUnavailable."""
        inputs, letterbox = self._family.prepare(frame)
        outputs = self.run(inputs)
        candidates = self._family.candidates(outputs, letterbox, least)
        if not (np.isfinite(candidates.scores).all() and np.isfinite(candidates.boxes).all()):
            raise DetectorUnavailable(self._broken("gave numbers that are none"))
        return _detections(candidates, letterbox, self._family.overlap)

    def run(self, inputs: dict[str, Batch]) -> Sequence[NDArray[np.float32]]:
        """The bare model, for the benchmark too.  Raises DetectorUnavailable."""
        try:
            outputs: Sequence[NDArray[np.float32]] = self._session.run(None, inputs)
        except _RUNTIME_ERRORS as error:
            raise DetectorUnavailable(self._broken("could not look at a picture")) from error
        if not all(np.isfinite(output).all() for output in outputs):
            raise DetectorUnavailable(self._broken("gave numbers that are none"))
        return outputs

    def _broken(self, what: str) -> str:
        return f"The model {self._name} {what}; check it with `doorstep models verify`."


def _detections(candidates: Candidates, letterbox: Letterbox, overlap: float | None) -> list[Detection]:
    order = (
        [int(index) for index in np.argsort(-candidates.scores, kind="stable")]
        if overlap is None
        else suppress(candidates.boxes, candidates.scores, overlap)
    )
    size = np.array([letterbox.width, letterbox.height] * 2, np.float32)
    parts = np.clip(candidates.boxes / size, 0.0, 1.0)
    found = []
    for index in order:
        left, top, right, bottom = (float(part) for part in parts[index])
        if left < right and top < bottom:
            score = min(1.0, float(candidates.scores[index]))
            found.append(Detection(PERSON, score, Box(left, top, right, bottom)))
    return found


def default_threads() -> int:
    """Two at most, and one core stays free for the cameras."""
    return max(1, min(2, (os.cpu_count() or 1) - 1))


def load_detector(path: Path, name: str, threads: int) -> Detector:
    """The detector in an ONNX file, its family recognised by its inputs and outputs; `threads` for each look.

    Raises ModelInvalid when the file is missing, is no model, or belongs to no known family.
    """
    if not path.is_file():
        msg = f"The model {name} is not at {path}; run `doorstep models fetch`, or mend its path."
        raise ModelInvalid(msg)
    try:
        session = onnxruntime.InferenceSession(str(path), _options(threads), providers=["CPUExecutionProvider"])
    except _RUNTIME_ERRORS as error:
        msg = f"{path} is no model that onnxruntime can read; fetch it again with `doorstep models fetch`."
        raise ModelInvalid(msg) from error
    surface = _surface(session)
    return OnnxDetector(name, session, recognise(surface, name))


def recognise(surface: Surface, name: str) -> Family:
    """The family of a model.  Raises ModelInvalid, which says what was found."""
    for recognised in FAMILIES:
        family = recognised(surface)
        if family is not None:
            return family
    msg = f"The model {name} belongs to no family that Doorstep knows (found: {surface}). Use a YOLOX model."
    raise ModelInvalid(msg)


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    # Between two looks the threads sleep: spinning would take a core from the cameras.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _surface(session: onnxruntime.InferenceSession) -> Surface:
    return Surface(
        tuple(_tensor(node) for node in session.get_inputs()), tuple(_tensor(node) for node in session.get_outputs())
    )


def _tensor(node: onnxruntime.NodeArg) -> Tensor:
    kind = {"tensor(float)": "float32"}.get(node.type, node.type)
    return Tensor(node.name, tuple(side if isinstance(side, int) else None for side in node.shape), kind)
