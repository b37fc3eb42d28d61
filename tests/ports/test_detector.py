"""The contract of `ports.Detector`, held by every model that is on this machine."""

from itertools import pairwise

import numpy as np
import pytest

from doorstep.core.detection import PERSON
from doorstep.media.pictures import frames_of
from doorstep.ports import Detector
from doorstep.vision.onnx_detector import load_detector
from fakes.pictures import DrawnFrame, model_file, shared_file

MODELS = {"yolox-nano": "yolox_nano.onnx", "nanodet-g": "nanodet_g.onnx"}


@pytest.fixture(params=MODELS, scope="module")
def detector(request: pytest.FixtureRequest) -> Detector:
    return load_detector(model_file(MODELS[request.param]), request.param, 1)


def test_thresholds_are_in_order(detector: Detector) -> None:
    assert 0.0 < detector.thresholds.keep <= detector.thresholds.open < 1.0


@pytest.mark.parametrize("shape", [(480, 640), (640, 480), (1, 1), (2, 3000), (417, 415)])
def test_nobody_is_in_an_empty_picture_of_any_size(detector: Detector, shape: tuple[int, int]) -> None:
    assert detector.detect(DrawnFrame(np.full(shape, 120, np.uint8)), detector.thresholds.open) == []


def test_persons_come_best_first_and_score_enough(detector: Detector) -> None:
    frame = next(frames_of(shared_file("eval/coco_000000261888.jpg")))
    for least in (0.05, detector.thresholds.open):
        found = detector.detect(frame, least)
        assert found
        assert all(each.label == PERSON and each.score >= least for each in found)
        assert all(one.score >= two.score for one, two in pairwise(found))


def test_looking_twice_finds_the_same(detector: Detector) -> None:
    frame = next(frames_of(shared_file("eval/coco_000000261888.jpg")))
    assert detector.detect(frame, 0.1) == detector.detect(frame, 0.1)
