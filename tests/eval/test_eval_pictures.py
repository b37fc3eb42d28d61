"""On labelled pictures: the model as it is, and with a second look; bounds lie where a wrong decoder falls below."""

from collections.abc import Callable

import pytest

from doorstep.media.pictures import frames_of
from doorstep.ports import Detector
from doorstep.vision.onnx_detector import OnnxDetector, load_detector
from doorstep.vision.second_look import looking_twice
from fakes.eval_pictures import EvalPictures
from fakes.pictures import SHARED, model_file

PICTURES = EvalPictures(SHARED)
LEAST_SCORE = 0.05
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PICTURES.there, reason="the labelled pictures are not on this machine"),
]


def yolox(side: int) -> OnnxDetector:
    return load_detector(model_file("yolox_nano.onnx"), "yolox-nano", 1, side)


def scored(detector: Detector) -> tuple[float, float]:
    """F1 and image accuracy at the score that opens an event."""
    found = {path.name: detector.detect(next(frames_of(path)), LEAST_SCORE) for path in PICTURES.files}
    at = PICTURES.score(found, detector.thresholds.open)
    return at["f1"], at["image_accuracy"]


@pytest.mark.parametrize(
    ("detector", "f1", "image_accuracy"),
    [
        pytest.param(lambda: yolox(416), 0.82, 0.95, id="416"),
        pytest.param(lambda: yolox(320), 0.76, 0.95, id="320"),
        pytest.param(lambda: yolox(256), 0.68, 0.95, id="256"),
        pytest.param(lambda: load_detector(model_file("nanodet_g.onnx"), "nanodet-g", 1), 0.74, 0.93, id="nanodet-g"),
    ],
)
def test_a_model_sees_as_well_as_was_measured(
    detector: Callable[[], Detector], f1: float, image_accuracy: float
) -> None:
    found = scored(detector())
    assert found[0] >= f1
    assert found[1] >= image_accuracy


@pytest.mark.parametrize("side", [416, 320])
def test_a_second_look_beats_one_at_the_models_own_size_in_boxes_and_in_pictures(side: int) -> None:
    first, alone = yolox(side), scored(yolox(416))
    both = scored(looking_twice(first, model_file("yolox_nano.onnx"), 1))
    assert both[0] >= alone[0] + 0.02
    assert both[1] > alone[1]
