"""YOLOX's numbers: which models are recognised, what goes in, what a row means in pixels, which boxes stay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from doorstep.vision.family import Surface, Tensor
from doorstep.vision.letterbox import Letterbox
from doorstep.vision.non_max_suppression import suppress
from doorstep.vision.yolo import PAD, Yolox, cell_count, recognise_yolox
from fakes.pictures import DrawnFrame

Floats = NDArray[np.float32]


def surface(side: int = 416, rows: int | None = None, columns: int = 85, kind: str = "float32") -> Surface:
    count = cell_count(side, side) if rows is None else rows
    return Surface((Tensor("images", (1, 3, side, side), kind),), (Tensor("output", (1, count, columns), "float32"),))


@pytest.mark.parametrize(("side", "cells"), [(416, 3549), (640, 8400), (320, 2100)])
def test_yolox_is_recognised_at_any_size(side: int, cells: int) -> None:
    assert cell_count(side, side) == cells
    assert recognise_yolox(surface(side)) == Yolox("images", side, side)


@pytest.mark.parametrize(
    "other",
    [
        surface(rows=10647),  # YOLOv5 at 416: three anchors a cell
        surface(640, rows=25200),
        surface(columns=84),
        Surface(surface().inputs, surface().outputs, {0: "person", 1: "parcel"}),  # tells 2 classes, answers with 80
        surface(kind="uint8"),
        Surface((Tensor("images", (1, 3, 640, 640), "float32"),), (Tensor("output0", (1, 84, 8400), "float32"),)),
        Surface((Tensor("images", (1, 3, None, None), "float32"),), surface().outputs),
        Surface((), ()),
    ],
)
def test_other_families_are_not_taken_for_it(other: Surface) -> None:
    assert recognise_yolox(other) is None


# --------------------------------------------------------------------------------------------------- what goes in


@pytest.mark.parametrize(
    ("size", "scaled"), [((1280, 720), (416, 234)), ((640, 480), (416, 312)), ((480, 640), (312, 416))]
)
def test_a_picture_is_letterboxed_at_the_top_left(size: tuple[int, int], scaled: tuple[int, int]) -> None:
    inputs, letterbox = Yolox("images", 416, 416).prepare(DrawnFrame(np.full(size[::-1], 200, np.uint8)))
    batch = inputs["images"]
    width, height = scaled
    assert (letterbox.scaled_width, letterbox.scaled_height) == scaled
    assert batch.shape == (1, 3, 416, 416)
    assert batch.dtype == np.float32
    assert (batch[:, :, :height, :width] == 200).all()
    assert (batch[:, :, height:, :] == PAD).all()
    assert (batch[:, :, :, width:] == PAD).all()


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_every_size_fits_the_square(width: int, height: int) -> None:
    letterbox = Letterbox.of(DrawnFrame(np.broadcast_to(np.uint8(0), (height, width))), 416, 416)
    assert 1 <= letterbox.scaled_width <= 416
    assert 1 <= letterbox.scaled_height <= 416
    assert max(letterbox.scaled_width, letterbox.scaled_height) >= 415


# ------------------------------------------------------------------------------------------------- what comes out


def answer(*persons: tuple[int, tuple[float, float, float, float], float, float]) -> list[Floats]:
    rows = np.zeros((1, cell_count(416, 416), 85), np.float32)
    for row, numbers, objectness, person in persons:
        rows[0, row, :4] = numbers
        rows[0, row, 4], rows[0, row, 5] = objectness, person
    return [rows]


PLAIN = Letterbox(416, 416, 416, 416, 1.0)


@pytest.mark.parametrize(
    ("row", "cell", "stride"),
    [(0, (0, 0), 8), (53, (1, 1), 8), (2704, (0, 0), 16), (2704 + 676 + 14, (1, 1), 32), (3548, (12, 12), 32)],
)
def test_a_row_is_a_cell_of_one_of_three_grids(row: int, cell: tuple[int, int], stride: int) -> None:
    outputs = answer((row, (0.5, 0.25, np.log(2), np.log(3)), 0.8, 0.5))
    found = Yolox("images", 416, 416).candidates(outputs, PLAIN, 0.05)
    x, y = (cell[0] + 0.5) * stride, (cell[1] + 0.25) * stride
    assert found.scores == pytest.approx([0.4])
    assert found.boxes[0] == pytest.approx([x - stride, y - 1.5 * stride, x + stride, y + 1.5 * stride], abs=1e-3)


def test_boxes_are_in_pixels_of_the_picture() -> None:
    outputs = answer((0, (1.0, 1.0, 0.0, 0.0), 1.0, 1.0))
    half = Letterbox(832, 832, 416, 416, 0.5)
    assert Yolox("images", 416, 416).candidates(outputs, half, 0.05).boxes[0] == pytest.approx([8, 8, 24, 24])


def test_only_persons_that_score_enough_are_found() -> None:
    outputs = answer((5, (0, 0, 0, 0), 0.9, 0.5), (9, (0, 0, 0, 0), 0.9, 0.3))
    outputs[0][0, 20, 4], outputs[0][0, 20, 7] = 1.0, 1.0  # a car
    assert Yolox("images", 416, 416).candidates(outputs, PLAIN, 0.4).scores == pytest.approx([0.45])


# ---------------------------------------------------------------------------------------------- which boxes stay


def boxes(*corners: tuple[float, float, float, float]) -> Floats:
    return np.array(corners, np.float32).reshape(-1, 4)


def test_of_boxes_that_mean_the_same_person_the_best_stays() -> None:
    found = boxes((0, 0, 10, 10), (1, 0, 11, 10), (50, 0, 60, 10))
    assert suppress(found, np.array([0.5, 0.9, 0.3], np.float32), 0.45) == [1, 2]


def test_two_persons_side_by_side_both_stay() -> None:
    found = boxes((0, 0, 10, 10), (5, 0, 15, 10))
    assert suppress(found, np.array([0.5, 0.9], np.float32), 0.45) == [1, 0]


def test_no_boxes_are_no_trouble() -> None:
    assert suppress(boxes(), np.zeros(0, np.float32), 0.45) == []


corner = st.floats(0, 100, width=32)
some_boxes = st.lists(st.tuples(corner, corner, corner, corner, st.floats(0, 1, width=32)), max_size=12)


@given(some_boxes)
def test_those_who_stay_hardly_overlap_and_everybody_else_overlaps_one_of_them(
    raw: list[tuple[float, float, float, float, float]],
) -> None:
    found = boxes(*((min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d, _ in raw))
    scores = np.array([each[4] for each in raw], np.float32)
    kept = suppress(found, scores, 0.45)

    def overlap(one: int, two: int) -> float:
        (a, b, c, d), (e, f, g, h) = found[one].astype(float), found[two].astype(float)
        shared = max(0.0, min(c, g) - max(a, e)) * max(0.0, min(d, h) - max(b, f))
        iou: float = shared / max(1e-9, (c - a) * (d - b) + (g - e) * (h - f) - shared)
        return iou

    assert [float(scores[k]) for k in kept] == sorted((float(scores[k]) for k in kept), reverse=True)
    assert all(overlap(a, b) <= 0.451 for a in kept for b in kept if a != b)
    gone = set(range(len(raw))) - set(kept)
    assert all(any(overlap(a, b) >= 0.449 for b in kept) for a in gone)


def test_other_classes_are_looked_for_on_their_own() -> None:
    outputs = answer((5, (0, 0, 0, 0), 0.9, 0.5))
    outputs[0][0, 20, 4], outputs[0][0, 20, 5 + 7] = 1.0, 0.75  # a truck
    family = Yolox("images", 416, 416)
    assert family.candidates(outputs, PLAIN, 0.4, (2, 7)).scores == pytest.approx([0.75])
    assert family.candidates(outputs, PLAIN, 0.4).scores == pytest.approx([0.45])
