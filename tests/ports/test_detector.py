"""The contract of `ports.Detector`: of every model on this machine, and of a remote one, alone and with a local one."""

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from doorstep.clock import SystemClock
from doorstep.core.detection import PERSON
from doorstep.media.pictures import frames_of
from doorstep.ports import Detector, FileDetector, Frame
from doorstep.vision.onnx_detector import load_detector
from doorstep.vision.remote import RemoteDetector, RemoteSettings
from doorstep.vision.remote_fallback import FallbackDetector
from doorstep.vision.remote_purse import Purse
from fakes.pictures import DrawnFrame, model_file, shared_file
from fakes.remote_detector import SOMEBODY, BrightnessDetector, remote_detector

MODELS = {"yolox-nano": "yolox_nano.onnx", "nanodet-g": "nanodet_g.onnx"}
REMOTE, FAILING = "remote", "failing remote with a local model"


@pytest.fixture(params=[*MODELS, REMOTE, FAILING], scope="module")
def both(request: pytest.FixtureRequest) -> Iterator[tuple[Detector, Frame]]:
    """A detector, and a picture in which it sees somebody."""
    if request.param in MODELS:
        picture = next(frames_of(shared_file("eval/coco_000000261888.jpg")))
        yield load_detector(model_file(MODELS[request.param]), request.param, 1), picture
        return
    alone = request.param == REMOTE
    with remote_detector("good" if alone else "500") as server:
        settings = RemoteSettings(server.address, answer_seconds=5.0)
        remote = RemoteDetector(settings, Purse(Path("/nonexistent"), 0.0, 0.0), SystemClock())
        yield remote if alone else FallbackDetector(remote, BrightnessDetector), SOMEBODY
        remote.close()


@pytest.fixture
def detector(both: tuple[Detector, Frame]) -> Detector:
    return both[0]


@pytest.fixture
def somebody(both: tuple[Detector, Frame]) -> Frame:
    return both[1]


def test_thresholds_are_in_order(detector: Detector) -> None:
    assert 0.0 < detector.thresholds.keep <= detector.thresholds.open < 1.0


def test_it_names_the_file_that_it_runs_and_the_size_it_sees() -> None:
    path = model_file(MODELS["yolox-nano"])
    for side, size in ((None, "416x416"), (320, "320x320")):
        made = load_detector(path, "yolox-nano", 1, side)
        assert isinstance(made, FileDetector)
        assert (made.sha256, made.input) == (hashlib.sha256(path.read_bytes()).hexdigest(), size)


@pytest.mark.parametrize("shape", [(480, 640), (640, 480), (1, 1), (2, 3000), (417, 415)])
def test_nobody_is_in_an_empty_picture_of_any_size(detector: Detector, shape: tuple[int, int]) -> None:
    assert detector.detect(DrawnFrame(np.full(shape, 20, np.uint8)), detector.thresholds.open) == []


def test_persons_come_best_first_and_score_enough(detector: Detector, somebody: Frame) -> None:
    for least in (0.05, detector.thresholds.open):
        found = detector.detect(somebody, least)
        assert found
        assert all(each.label == PERSON and each.score >= least for each in found)
        assert all(one.score >= two.score for one, two in pairwise(found))


def test_looking_twice_finds_the_same(detector: Detector, somebody: Frame) -> None:
    assert detector.detect(somebody, 0.1) == detector.detect(somebody, 0.1)
