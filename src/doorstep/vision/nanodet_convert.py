"""TensorFlow.js graph model of NanoDet-g in, ONNX out: the same bytes every time, on every machine.

Only what that one graph contains is understood; anything else is refused.  Fetching and hashes live in `fetch.py`.
`onnx` is needed here and nowhere else, so `fetch.py` runs this file as a program: MODEL.json WEIGHTS.bin OUT.
Formats: tfjs-converter's model.json (weightsManifest, quantization float16); ONNX operators, opset 18.
"""

import base64
import importlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

OPSET: Final = 18
IR_VERSION: Final = 9
INPUT: Final = "bgr_0_to_255"
"""The converted graph normalises by itself; its input's name says what it wants."""
MEAN: Final = (103.53, 116.28, 123.675)
DEVIATION: Final = (57.375, 57.12, 58.395)

Json = Mapping[str, Any]  # vendor's edge: a TensorFlow GraphDef written as JSON
Array = NDArray[Any]  # float32 or int64, as TensorFlow stored it
Axes = tuple[int, ...]
CHANNELS_FIRST: Final[Axes] = (0, 2, 3, 1)  # TensorFlow sees NHWC while NCHW is stored


@dataclass(frozen=True, slots=True)
class _Tensor:
    """An ONNX tensor as TensorFlow sees it: TensorFlow's axis k is the stored axis `axes[k]`.

    Transposes only change this view, so the eighty of them that lead from NCHW to NHWC and back cost nothing.
    """

    name: str
    axes: Axes


@dataclass(slots=True)
class _Graph:
    """The ONNX graph so far; `onnx` is the vendor's module."""

    onnx: Any
    constants: dict[str, Array]
    tensors: dict[str, _Tensor] = field(default_factory=dict)
    nodes: list[Any] = field(default_factory=list)
    level: int = 13  # the neck's side: it doubles and halves; factors hold at every input size, sides at 416 alone
    weights: list[Any] = field(default_factory=list)

    def emit(self, op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: object) -> None:
        self.nodes.append(self.onnx.helper.make_node(op, list(inputs), list(outputs), **attributes))

    def weight(self, name: str, array: Array) -> str:
        self.weights.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def stored(self, source: str, axes: Axes) -> str:
        """The name of `source` with its axes stored in this order, transposed only where they are not."""
        tensor = self.tensors[source]
        if tensor.axes == axes:
            return tensor.name
        turned = f"{tensor.name}/as_{''.join(map(str, axes))}/{len(self.nodes)}"
        self.emit("Transpose", [tensor.name], [turned], perm=_moved(tensor.axes, axes))
        return turned


def convert(model: bytes, weights: bytes) -> bytes:
    """An ONNX file: input `bgr_0_to_255` float32 [1,3,416,416], outputs cls_8..32 [1,n,80] and reg_8..32 [1,n,44].

    Raises ValueError when the graph holds something this converter does not know, ImportError without `onnx`.
    """
    document = json.loads(model)
    constants = _constants(document["weightsManifest"], weights)
    nodes = {node["name"]: node for node in document["modelTopology"]["node"]}
    if strange := {node["op"] for node in nodes.values()} - set(_OPERATORS):
        msg = f"{', '.join(sorted(strange))}: no operator of NanoDet-g's"
        raise ValueError(msg)
    graph = _Graph(_onnx(), constants)
    for name in TopologicalSorter({name: _sources(node) for name, node in nodes.items()}).static_order():
        _OPERATORS[nodes[name]["op"]](graph, nodes[name])
    return _serialised(graph, document["signature"])


def _onnx() -> Any:  # noqa: ANN401 - a vendor's module that is not installed where the types are checked
    for part in ("onnx.helper", "onnx.numpy_helper", "onnx.checker"):
        importlib.import_module(part)
    return importlib.import_module("onnx")


def _constants(manifest: Sequence[Json], weights: bytes) -> dict[str, Array]:
    """Every constant by name: float16 becomes float32 (exact), integers become int64 as ONNX wants shapes and axes."""
    found: dict[str, Array] = {}
    offset = 0
    for entry in (entry for group in manifest for entry in group["weights"]):
        kept = np.dtype(entry.get("quantization", entry)["dtype"]).newbyteorder("<")
        count = int(np.prod(entry["shape"], dtype=np.int64))
        array = np.frombuffer(weights, kept, count, offset).reshape(entry["shape"])
        found[entry["name"]] = array.astype(np.float32 if entry["dtype"] == "float32" else np.int64)
        offset += array.nbytes
    if offset != len(weights):
        msg = f"the manifest describes {offset} bytes of weights, the file has {len(weights)}"
        raise ValueError(msg)
    return found


