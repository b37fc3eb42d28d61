"""Model files that are broken, hostile or merely odd: one plain sentence each, and no other error ever."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.clock import SystemClock
from doorstep.core.errors import DetectorUnavailable, ModelInvalid
from doorstep.core.input_size import InputSize
from doorstep.vision.letterbox import GreyPicture
from doorstep.vision.onnx_detector import OnnxDetector, load_detector
from doorstep.vision.onnx_dims import with_side
from doorstep.vision.own_model import try_own_model
from doorstep.vision.sized_detector import load_sized
from doorstep.vision.ultralytics import EndToEnd, Yolov8
from doorstep.vision.yolo import Yolox, cell_count
from fakes.onnx_graph import model, node, pixel_as_score, value
from fakes.troubled_models import SIDE, troubled_model

CELLS = cell_count(SIDE, SIDE)
ANSWER = np.zeros((1, 84, CELLS), np.float32)
FLOAT16 = 10
PICTURE = value("images", (1, 3, SIDE, SIDE))
OUTPUT = value("output0", ANSWER.shape)
UNREADABLE = "is no model that onnxruntime can read; export it anew"
NO_FAMILY = "belongs to no family that Doorstep knows (found: inputs images"


def plain(inputs: Sequence[bytes] = (PICTURE,), names: str | None = None) -> bytes:
    """A sound YOLOv8, but for its inputs."""
    nodes, weights = pixel_as_score(ANSWER, (0, 4, 7), (0, 70, 48), "output0")
    return model(nodes, weights, inputs, [OUTPUT], {"names": names} if names else None)


def constant(answer: np.ndarray[Any, np.dtype[np.float32]]) -> bytes:
    return model(
        [node("Identity", ["answer"], "output0")], {"answer": answer}, [PICTURE], [value("output0", answer.shape)]
    )


def elsewhere() -> bytes:
    """Its weights lie in another file (TensorProto: external_data 13, data_location 14)."""
    whole = constant(ANSWER)
    raw = b"\x42\x06answer" + b"\x4a"  # name, and the tag of raw_data
    place = whole.index(raw) + 8
    length_at = place + 1
    length_ends = length_at + next(n for n in range(1, 10) if whole[length_at + n - 1] < 0x80)
    pairs = b"\x0a\x08location\x12\x10../../etc/passwd"
    inside = b"\x6a" + bytes([len(pairs)]) + pairs + b"\x70\x01"
    # Field 99 takes up the raw bytes' place, so that no length around them changes.
    kept = whole[length_ends : length_ends + ANSWER.nbytes]
    filler = len(kept) + (length_ends - place) - len(inside) - 2 - 4
    swallowed = b"\x9a\x06" + _varint(filler, 4) + kept[:filler]
    return whole[:place] + inside + swallowed + whole[length_ends + ANSWER.nbytes :]


def _varint(number: int, length: int) -> bytes:
    """Padded to so many bytes."""
    parts = [(number >> 7 * n & 0x7F) | (0x80 if n < length - 1 else 0) for n in range(length)]
    return bytes(parts)


HOSTILE = {
    "nothing": (b"", UNREADABLE),
    "words": (b"Dear Doorstep, I am no model.\n" * 50, UNREADABLE),
    "page": (b"<!DOCTYPE html><html>" + b"x" * 1000, UNREADABLE),
    "archive": (b"PK\x03\x04" + bytes(500), UNREADABLE),
    "own operator": (model([node("Mine", ["images"], "output0")], {}, [PICTURE], [OUTPUT]), UNREADABLE),
    "weights elsewhere": (elsewhere(), UNREADABLE),
    "half floats": (plain([value("images", (1, 3, SIDE, SIDE), FLOAT16)]), UNREADABLE),
    "a name in no alphabet": (plain().replace(b"output0", b"out\xff\xfet0"), UNREADABLE),
    "classes in no alphabet": (plain(names="wrong").replace(b"wrong", b"\xff\xfe\x80ng"), UNREADABLE),
    "no picture": (constant(ANSWER).replace(PICTURE, value("images", (1, 9, SIDE, SIDE))), NO_FAMILY),
    "no pixels": (plain([value("images", (1, 3, 0, 0))]), NO_FAMILY),
    "terapixels": (plain([value("images", (1, 3, 1 << 20, 1 << 20))]), NO_FAMILY),
    "another answer": (constant(np.zeros((1, 7, 9), np.float32)), NO_FAMILY),
}


@pytest.mark.parametrize("side", [None, 320])
@pytest.mark.parametrize("kind", list(HOSTILE))
def test_a_hostile_file_is_refused_in_one_plain_sentence(tmp_path: Path, kind: str, side: int | None) -> None:
    content, words = HOSTILE[kind]
    path = tmp_path / "mine.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelInvalid) as refused:
        load_detector(path, "mine", 1, side)
    assert "\n" not in str(refused.value)
    if side is None:
        assert words in str(refused.value)


def test_weights_elsewhere_are_what_makes_that_file_hostile() -> None:
    assert b"location" in elsewhere()
    assert len(elsewhere()) == len(constant(ANSWER))


@pytest.mark.parametrize("side", [None, 320])
def test_a_file_of_gigabytes_is_refused_before_it_is_read(tmp_path: Path, side: int | None) -> None:
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 2_200_000_000)
    with pytest.raises(ModelInvalid, match=r"large\.onnx is 2\.2 GB large; .* Use a smaller one"):
        load_detector(path, "large", 1, side)


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 4000), change=st.binary(min_size=1, max_size=8), cut=st.integers(0, 4000))
def test_a_damaged_file_is_refused_or_looks(
    tmp_path_factory: pytest.TempPathFactory, at: int, change: bytes, cut: int
) -> None:
    """The structure lies at both ends, the weights between."""
    content = bytearray(plain())
    place = at % 600 if at < 2000 else len(content) - 1 - at % 600
    content[place : place + len(change)] = change
    path = tmp_path_factory.mktemp("damaged") / "mine.onnx"
    path.write_bytes(content if cut > 2000 else content[: len(content) - cut])
    for side in (None, 320):
        try:
            load_detector(path, "mine", 1, side).detect(GreyPicture(64, 48), 0.3)
        except (ModelInvalid, DetectorUnavailable) as error:
            assert "\n" not in str(error)  # noqa: PT017 - both ends are right


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=100).map(lambda end: plain()[:300] + end)))
def test_bytes_of_chance_have_their_size_changed_or_are_refused(content: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(with_side(content, 320), bytes)


# ------------------------------------------------------------------------------------------- odd, and yet understood


@pytest.mark.parametrize("side", ["height", SIDE])
def test_a_batch_and_sides_that_the_file_leaves_open_are_found_out(tmp_path: Path, side: str | int) -> None:
    """As exporters write them that allow many pictures at once: what comes out is open too."""
    nodes = [
        node("ReduceMean", ["images"], "mean", keepdims=1),
        node("Shape", ["images"], "sides"),
        node("Gather", ["sides", "first"], "batch"),
        node("Concat", ["batch", "rest"], "all", axis=0),
        node("ConstantOfShape", ["all"], "output0"),
    ]
    count = cell_count(640, 640) if side == "height" else CELLS
    weights = {"first": np.zeros(1, np.int64), "rest": np.array([84, count], np.int64)}
    picture, answer = value("images", ("batch", 3, side, side)), value("output0", ("batch", 84, "anchors"))
    path = tmp_path / "open.onnx"
    path.write_bytes(model(nodes, dict(weights), [picture], [answer]))
    detector = load_detector(path, "open", 1)
    assert isinstance(detector.family, Yolov8)
    assert detector.detect(GreyPicture(64, 48), 0.3) == []


def test_a_file_whose_open_answer_cannot_be_tried_is_refused_with_what_was_found(tmp_path: Path) -> None:
    nodes = [node("Shape", ["images"], "sides"), node("Gather", ["sides", "ninth"], "none")]
    nodes += [node("ConstantOfShape", ["none"], "output0")]
    path = tmp_path / "open.onnx"
    answer = value("output0", ("batch", 84, "anchors"))
    path.write_bytes(model(nodes, {"ninth": np.full(3, 9, np.int64)}, [PICTURE], [answer]))
    with pytest.raises(ModelInvalid, match=r"no family that Doorstep knows .* output0 float32\[\?, 84, \?\]"):
        load_detector(path, "open", 1)


@pytest.mark.parametrize("count", [CELLS, 3 * CELLS])
def test_a_model_of_one_unnamed_class_is_not_taken_for_an_end_to_end_one(tmp_path: Path, count: int) -> None:
    """Its rows are as long, and mean something else."""
    path = tmp_path / "one.onnx"
    path.write_bytes(constant(np.zeros((1, count, 6), np.float32)))
    with pytest.raises(ModelInvalid, match="no family"):
        load_detector(path, "one", 1)
    path.write_bytes(constant(np.zeros((1, 300, 6), np.float32)))
    assert isinstance(load_detector(path, "one", 1).family, EndToEnd)


class OddSession:
    """Answers otherwise than its file says."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def run(self, *_: object) -> Any:
        return self._answer


