"""Families without weights of ours: generated graphs whose score is a pixel, so that what went in can be seen.

One pixel tells colours, values and place apart: red of 0..1 is 0.8 there, blue 0.2, the border 0.447.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from doorstep.core.detection import Label
from doorstep.core.errors import ModelInvalid
from doorstep.ports import Plane
from doorstep.vision.classes import class_names, wanted_classes
from doorstep.vision.detr import Detr
from doorstep.vision.onnx_detector import OnnxDetector, load_detector
from doorstep.vision.own_model import try_own_model
from doorstep.vision.ultralytics import EndToEnd, Yolov5, Yolov8
from doorstep.vision.yolo import cell_count
from fakes.onnx_graph import FLOAT, INT64, Array, model, node, pixel_as_score, tensor, value

SIDE = 96
CELLS = cell_count(SIDE, SIDE)
RED_IN_CENTRED = (0, 70, 48)  # of a picture twice as wide as high, 0.447 were it in the upper left
CENTRE_AND_SIZE = (48.0, 48.0, 20.0, 24.0)
CORNERS = (38.0, 36.0, 58.0, 60.0)
PARTS = (38 / 96, 12 / 48, 58 / 96, 36 / 48)
PERSON_NAMED = "{0: 'parcel', 1: 'person', 2: 'dog'}"


@dataclass(frozen=True)
class ColourPicture:
    """One colour: red 204, green 102, blue 51."""

    width: int = 192
    height: int = 96

    def bgr(self, width: int, height: int) -> Plane:
        return Plane(memoryview(bytes((51, 102, 204)) * (width * height)), 3 * width, height, 3 * width)


def yolov5(classes: int = 80, person: int = 0) -> tuple[NDArray[np.float32], tuple[int, ...]]:
    answer = np.zeros((1, 3 * CELLS, 5 + classes), np.float32)
    answer[0, 7, :5] = (*CENTRE_AND_SIZE, 1.0)
    return answer, (0, 7, 5 + person)


def yolov8(classes: int = 80, person: int = 0) -> tuple[NDArray[np.float32], tuple[int, ...]]:
    answer = np.zeros((1, 4 + classes, CELLS), np.float32)
    answer[0, :4, 7] = CENTRE_AND_SIZE
    return answer, (0, 4 + person, 7)


def end_to_end(person: int = 0) -> tuple[NDArray[np.float32], tuple[int, ...]]:
    answer = np.zeros((1, 300, 6), np.float32)
    answer[0, :, 5] = person + 1  # the others are something else
    answer[0, 7, :] = (*CORNERS, 0.0, person)
    return answer, (0, 7, 4)


def loaded(
    folder: Path,
    known: tuple[NDArray[np.float32], tuple[int, ...]],
    *,
    shape: Sequence[int | str] = (1, 3, SIDE, SIDE),
    names: str | None = None,
    pixel: tuple[int, int, int] = RED_IN_CENTRED,
    side: int | None = None,
    labels: frozenset[Label] | None = frozenset({Label.PERSON}),
) -> OnnxDetector:
    nodes, weights = pixel_as_score(*known, pixel, "output0")
    told = {"names": names} if names else None
    outputs = [value("output0", known[0].shape)]
    path = folder / "mine.onnx"
    path.write_bytes(model(nodes, weights, [value("images", shape)], outputs, told))
    return load_detector(path, "mine", 1, side, labels)


@pytest.mark.parametrize(
    ("family", "known"), [(Yolov5, yolov5()), (Yolov8, yolov8()), (EndToEnd, end_to_end())], ids=["v5", "v8", "v10"]
)
def test_a_person_scores_as_the_picture_says_and_is_where_the_model_says(
    tmp_path: Path, family: type, known: tuple[NDArray[np.float32], tuple[int, ...]]
) -> None:
    detector = loaded(tmp_path, known)
    assert isinstance(detector.family, family)
    (found,) = detector.detect(ColourPicture(), 0.3)
    assert found.score == pytest.approx(0.8, abs=0.02)
    assert (found.box.left, found.box.top, found.box.right, found.box.bottom) == pytest.approx(PARTS, abs=1e-4)


@pytest.mark.parametrize("known", [yolov5(3, 1), yolov8(3, 1), end_to_end(1)], ids=["v5", "v8", "v10"])
def test_a_model_of_other_classes_is_read_by_its_own_names(
    tmp_path: Path, known: tuple[NDArray[np.float32], tuple[int, ...]]
) -> None:
    detector = loaded(tmp_path, known, names=PERSON_NAMED, labels=None)
    assert detector.labels == (Label.PERSON, Label.DOG)
    assert Label.PERSON in {each.label for each in detector.detect(ColourPicture(), 0.3)}


def test_a_label_that_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match="mine knows no car"):
        loaded(tmp_path, yolov8(3, 1), names=PERSON_NAMED, labels=frozenset({Label.CAR, Label.PERSON}))


def test_end_to_end_boxes_are_not_suppressed_and_others_are(tmp_path: Path) -> None:
    twice, place = end_to_end()
    twice[0, 8] = (*CORNERS, 0.5, 0.0)
    assert len(loaded(tmp_path, (twice, place)).detect(ColourPicture(), 0.3)) == 2
    anchors, place = yolov5()
    anchors[0, 8, :6] = (*CENTRE_AND_SIZE, 1.0, 0.5)
    assert len(loaded(tmp_path, (anchors, place)).detect(ColourPicture(), 0.3)) == 1


def test_a_model_that_takes_any_size_is_given_one(tmp_path: Path) -> None:
    answer = np.zeros((1, 84, 8400), np.float32)
    detector = loaded(tmp_path, (answer, (0, 4, 7)), shape=("batch", 3, "height", "width"), pixel=(0, 320, 320))
    assert isinstance(detector.family, Yolov8)
    assert (detector.family.width, detector.family.height) == (640, 640)
    assert try_own_model(tmp_path / "mine.onnx").family == "Yolov8"


def test_a_model_with_its_size_built_in_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match=r"family|cannot see pictures"):
        loaded(tmp_path, yolov8(), side=320)


def test_a_model_of_unknown_answers_is_refused_with_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match=r"output0 float32\[1, 7, 9\]"):
        loaded(tmp_path, (np.zeros((1, 7, 9), np.float32), (0, 0, 0)))


def test_detr_is_told_the_size_of_the_picture_and_answers_in_its_pixels(tmp_path: Path) -> None:
    nodes, weights = pixel_as_score(np.zeros((1, 2), np.float32), (0, 0), (0, 90, 5), "scores")
    weights |= {
        "corner_parts": np.array([[PARTS, (0.0, 0.0, 1.0, 1.0)]], np.float32),
        "flat": np.array([1, 1, 4], np.int64),
        "of_coco": np.array([[0, 3]], np.int64),
    }
    nodes += [
        node("Cast", ["orig_target_sizes"], "sizes", to=FLOAT),
        node("Concat", ["sizes", "sizes"], "four", axis=1),
        node("Reshape", ["four", "flat"], "shaped_sizes"),
        node("Mul", ["corner_parts", "shaped_sizes"], "boxes"),
        node("Identity", ["of_coco"], "labels"),
    ]
    inputs = [value("images", ("N", 3, SIDE, SIDE)), value("orig_target_sizes", ("N", 2), INT64)]
    outputs = [value("labels", (1, 2), INT64), value("boxes", (1, 2, 4)), value("scores", (1, 2))]
    path = tmp_path / "detr.onnx"
    path.write_bytes(model(nodes, weights, inputs, outputs))
    detector = load_detector(path, "detr", 1)
    assert isinstance(detector.family, Detr)
    (found,) = detector.detect(ColourPicture(), 0.3)
    assert found.score == pytest.approx(0.8, abs=0.02)
    assert (found.box.left, found.box.top, found.box.right, found.box.bottom) == pytest.approx(PARTS, abs=1e-4)


# -------------------------------------------------------------------------------------------------------- labels


def test_vans_are_cars_and_bags_are_packages() -> None:
    wanted = dict(wanted_classes(tuple(Label), None))
    assert wanted[Label.PERSON] == (0,)
    assert wanted[Label.CAR] == (2, 7)
    assert wanted[Label.PACKAGE] == (24, 26, 28)
    assert set(wanted) == set(Label)


@pytest.mark.parametrize("told", ["", "{", "7", "{0: 'a', 5: 'b'}", "__import__('os')", "{}", "[" * 5000])
def test_names_that_cannot_be_understood_are_none(told: str) -> None:
    assert class_names({"names": told}) is None


def test_names_may_be_written_large_and_like_the_label() -> None:
    names = {0: "Suitcase", 1: "PERSON", 2: "Package", 3: "personal"}
    assert wanted_classes(tuple(Label), names) == [(Label.PERSON, (1,)), (Label.PACKAGE, (0, 2))]


def test_names_may_be_a_list() -> None:
    assert class_names({"names": "['dog', 'person']"}) == {0: "dog", 1: "person"}
    assert class_names({}) is None


def test_weights_that_are_listed_as_inputs_keep_their_shape(tmp_path: Path) -> None:
    """Files of IR version 3."""
    kernel: Array = np.zeros((4, 3, 3, 3), np.float32)
    assert len(tensor("kernel", kernel)) > kernel.nbytes
    nodes, weights = pixel_as_score(*yolov8(), RED_IN_CENTRED, "output0")
    inputs = [value("images", ("n", 3, SIDE, SIDE)), value("kernel", (4, 3, 3, 3))]
    path = tmp_path / "old.onnx"
    path.write_bytes(model(nodes, weights | {"kernel": kernel}, inputs, [value("output0", (1, 84, CELLS))]))
    assert load_detector(path, "old", 1, SIDE).family.width == SIDE
