"""Opens a model file with onnxruntime, at its own size or another, and says what goes in and comes out.

What the numbers mean lives by family; who looks with it, in `onnx_detector`.
"""

from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it ships no types
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_state  # type: ignore[import-untyped]  # as above

from doorstep.core.errors import ModelInvalid
from doorstep.vision.classes import class_names
from doorstep.vision.family import Surface, Tensor
from doorstep.vision.onnx_dims import with_side

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
    MemoryError,
    RuntimeError,
    ValueError,
)

_OPEN_SIDE: Final = 640
"""For a model that takes any size: what all that were exported so were trained with."""
_MOST_BYTES: Final = 1 << 29
"""The largest of the families that Doorstep knows is 378 MB; what is far larger would only eat the memory."""


def open_model(path: Path, name: str, threads: int, side: int | None = None) -> onnxruntime.InferenceSession:
    """A session on the file; `threads` for each run; with `side`, pictures go in at that size instead of its own.

    Raises ModelInvalid.
    """
    try:
        length = path.stat().st_size if path.is_file() else None
    except OSError:
        length = None
    if length is None:
        msg = f"The model {name} is not at {path}; run `doorstep models fetch`, or mend its path."
        raise ModelInvalid(msg)
    if length > _MOST_BYTES:
        msg = f"{path} is {length / 1e9:.1f} GB large; no model that Doorstep can look with is. Use a smaller one."
        raise ModelInvalid(msg)
    if side is not None:
        return _sized(path, name, side, threads)
    session = _opened(path, str(path), threads)
    if any(None in each.shape[2:] for each in surface_of(session, path).inputs):
        return _sized(path, name, _OPEN_SIDE, threads)
    return session


def surface_of(session: onnxruntime.InferenceSession, path: Path) -> Surface:
    """All inputs and outputs, and the names of its own classes.  Raises ModelInvalid where they cannot be read."""
    try:
        inputs, outputs = (tuple(map(_tensor, nodes)) for nodes in (session.get_inputs(), session.get_outputs()))
        return Surface(inputs, outputs, class_names(session.get_modelmeta().custom_metadata_map))
    except ValueError as error:  # names that are no UTF-8
        raise ModelInvalid(_unreadable(path)) from error


def tried_surface(session: onnxruntime.InferenceSession, path: Path) -> Surface:
    """As `surface_of`, with the open sides of its outputs as they are when a picture goes in.  Blocks for one run.

    An exporter may leave them open that follow from the picture's size or from the batch.  Raises ModelInvalid.
    """
    surface = surface_of(session, path)
    if surface.picture is None or len(surface.inputs) != 1 or all(None not in each.shape for each in surface.outputs):
        return surface
    name, width, height = surface.picture
    try:
        answers = session.run(None, {name: np.zeros((1, 3, height, width), np.float32)})
    except _RUNTIME_ERRORS:
        return surface
    found = zip(surface.outputs, answers, strict=True)
    outputs = tuple(Tensor(each.name, np.shape(answer), each.kind) for each, answer in found)
    return Surface(surface.inputs, outputs, surface.names)


def stiff(name: str, side: int) -> str:
    """For the owner: why a model cannot be used at this size."""
    return f'The model {name} cannot see pictures at {side} x {side}. Set "own" as input size, or use another model.'


def _sized(path: Path, name: str, side: int, threads: int) -> onnxruntime.InferenceSession:
    if side < 32 or side % 32:
        msg = f"A model cannot see pictures at {side} pixels. Use a multiple of 32, such as 416, 320 or 256."
        raise ModelInvalid(msg)
    try:
        model = with_side(path.read_bytes(), side)
    except (OSError, ValueError, MemoryError) as error:
        raise ModelInvalid(_unreadable(path)) from error
    try:
        return _opened(path, model, threads)
    except ModelInvalid as error:
        _opened(path, str(path), threads)  # what is no model at all is told as such
        raise ModelInvalid(stiff(name, side)) from error


def _opened(path: Path, model: str | bytes, threads: int) -> onnxruntime.InferenceSession:
    try:
        return onnxruntime.InferenceSession(model, _options(threads), providers=["CPUExecutionProvider"])
    except _RUNTIME_ERRORS as error:
        raise ModelInvalid(_unreadable(path)) from error


def _unreadable(path: Path) -> str:
    return f"{path} is no model that onnxruntime can read; export it anew, or get one with `doorstep models fetch`."


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4  # its errors are ours to tell, once
    # Between two looks the threads sleep: spinning would take a core from the cameras.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # One block for a whole look, laid out beforehand, is 4 MiB larger than what a look fills, and no faster.
    options.enable_mem_pattern = False
    return options


def _tensor(node: onnxruntime.NodeArg) -> Tensor:
    kind = {"tensor(float)": "float32", "tensor(int64)": "int64"}.get(node.type, node.type)
    return Tensor(node.name, tuple(side if isinstance(side, int) else None for side in node.shape), kind)
