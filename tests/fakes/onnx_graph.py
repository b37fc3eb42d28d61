"""Small ONNX files with known answers, written by hand: no test needs the `onnx` package.

Format: onnx.proto3 in Protocol Buffers' wire format; field numbers stand beside their names.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32] | NDArray[np.int64]
FLOAT, INT64, BOOL = 1, 7, 9


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*found, number))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    content = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def tensor(name: str, array: Array) -> bytes:
    """TensorProto: dims 1, data_type 2, name 8, raw_data 9."""
    kind = INT64 if array.dtype == np.int64 else FLOAT
    dims = b"".join(_number(1, side) for side in array.shape)
    return dims + _number(2, kind) + _bytes(8, name) + _bytes(9, array.tobytes())


def value(name: str, shape: Sequence[int | str], kind: int = FLOAT) -> bytes:
    """ValueInfoProto: name 1, type 2; of it tensor_type 1; elem_type 1, shape 2; dim 1; dim_value 1, dim_param 2."""
    dims = (_number(1, side) if isinstance(side, int) else _bytes(2, side) for side in shape)
    inner = _number(1, kind) + _bytes(2, b"".join(_bytes(1, dim) for dim in dims))
    return _bytes(1, name) + _bytes(2, _bytes(1, inner))


def node(op: str, inputs: Sequence[str], output: str, body: bytes | None = None, **numbers: int) -> bytes:
    """NodeProto: input 1, output 2, op_type 4, attribute 5; of it name 1, i 3, g 6, type 20 (INT is 2, GRAPH 5)."""
    attributes = [_bytes(1, name) + _number(3, number) + _number(20, 2) for name, number in numbers.items()]
    if body is not None:
        attributes.append(_bytes(1, "body") + _bytes(6, body) + _number(20, 5))
    ends = b"".join(_bytes(1, each) for each in inputs) + _bytes(2, output)
    return ends + _bytes(4, op) + b"".join(_bytes(5, each) for each in attributes)


def graph(
    nodes: Sequence[bytes], weights: Mapping[str, Array], inputs: Sequence[bytes], outputs: Sequence[bytes]
) -> bytes:
    """GraphProto: node 1, name 2, initializer 5, input 11, output 12."""
    parts = [(1, nodes), (2, [b"known"]), (5, [tensor(name, array) for name, array in weights.items()])]
    return b"".join(_bytes(field, each) for field, many in (*parts, (11, inputs), (12, outputs)) for each in many)


def model(
    nodes: Sequence[bytes],
    weights: Mapping[str, Array],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """ModelProto: ir_version 1, graph 7, opset_import 8, metadata_props 14."""
    told = b"".join(_bytes(14, _bytes(1, key) + _bytes(2, words)) for key, words in (metadata or {}).items())
    known = graph(nodes, weights, inputs, outputs)
    return _number(1, 9) + _bytes(7, known) + _bytes(8, _bytes(1, "") + _number(2, 13)) + told


def pixel_as_score(
    answer: NDArray[np.float32], place: tuple[int, ...], pixel: tuple[int, int, int], result: str
) -> tuple[list[bytes], dict[str, Array]]:
    """Nodes that give `answer` as `result`, with the value of one pixel (channel, row, column) added at `place`."""
    after = [side - at - 1 for side, at in zip(answer.shape, place, strict=True)]
    weights: dict[str, Array] = {
        "starts": np.array((0, *pixel), np.int64),
        "ends": np.array((1, *(each + 1 for each in pixel)), np.int64),
        "one": np.ones(answer.ndim, np.int64),
        "around": np.array((*place, *after), np.int64),
        "answer": answer,
    }
    return [
        node("Slice", ["images", "starts", "ends"], "pixel"),
        node("Reshape", ["pixel", "one"], "shaped"),
        node("Pad", ["shaped", "around"], "placed"),
        node("Add", ["placed", "answer"], result),
    ], weights
