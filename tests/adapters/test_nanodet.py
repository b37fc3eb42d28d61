"""NanoDet-g's numbers: which models are recognised, what a cell means in pixels, how constants are read."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from doorstep.ports import Plane
from doorstep.vision.family import Surface, Tensor
from doorstep.vision.letterbox import Letterbox
from doorstep.vision.nanodet import INPUT, STRIDES, Nanodet, recognise_nanodet
from doorstep.vision.nanodet_convert import INPUT as CONVERTED_INPUT
from doorstep.vision.nanodet_convert import _constants, _moved, convert

SIDE = 416
CELLS = [(SIDE // stride) ** 2 for stride in STRIDES]
SQUARE = Letterbox(SIDE, SIDE, SIDE, SIDE, 1.0)


def surface(name: str = INPUT, order: tuple[int, ...] = (0, 1, 2, 3, 4, 5)) -> Surface:
    outputs = [Tensor(f"out{n}", (1, n, values), "float32") for values in (80, 44) for n in CELLS]
    return Surface((Tensor(name, (1, 3, SIDE, SIDE), "float32"),), tuple(outputs[place] for place in order))


def family(order: tuple[int, ...] = (0, 1, 2, 3, 4, 5)) -> Nanodet:
    found = recognise_nanodet(surface(order=order))
    assert isinstance(found, Nanodet)
    return found


def quiet_outputs() -> list[NDArray[np.float32]]:
    return [np.zeros((1, n, values), np.float32) for values in (80, 44) for n in CELLS]


@dataclass(frozen=True)
class GreyFrame:
    """A picture whose every sample is 200."""

    width: int
    height: int
    at: float = 0.0
    captured_at: float = 0.0

    def luma(self) -> Plane:
        raise NotImplementedError

    def bgr(self, width: int, height: int) -> Plane:
        return Plane(memoryview(bytes([200]) * (width * height * 3)), width * 3, height, width * 3)

    def jpeg(self, width: int, height: int, quality: int) -> bytes:
        raise NotImplementedError


def test_the_converter_and_the_family_agree_on_the_input() -> None:
    assert INPUT == CONVERTED_INPUT


def test_outputs_are_found_by_shape_in_any_order() -> None:
    assert family((0, 1, 2, 3, 4, 5)).scores == (0, 1, 2)
    assert family((5, 4, 3, 2, 1, 0)).scores == (5, 4, 3)
    assert family((5, 4, 3, 2, 1, 0)).distances == (2, 1, 0)


@pytest.mark.parametrize(
    "other",
    [
        surface(name="images"),
        surface(order=(0, 1, 2, 3, 4)),
        surface(order=(0, 1, 2, 3, 4, 4)),
        Surface((), surface().outputs),
        Surface((Tensor(INPUT, (1, 3, 416, 416), "uint8"),), surface().outputs),
        Surface((Tensor(INPUT, (1, 3, None, None), "float32"),), surface().outputs),
        Surface((Tensor(INPUT, (1, 3, 320, 320), "float32"),), surface().outputs),
        Surface(surface().inputs, (Tensor("output", (1, 3549, 85), "float32"),)),
    ],
)
def test_other_models_are_not_taken_for_it(other: Surface) -> None:
    assert recognise_nanodet(other) is None


@given(
    level=st.integers(0, 2),
    place=st.tuples(st.integers(0, 12), st.integers(0, 12)),
    bins=st.tuples(*[st.integers(0, 10)] * 4),
    ratio=st.floats(0.1, 2.0),
    backwards=st.booleans(),
)
def test_a_certain_cell_is_a_box_around_its_centre(
    level: int, place: tuple[int, int], bins: tuple[int, int, int, int], ratio: float, backwards: bool
) -> None:
    column, row = place
    stride, cell = STRIDES[level], row * (SIDE // STRIDES[level]) + column
    outputs = quiet_outputs()
    outputs[level][0, cell, 0] = 0.9
    for side, certain in enumerate(bins):
        outputs[3 + level][0, cell, side * 11 + certain] = 60.0
    order = (5, 4, 3, 2, 1, 0) if backwards else (0, 1, 2, 3, 4, 5)
    letterbox = Letterbox(1000, 1000, SIDE, SIDE, ratio)
    found = family(order).candidates([outputs[index] for index in order], letterbox, 0.5)
    x, y = (column + 0.5) * stride - 0.5, (row + 0.5) * stride - 0.5
    left, top, right, bottom = (certain * stride for certain in bins)
    expected = np.array([[x - left, y - top, x + right, y + bottom]]) / ratio
    np.testing.assert_allclose(found.boxes, expected, rtol=1e-4, atol=1e-2)
    np.testing.assert_allclose(found.scores, [0.9], rtol=1e-6)


def test_an_undecided_side_is_the_mean_of_its_bins() -> None:
    outputs = quiet_outputs()
    outputs[0][0, 0, 0] = 0.5
    found = family().candidates(outputs, SQUARE, 0.5)
    np.testing.assert_allclose(found.boxes, [[3.5 - 40, 3.5 - 40, 3.5 + 40, 3.5 + 40]], rtol=1e-5)


def test_only_persons_that_score_enough_are_candidates() -> None:
    outputs = quiet_outputs()
    outputs[0][0, 5, 0] = 0.37
    outputs[1][0, 5, 0] = 0.38
    outputs[2][0, 5, 1] = 0.99  # a bicycle
    found = family().candidates(outputs, SQUARE, 0.38)
    assert found.boxes.shape == (1, 4)
    np.testing.assert_allclose(found.scores, [0.38])


def test_nothing_seen_is_no_candidates() -> None:
    found = family().candidates(quiet_outputs(), SQUARE, 0.1)
    assert (found.boxes.shape, found.scores.shape) == ((0, 4), (0,))


def test_the_picture_lies_top_left_on_black_and_is_not_scaled_in_value() -> None:
    inputs, letterbox = family().prepare(GreyFrame(832, 416))
    batch = inputs[INPUT]
    assert batch.shape == (1, 3, 416, 416)
    assert batch.dtype == np.float32
    assert (batch[:, :, :208] == 200).all()
    assert (batch[:, :, 208:] == 0).all()
    assert letterbox.ratio == 0.5


def test_half_floats_become_floats_and_integers_wide_ones() -> None:
    manifest = [
        {
            "weights": [
                {"name": "half", "shape": [3], "dtype": "float32", "quantization": {"dtype": "float16"}},
                {"name": "none", "shape": [0, 1], "dtype": "int32"},
                {"name": "one", "shape": [], "dtype": "int32"},
            ]
        }
    ]
    content = np.array([0.5, -1.0, 65504.0], "<f2").tobytes() + np.array(-7, "<i4").tobytes()
    found = _constants(manifest, content)
    assert found["half"].dtype == np.float32
    assert found["half"].tolist() == [0.5, -1.0, 65504.0]
    assert found["none"].shape == (0, 1)
    assert found["one"].dtype == np.int64
    assert found["one"].item() == -7
    with pytest.raises(ValueError, match="describes 10 bytes of weights, the file has 11"):
        _constants(manifest, content + b"x")


@given(before=st.permutations(range(4)), after=st.permutations(range(4)))
def test_moving_storage_keeps_what_tensorflow_sees(before: list[int], after: list[int]) -> None:
    seen = np.arange(2 * 3 * 5 * 7).reshape(2, 3, 5, 7)
    plain = (0, 1, 2, 3)
    stored = seen.transpose(_moved(plain, tuple(before)))
    moved = stored.transpose(_moved(tuple(before), tuple(after)))
    np.testing.assert_array_equal(moved.transpose(after), seen)


def test_an_operator_of_another_graph_is_refused_by_name() -> None:
    document = {
        "modelTopology": {"node": [{"name": "x", "op": "Placeholder"}, {"name": "y", "op": "Softmax", "input": ["x"]}]},
        "weightsManifest": [],
        "signature": {},
    }
    with pytest.raises(ValueError, match="Softmax: no operator of NanoDet-g's"):
        convert(json.dumps(document).encode(), b"")
