"""YOLOX models that see nobody and are well, until something bright is in the picture: then they are in trouble."""

from pathlib import Path

import numpy as np

from doorstep.vision.yolo import cell_count
from fakes.onnx_graph import BOOL, FLOAT, INT64, Array, graph, model, node, value

SIDE = 96
BRIGHT = 200.0
"""Of 255."""


def troubled_model(path: Path, trouble: str, bright: float = BRIGHT) -> Path:
    """A model file in one of these troubles: "hang" (for hours), "crash", "nan" or "none"."""
    shape = (1, cell_count(SIDE, SIDE), 85)
    weights: dict[str, Array] = {
        "nobody": np.zeros(shape, np.float32),
        "bright": np.array(bright, np.float32),
        "zero": np.zeros((), np.float32),
        "zeros": np.zeros(1, np.float32),
        "many": np.array(10**10, np.int64),
    }
    nodes = [
        node("ReduceMax", ["images"], "brightest", keepdims=0),
        node("Greater", ["brightest", "bright"], "is_bright"),
        node("Cast", ["is_bright"], "one_if_bright", to=INT64),
        node("Mul", ["one_if_bright", "many"], "many_if_bright"),
        *_ending(trouble, shape),
    ]
    content = model(nodes, weights, [value("images", (1, 3, SIDE, SIDE))], [value("output", shape)])
    path.write_bytes(content)
    return path


def _ending(trouble: str, shape: tuple[int, ...]) -> list[bytes]:
    match trouble:
        case "hang":
            return [node("Loop", ["many_if_bright", "", "nobody"], "output", _turning(shape))]
        case "crash":  # what lies beyond the end is taken
            return [node("Gather", ["zeros", "many_if_bright"], "taken"), node("Add", ["nobody", "taken"], "output")]
        case "nan":  # there is no logarithm below zero
            return [
                node("Sub", ["bright", "brightest"], "darkness"),
                node("Log", ["darkness"], "logarithm"),
                node("Mul", ["logarithm", "zero"], "nothing"),
                node("Add", ["nobody", "nothing"], "output"),
            ]
        case _:
            return [node("Identity", ["nobody"], "output")]


def _turning(shape: tuple[int, ...]) -> bytes:
    """The body of a Loop that changes nothing."""
    nodes = [node("Identity", ["may_go_on"], "goes_on"), node("Identity", ["before"], "after")]
    inputs = [value("turn", (), INT64), value("may_go_on", (), BOOL), value("before", shape, FLOAT)]
    return graph(nodes, {}, inputs, [value("goes_on", (), BOOL), value("after", shape, FLOAT)])
