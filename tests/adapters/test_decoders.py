"""Every family's numbers against a second reading of them, written out cell by cell from the authors' formulas."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from doorstep.ports import Plane
from doorstep.vision.detr import Detr
from doorstep.vision.family import Family
from doorstep.vision.letterbox import Letterbox
from doorstep.vision.nanodet import INPUT, Nanodet
from doorstep.vision.ultralytics import EndToEnd, Yolov5, Yolov8
from doorstep.vision.yolo import Yolox

WIDTH, HEIGHT = 96, 64
BLUE, GREEN, RED = 51, 102, 204
CLASSES = ((0,), (2, 7))
Floats = NDArray[np.float32]
Boxes = list[tuple[float, float, float, float, float]]
"""Left, top, right, bottom in the picture's pixels, and the score."""


@dataclass(frozen=True)
class ColourPicture:
    """One colour everywhere."""

    width: int
    height: int

    def bgr(self, width: int, height: int) -> Plane:
        return Plane(memoryview(bytes((BLUE, GREEN, RED)) * (width * height)), 3 * width, height, 3 * width)


def cells() -> Iterator[tuple[int, int, int]]:
    """Column, row and stride of each cell in the order of the answer."""
    for stride in (8, 16, 32):
        for row in range(HEIGHT // stride):
            for column in range(WIDTH // stride):
                yield column, row, stride


CELLS = list(cells())


def placed(boxes: Boxes, picture: ColourPicture, *, centred: bool) -> Boxes:
    """From the input's pixels to the picture's, as ultralytics' `scale_boxes` or YOLOX's demo does it."""
    ratio = min(WIDTH / picture.width, HEIGHT / picture.height)
    left = top = 0
    if centred:
        left = round((WIDTH - max(1, round(picture.width * ratio))) / 2 - 0.1)
        top = round((HEIGHT - max(1, round(picture.height * ratio))) / 2 - 0.1)
    return [
        ((a - left) / ratio, (b - top) / ratio, (c - left) / ratio, (d - top) / ratio, score)
        for a, b, c, d, score in boxes
    ]


def around(middle_and_size: Floats, score: float) -> tuple[float, float, float, float, float]:
    x, y, width, height = map(float, middle_and_size)
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2, score


def best(row: Floats, first: int, classes: tuple[int, ...]) -> float:
    return max(float(row[first + each]) for each in classes)


# ----------------------------------------------------------------- answers of chance, and what they mean, by family


def yolox(chance: np.random.Generator, classes: tuple[int, ...], picture: ColourPicture) -> tuple[list[Floats], Boxes]:
    answer = chance.random((1, len(CELLS), 85), np.float32)
    answer[0, :, 2:4] = chance.normal(0.5, 1.0, (len(CELLS), 2))
    boxes = []
    for (column, row, stride), of_cell in zip(CELLS, answer[0], strict=True):
        x, y = (float(of_cell[0]) + column) * stride, (float(of_cell[1]) + row) * stride
        score = float(of_cell[4]) * best(of_cell, 5, classes)
        width, height = math.exp(float(of_cell[2])) * stride, math.exp(float(of_cell[3])) * stride
        boxes.append(around(np.array([x, y, width, height], np.float32), score))
    return [answer], placed(boxes, picture, centred=False)


def nanodet(
    chance: np.random.Generator, classes: tuple[int, ...], picture: ColourPicture
) -> tuple[list[Floats], Boxes]:
    counts = [sum(each == stride for *_, each in CELLS) for stride in (8, 16, 32)]
    scores = [chance.random((1, count, 80), np.float32) for count in counts]
    bins = [chance.normal(0, 3, (1, count, 44)).astype(np.float32) for count in counts]
    boxes = []
    together = zip(CELLS, np.concatenate(scores, axis=1)[0], np.concatenate(bins, axis=1)[0], strict=True)
    for (column, row, stride), of_cell, logits in together:
        far = []
        for side in range(4):
            weights = [math.exp(float(logit)) for logit in logits[11 * side : 11 * side + 11]]
            far.append(stride * sum(place * weight for place, weight in enumerate(weights)) / sum(weights))
        x, y = (column + 0.5) * stride - 0.5, (row + 0.5) * stride - 0.5
        boxes.append((x - far[0], y - far[1], x + far[2], y + far[3], best(of_cell, 0, classes)))
    return [*scores, *bins], placed(boxes, picture, centred=False)


def yolov5(chance: np.random.Generator, classes: tuple[int, ...], picture: ColourPicture) -> tuple[list[Floats], Boxes]:
    answer = chance.random((1, 3 * len(CELLS), 85), np.float32)
    answer[0, :, :4] *= WIDTH
    boxes = [around(row[:4], float(row[4]) * best(row, 5, classes)) for row in answer[0]]
    return [answer], placed(boxes, picture, centred=True)


def yolov8(chance: np.random.Generator, classes: tuple[int, ...], picture: ColourPicture) -> tuple[list[Floats], Boxes]:
    answer = chance.random((1, 84, len(CELLS)), np.float32)
    answer[0, :4] *= WIDTH
    columns = [answer[0, :, place] for place in range(len(CELLS))]
    boxes = [around(column[:4], best(column, 4, classes)) for column in columns]
    return [answer], placed(boxes, picture, centred=True)


def end_to_end(
    chance: np.random.Generator, classes: tuple[int, ...], picture: ColourPicture
) -> tuple[list[Floats], Boxes]:
    answer = chance.random((1, 300, 6), np.float32)
    answer[0, :, :4] *= WIDTH
    answer[0, :, 5] = chance.integers(0, 10, 300)
    boxes: Boxes = [(*map(float, row[:4]), float(row[4])) for row in answer[0] if int(row[5]) in classes]  # type: ignore[misc]  # four and one are five
    return [answer], placed(boxes, picture, centred=True)


def detr(chance: np.random.Generator, classes: tuple[int, ...], picture: ColourPicture) -> tuple[list[Floats], Boxes]:
    labels = chance.integers(0, 10, (1, 300)).astype(np.float32)
    boxes, scores = chance.random((1, 300, 4), np.float32) * picture.width, chance.random((1, 300), np.float32)
    found: Boxes = [
        (*map(float, box), float(score))  # type: ignore[misc]  # as above
        for label, box, score in zip(labels[0], boxes[0], scores[0], strict=True)
        if int(label) in classes
    ]
    return [labels, boxes, scores], found


Reading = Callable[[np.random.Generator, tuple[int, ...], ColourPicture], tuple[list[Floats], Boxes]]

READINGS: dict[str, tuple[Family, Reading]] = {
    "YOLOX": (Yolox("images", WIDTH, HEIGHT), yolox),
    "NanoDet-g": (Nanodet(WIDTH, HEIGHT, (0, 1, 2), (3, 4, 5)), nanodet),
    "YOLOv5": (Yolov5("images", WIDTH, HEIGHT), yolov5),
    "YOLOv8": (Yolov8("images", WIDTH, HEIGHT), yolov8),
    "end to end": (EndToEnd("images", WIDTH, HEIGHT), end_to_end),
    "DETR": (Detr("images", WIDTH, HEIGHT, (0, 1, 2)), detr),
}


def where_scores_are_far_apart(boxes: Boxes) -> float:
    """So that a rounding decides nothing."""
    scores = sorted(box[4] for box in boxes)
    middle = np.array(scores[len(scores) // 4 : -len(scores) // 4])
    widest = int(np.argmax(np.diff(middle)))
    return float(middle[widest] + middle[widest + 1]) / 2


@pytest.mark.parametrize("name", list(READINGS))
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    classes=st.sampled_from(CLASSES),
    picture=st.builds(ColourPicture, st.integers(1, 4000), st.integers(1, 4000)),
)
def test_a_familys_numbers_mean_what_its_authors_say(
    name: str, seed: int, classes: tuple[int, ...], picture: ColourPicture
) -> None:
    family, reading = READINGS[name]
    outputs, boxes = reading(np.random.default_rng(seed), classes, picture)
    least = where_scores_are_far_apart(boxes)
    expected = np.array([box for box in boxes if box[4] >= least], np.float64).reshape(-1, 5)
    _, letterbox = family.prepare(picture)
    found = family.candidates(outputs, letterbox, least, classes)
    np.testing.assert_allclose(found.scores, expected[:, 4], rtol=1e-4)
    scale = max(picture.width, picture.height)
    np.testing.assert_allclose(found.boxes / scale, expected[:, :4] / scale, rtol=1e-3, atol=1e-3)


# ------------------------------------------------------------------------------------------------------ what goes in


def expected_input(family: Family, picture: ColourPicture) -> Floats:
    """Pixel by pixel: the picture's colour where it lies, the border elsewhere."""
    ratio = min(WIDTH / picture.width, HEIGHT / picture.height)
    match family:
        case Detr():
            return np.full((HEIGHT, WIDTH, 3), (RED / 255, GREEN / 255, BLUE / 255), np.float32)
        case Yolox() | Nanodet():
            right, bottom = max(1, int(picture.width * ratio)), max(1, int(picture.height * ratio))
            wanted = np.full((HEIGHT, WIDTH, 3), 114.0 if isinstance(family, Yolox) else 0.0, np.float32)
            wanted[:bottom, :right] = (BLUE, GREEN, RED)
            return wanted
        case _:
            wide, high = max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio))
            left, top = round((WIDTH - wide) / 2 - 0.1), round((HEIGHT - high) / 2 - 0.1)
            wanted = np.full((HEIGHT, WIDTH, 3), 114 / 255, np.float32)
            wanted[top : top + high, left : left + wide] = (RED / 255, GREEN / 255, BLUE / 255)
            return wanted


@pytest.mark.parametrize("name", list(READINGS))
@settings(max_examples=25, deadline=None)
@given(picture=st.builds(ColourPicture, st.integers(1, 20_000), st.integers(1, 20_000)))
def test_a_picture_of_any_size_goes_in_as_the_authors_wish(name: str, picture: ColourPicture) -> None:
    family, _ = READINGS[name]
    inputs, letterbox = family.prepare(picture)
    batch = inputs[INPUT if isinstance(family, Nanodet) else "images"]
    assert batch.shape == (1, 3, HEIGHT, WIDTH)
    assert batch.dtype == np.float32
    np.testing.assert_allclose(batch[0].transpose(1, 2, 0), expected_input(family, picture), atol=1e-6)
    assert (letterbox.width, letterbox.height) == (picture.width, picture.height)
    if isinstance(family, Detr):
        assert inputs["orig_target_sizes"].tolist() == [[picture.width, picture.height]]


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_the_corners_of_what_goes_in_are_the_corners_of_the_picture(width: int, height: int) -> None:
    picture = ColourPicture(width, height)
    for letterbox in (Letterbox.of(picture, WIDTH, HEIGHT), Letterbox.centred(picture, WIDTH, HEIGHT)):
        left, top = letterbox.left, letterbox.top
        corners = np.array([[left, top, left + letterbox.scaled_width, top + letterbox.scaled_height]], np.float32)
        pixel = 1 / letterbox.ratio  # what one pixel of the input is of the picture's
        np.testing.assert_allclose(letterbox.in_picture(corners), [[0, 0, width, height]], atol=1.01 * pixel)