def _sources(node: Json) -> list[str]:
    return [source.split(":")[0] for source in node.get("input", ())]


def _moved(old: Axes, new: Axes) -> list[int]:
    """ONNX's `perm` that turns storage `old` into storage `new`."""
    perm = [0] * len(new)
    for before, after in zip(old, new, strict=True):
        perm[after] = before
    return perm


def _serialised(graph: _Graph, signature: Json) -> bytes:
    helper, kind = graph.onnx.helper, graph.onnx.TensorProto.FLOAT
    (shape,) = map(_shape, signature["inputs"].values())
    outputs = []
    for output in sorted(signature["outputs"].values(), key=lambda value: (_shape(value)[2] != 80, -_shape(value)[1])):
        _, cells, values = _shape(output)
        stride = shape[3] // int(cells**0.5)
        name = f"{'cls' if values == 80 else 'reg'}_{stride}"
        graph.emit("Identity", [graph.stored(output["name"].split(":")[0], (0, 1, 2))], [name])
        outputs.append(helper.make_tensor_value_info(name, kind, [1, cells, values]))
    inputs = [helper.make_tensor_value_info(INPUT, kind, shape)]
    body = helper.make_graph(graph.nodes, "nanodet_g", inputs, outputs, graph.weights)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="doorstep")
    model.ir_version = IR_VERSION
    graph.onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _shape(value: Json) -> list[int]:
    return [int(dim["size"]) for dim in value["tensorShape"]["dim"]]


def _placeholder(graph: _Graph, node: Json) -> None:
    mean = graph.weight("mean", np.array(MEAN, np.float32).reshape(1, 3, 1, 1))
    scale = graph.weight("scale", (1 / np.array(DEVIATION)).astype(np.float32).reshape(1, 3, 1, 1))
    graph.emit("Sub", [INPUT, mean], ["centred"])
    graph.emit("Mul", ["centred", scale], ["normalised"])
    graph.tensors[node["name"]] = _Tensor("normalised", (0, 1, 2, 3))


def _constant(graph: _Graph, node: Json) -> None:
    if node["name"] not in graph.constants:
        msg = f"constant {node['name']} has no weights"
        raise ValueError(msg)


def _sparse_to_dense(graph: _Graph, node: Json) -> None:
    where, shape, values, default = (graph.constants[source] for source in node["input"])
    dense = np.full(shape, default)
    dense[tuple(where.T)] = values
    graph.constants[node["name"]] = dense


def _transpose(graph: _Graph, node: Json) -> None:
    source, perm = node["input"]
    tensor = graph.tensors[source]
    graph.tensors[node["name"]] = _Tensor(tensor.name, tuple(tensor.axes[axis] for axis in graph.constants[perm]))


def _add(graph: _Graph, node: Json) -> None:
    first, second = node["input"]
    if first in graph.constants and second in graph.constants:
        graph.constants[node["name"]] = graph.constants[first] + graph.constants[second]
        return
    axes = graph.tensors[first].axes
    if second in graph.constants:
        bias = graph.constants[second].reshape((1,) * (len(axes) - 1) + (-1,))  # TensorFlow adds along its last axis
        addend = graph.weight(f"{node['name']}/bias", bias.transpose(_moved(tuple(range(len(axes))), axes)))
    else:
        addend = graph.stored(second, axes)
    graph.emit("Add", [graph.stored(first, axes), addend], [node["name"]])
    graph.tensors[node["name"]] = _Tensor(node["name"], axes)


def _conv(graph: _Graph, node: Json) -> None:
    _demand(node, padding=b"VALID", data_format=b"NHWC")
    source, kernel = node["input"]
    weight = graph.weight(f"{node['name']}/kernel", graph.constants[kernel].transpose(3, 2, 0, 1))  # HWIO to OIHW
    strides, dilations = (_integers(node, name)[1:3] for name in ("strides", "dilations"))
    inputs = [graph.stored(source, CHANNELS_FIRST), weight]
    graph.emit("Conv", inputs, [node["name"]], strides=strides, dilations=dilations)
    graph.tensors[node["name"]] = _Tensor(node["name"], CHANNELS_FIRST)


def _max_pool(graph: _Graph, node: Json) -> None:
    _demand(node, padding=b"VALID", data_format=b"NHWC")
    kernel, strides = (_integers(node, name)[1:3] for name in ("ksize", "strides"))
    source = graph.stored(node["input"][0], CHANNELS_FIRST)
    graph.emit("MaxPool", [source], [node["name"]], kernel_shape=kernel, strides=strides)
    graph.tensors[node["name"]] = _Tensor(node["name"], CHANNELS_FIRST)