@pytest.mark.parametrize(
    "answer",
    [
        [],
        [None],
        [["person"]],
        [[{0: 0.5}]],
        [np.array(["person"])],
        [np.zeros(0, np.float32)],
        [np.ones((1, 400, 85), np.float32)],
        [np.ones((1, 5), np.float32)],
    ],
)
def test_an_answer_of_another_shape_makes_the_detector_unavailable(answer: Any) -> None:
    odd = OnnxDetector("odd", OddSession(answer), Yolox("images", SIDE, SIDE))
    with pytest.raises(DetectorUnavailable, match=r"The model odd (gave|answered)"):
        odd.detect(GreyPicture(64, 48), 0.3)


@pytest.mark.parametrize(
    ("size", "trouble", "words"),
    [
        ("auto", "nan", "gave numbers that are none"),
        ("auto", "crash", "could not look"),
        ("own", "nan", "gave numbers that are none"),
        ("own", "crash", "could not look"),
        (SIDE, "nan", "gave numbers that are none"),
        (SIDE, "crash", "cannot see pictures at 96 x 96"),
    ],
)
def test_a_model_in_trouble_is_named_with_its_trouble_at_any_input_size(
    tmp_path: Path, size: InputSize, trouble: str, words: str
) -> None:
    path = troubled_model(tmp_path / "mine.onnx", trouble, bright=100.0)
    with pytest.raises((ModelInvalid, DetectorUnavailable), match=words):
        load_sized(path, "mine", 1, size, 4.0, SystemClock())[0].detect(GreyPicture(64, 48), 0.3)


def test_an_owners_file_in_trouble_is_not_called_sound(tmp_path: Path) -> None:
    with pytest.raises(DetectorUnavailable, match="gave numbers that are none"):
        try_own_model(troubled_model(tmp_path / "mine.onnx", "nan", bright=100.0))
    assert try_own_model(troubled_model(tmp_path / "well.onnx", "none", bright=100.0)).family == "Yolox"
