"""The size of the pictures that an ONNX file takes, changed in memory; the file stays as it is.

Only the few nested messages around it are rewritten.  Formats: Protocol Buffers wire format (encoding.html) and
onnx.proto3: ModelProto.graph 7; GraphProto.initializer 5, input 11, value_info 13; TensorProto.name 8;
ValueInfoProto.name 1, type 2; TypeProto.tensor_type 1; TypeProto.Tensor.shape 2; TensorShapeProto.dim 1;
Dimension.dim_value 1.
"""

from collections.abc import Callable, Iterator
from typing import Final

Change = Callable[[bytes], bytes]

_GRAPH, _WEIGHT, _INPUT, _VALUES = 7, 5, 11, 13
_WEIGHT_NAME, _INPUT_NAME = 8, 1
_TYPE, _TENSOR, _SHAPE, _DIM, _LENGTH = 2, 1, 2, 1, 1
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_FIXED: Final = {_EIGHT: 8, _FOUR: 4}
_PICTURE_AXES: Final = 4


def with_side(model: bytes, side: int) -> bytes:
    """The model with every input of four axes made 1 x as it was x `side` x `side`.

    What the file says of the shapes in between is dropped: onnxruntime infers them anew, those of the outputs too.
    Raises ValueError when the bytes are no ONNX file.
    """
    return _changed(model, _GRAPH, lambda graph: _with_inputs(graph, side))


def _with_inputs(graph: bytes, side: int) -> bytes:
    kept = b"".join(whole for number, _, whole in _fields(graph) if number != _VALUES)
    # Files of IR version 3 list their weights among the inputs too.
    weights = {name for number, weight, _ in _fields(graph) if number == _WEIGHT for name in _of(weight, _WEIGHT_NAME)}

    def sized(value: bytes) -> bytes:
        if weights.intersection(_of(value, _INPUT_NAME)):
            return value
        return _nested(value, (_TYPE, _TENSOR, _SHAPE), lambda shape: _squared(shape, side))

    return _changed(kept, _INPUT, sized)


def _of(message: bytes, wanted: int) -> list[bytes]:
    """The contents of each field of this number."""
    return [content for number, content, _ in _fields(message) if number == wanted]


def _nested(message: bytes, path: tuple[int, ...], change: Change) -> bytes:
    if not path:
        return change(message)
    return _changed(message, path[0], lambda inner: _nested(inner, path[1:], change))


def _squared(shape: bytes, side: int) -> bytes:
    """A TensorShapeProto of four axes with 1 x its channels x side x side; any other as it is."""
    dims = _of(shape, _DIM)
    if len(dims) != _PICTURE_AXES:
        return shape
    batch, edge = (bytes([_LENGTH << 3 | _VARINT]) + _varint(length) for length in (1, side))
    return b"".join(_tagged(_DIM, content) for content in (batch, dims[1], edge, edge))


def _changed(message: bytes, wanted: int, change: Change) -> bytes:
    """The message with each field of this number changed."""
    return b"".join(
        _tagged(number, change(content)) if number == wanted else whole for number, content, whole in _fields(message)
    )


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, content (empty unless it is bytes) and whole encoding of each field."""
    at = 0
    while at < len(message):
        start = at
        tag, at = _read_varint(message, at)
        content, kind = b"", tag & 7
        if kind == _VARINT:
            _, at = _read_varint(message, at)
        elif kind == _BYTES:
            length, at = _read_varint(message, at)
            content, at = message[at : at + length], at + length
        elif kind in _FIXED:
            at += _FIXED[kind]
        else:
            msg = f"wire type {kind} is none of ONNX's"
            raise ValueError(msg)
        if at > len(message):
            msg = f"a field ends {at - len(message)} bytes behind its message"
            raise ValueError(msg)
        yield tag >> 3, content, message[start:at]


def _tagged(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*found, number))


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        number |= (message[at] & 0x7F) << shift
        at += 1
        if message[at - 1] < 0x80:
            return number, at
    msg = "a number has no end"
    raise ValueError(msg)