def _pad(graph: _Graph, node: Json) -> None:
    source, widths, *filler = node["input"]
    tensor = graph.tensors[source]
    perm = _moved(tuple(range(len(tensor.axes))), tensor.axes)
    around = graph.weight(f"{node['name']}/widths", graph.constants[widths][perm].T.reshape(-1))
    value = [graph.weight(f"{node['name']}/value", graph.constants[name]) for name in filler]
    graph.emit("Pad", [tensor.name, around, *value], [node["name"]])
    graph.tensors[node["name"]] = _Tensor(node["name"], tensor.axes)


def _concat(graph: _Graph, node: Json) -> None:
    *sources, axis = node["input"]
    axes = graph.tensors[sources[0]].axes
    inputs = [graph.stored(source, axes) for source in sources]
    graph.emit("Concat", inputs, [node["name"]], axis=axes[int(graph.constants[axis])])
    graph.tensors[node["name"]] = _Tensor(node["name"], axes)


def _split(graph: _Graph, node: Json) -> None:
    source, sizes, axis = node["input"]
    tensor = graph.tensors[source]
    count = len(graph.constants[sizes])
    names = [node["name"], *(f"{node['name']}:{part}" for part in range(1, count))]
    lengths = graph.weight(f"{node['name']}/sizes", graph.constants[sizes])
    graph.emit("Split", [tensor.name, lengths], names, axis=tensor.axes[int(graph.constants[axis])])
    graph.tensors.update({name: _Tensor(name, tensor.axes) for name in names})


def _resize(graph: _Graph, node: Json) -> None:
    if not node["attr"]["half_pixel_centers"]["b"] or node["attr"]["align_corners"]["b"]:
        msg = f"{node['name']} does not resize about half-pixel centres"
        raise ValueError(msg)
    source, size = node["input"]
    side = int(graph.constants[size][0])
    factor, graph.level = side / graph.level, side
    scales = graph.weight(f"{node['name']}/scales", np.array([1, 1, factor, factor], np.float32))
    inputs = [graph.stored(source, CHANNELS_FIRST), "", scales]
    graph.emit("Resize", inputs, [node["name"]], mode="linear", coordinate_transformation_mode="half_pixel")
    graph.tensors[node["name"]] = _Tensor(node["name"], CHANNELS_FIRST)


def _reshape(graph: _Graph, node: Json) -> None:
    source, shape = node["input"]
    target = graph.constants[shape]
    plain = tuple(range(len(graph.tensors[source].axes)))
    inputs = [graph.stored(source, plain), graph.weight(f"{node['name']}/shape", target)]
    graph.emit("Reshape", inputs, [node["name"]])
    graph.tensors[node["name"]] = _Tensor(node["name"], tuple(range(len(target))))


def _same_shape(op: str) -> Callable[[_Graph, Json], None]:
    def emit(graph: _Graph, node: Json) -> None:
        tensor = graph.tensors[node["input"][0]]
        attributes = {"alpha": float(node["attr"]["alpha"]["f"])} if "alpha" in node["attr"] else {}
        graph.emit(op, [tensor.name], [node["name"]], **attributes)
        graph.tensors[node["name"]] = _Tensor(node["name"], tensor.axes)

    return emit


def _integers(node: Json, name: str) -> list[int]:
    return [int(number) for number in node["attr"][name]["list"]["i"]]


def _demand(node: Json, **wanted: bytes) -> None:
    for name, value in wanted.items():
        if base64.b64decode(node["attr"][name]["s"]) != value:
            msg = f"{node['name']} has another {name} than {value.decode()}"
            raise ValueError(msg)


_OPERATORS: Final[Mapping[str, Callable[[_Graph, Json], None]]] = {
    "Placeholder": _placeholder,
    "Const": _constant,
    "SparseToDense": _sparse_to_dense,
    "Transpose": _transpose,
    "Add": _add,
    "AddV2": _add,
    "Conv2D": _conv,
    "MaxPool": _max_pool,
    "Pad": _pad,
    "PadV2": _pad,
    "ConcatV2": _concat,
    "SplitV": _split,
    "ResizeBilinear": _resize,
    "Reshape": _reshape,
    "LeakyRelu": _same_shape("LeakyRelu"),
    "Sigmoid": _same_shape("Sigmoid"),
    "Identity": _same_shape("Identity"),
}


if __name__ == "__main__":
    source, weights_file, target = map(Path, sys.argv[1:])
    target.write_bytes(convert(source.read_bytes(), weights_file.read_bytes()))
